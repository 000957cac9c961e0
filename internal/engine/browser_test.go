package engine

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	cdp "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/logboom/logboom/internal/login"
)

// browser is a Chromium without a screen that looks at the console of s.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string // "http://127.0.0.1:4711"

	mu     sync.Mutex
	faults []string // what it complained of, and what it loaded from elsewhere
}

// browse starts a browser; without one, or without a built console, it skips
// the test, unless LOGBOOM_BROWSER=must says that both have to be here.
func browse(t *testing.T, s *server) *browser {
	t.Helper()
	missing := func(what string) {
		t.Helper()
		if os.Getenv("LOGBOOM_BROWSER") == "must" {
			t.Fatal(what)
		}
		t.Skip(what)
	}
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			chromium = found
			break
		}
	}
	if chromium == "" {
		missing("there is no Chromium here")
	}
	b := &browser{t: t, base: "http://" + s.e.ConsoleAddr()}
	resp, err := http.Get(b.base + "/messages")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		missing("the console is not built; make console builds it")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	// Root, as in containers, has no sandbox.
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", false), chromedp.UserDataDir(profile(t)), chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel = chromedp.NewExecAllocator(ctx, flags...)
	t.Cleanup(cancel)
	b.ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() { _ = chromedp.Cancel(b.ctx); cancel() }) // it writes into its folder until it has ended
	chromedp.ListenTarget(b.ctx, b.hear)
	// The browser ends with the context of the first run.
	if err := chromedp.Run(b.ctx, log.Enable(), network.Enable()); err != nil {
		t.Fatalf("starting %s: %v", chromium, err)
	}
	return b
}

// profile returns a folder for a browser, whose helpers write into it for a moment
// after it has ended.
func profile(t *testing.T) string {
	dir, err := os.MkdirTemp("", "logboom-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tick, limit := time.NewTicker(50*time.Millisecond), time.After(10*time.Second)
		defer tick.Stop()
		for {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			select {
			case <-tick.C:
			case <-limit:
				t.Logf("what a browser left behind: %v", err)
				return
			}
		}
	})
	return dir
}

func (b *browser) hear(event any) {
	fault := ""
	switch e := event.(type) {
	case *cdp.EventExceptionThrown:
		fault = "exception: " + e.ExceptionDetails.Error()
	case *cdp.EventConsoleAPICalled:
		fault = "console." + e.Type.String()
		for _, a := range e.Args {
			fault += " " + string(a.Value) + a.Description
		}
		if e.StackTrace != nil {
			for _, f := range e.StackTrace.CallFrames {
				fault += fmt.Sprintf("\n\t%s %s:%d:%d", f.FunctionName, path.Base(f.URL), f.LineNumber+1, f.ColumnNumber+1)
			}
		}
	case *log.EventEntryAdded:
		fault = fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, b.base) && !strings.HasPrefix(e.Request.URL, "chrome") && !strings.HasPrefix(e.Request.URL, "about:") {
			fault = "loaded from elsewhere: " + e.Request.URL
		}
	}
	if fault != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.faults = append(b.faults, fault)
	}
}

func (b *browser) run(what string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 40*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var text string
		_ = chromedp.Run(b.ctx, chromedp.Evaluate(`location.href + "\n" + document.body.innerText.slice(-3000)`, &text)) // for the message only
		b.t.Fatalf("%s: %v; the page says:\n%s\nfaults: %q", what, err, text, b.faults)
	}
}

// await waits until an expression of the page is true.
func await(expression string) chromedp.Action {
	return chromedp.Poll("!!("+expression+")", nil, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(30*time.Second))
}

// says is true when the page shows a text.
func says(text string) string { return fmt.Sprintf("document.body?.innerText.includes(%q)", text) }

// quiet fails the test for anything that the browser complained of.
func (b *browser) quiet(where string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		b.t.Errorf("%s: %s", where, f)
	}
	b.faults = nil
}

// picture writes a PNG of what is seen into the folder that LOGBOOM_SHOTS names.
func (b *browser) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("LOGBOOM_SHOTS")
	if dir == "" {
		return
	}
	var png []byte
	b.run("picture "+name, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = page.CaptureScreenshot().Do(ctx)
		return err
	}))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// network sends what a small network says: an OLT that loses a PON port, a
// switch, a router whose clock is not set.
func (s *server) network() {
	for i := range 40 {
		s.send(0, "127.0.0.2", fmt.Sprintf("<134>EPON: ONU 0/1/%d registered, distance %d m", i%8, 900+i*7))
		s.send(0, "127.0.0.3", fmt.Sprintf("<13%d>ifmgr: port 0/0/%d changed state to %s", 1+i%6, i%12, []string{"down", "up"}[i%2]))
		s.send(0, "127.0.0.4", fmt.Sprintf("<30>Feb  9 00:06:%02d core-1 dhcpd: lease 10.9.8.%d renewed", i, i))
	}
	s.send(0, "127.0.0.2", "<130>EPON: PON 0/1/3 link down, feeder fiber is broken")
	s.send(0, "127.0.0.3", "<131>auth: login failed for user admin from 10.66.0.9")
	s.send(0, "127.0.0.3", "<0>kernel panic: temperature 91 C, shutting down")
}

const namedDevices = `
[[device]]
address = "127.0.0.2"
name = "OLT North"
[[device]]
address = "127.0.0.3"
name = "sw-pop-04"
`

func TestConsoleInABrowser(t *testing.T) {
	cfg := testConfig(t, namedDevices)
	cfg.Path = longPath
	s := start(t, cfg)
	b := browse(t, s)
	s.network()

	b.run("overview", emulation.SetDeviceMetricsOverride(1440, 900, 1, false), chromedp.Navigate(b.base+"/"),
		await(says("Nothing is lost")), await(says("OLT North")))
	b.quiet("overview")

	b.run("messages", chromedp.Click(`header a[href="/messages"]`), await(says("link down, feeder")), await(`location.pathname == "/messages"`))
	hostile := `<img src=x onerror=document.title="owned"> <script>document.title="owned"</script> [1m` + "\u202e" + ` "'` + "`" + ` end`
	s.send(0, "127.0.0.3", "<133>web: "+hostile)
	b.run("live tail", await(says("<script>document.title")), await(`document.querySelector(".status").innerText.includes("Live")`))
	// Who scrolls up reads: nothing moves until they come back.
	var held string
	const list = `document.querySelector(".list")`
	b.run("hold", chromedp.Evaluate(list+`.scrollTop -= 700`, nil), await(`document.querySelector(".status").innerText.includes("held while you read")`),
		chromedp.Evaluate(`document.querySelectorAll("[role=row]")[12].innerText`, &held))
	for i := range 3 {
		s.send(0, "127.0.0.4", fmt.Sprintf("<30>while held %d", i))
	}
	b.run("counted", await(`document.querySelector(".newest")?.innerText.includes("3 new")`), await("!"+says("while held")),
		await(fmt.Sprintf(`document.querySelectorAll("[role=row]")[12].innerText == %q`, held)))
	b.run("resume", chromedp.Click(".newest"), await(says("while held 0")), await(says("while held 2")), await(`!document.querySelector(".newest")`))
	s.send(0, "127.0.0.4", "<30>after that")
	b.run("live again", await(says("after that")), await(`[...document.querySelectorAll("[role=row]")].filter(r => r.innerText.includes("while held 1")).length == 1`))
	var markup int
	var title string
	b.run("text stays text", chromedp.Evaluate(`document.querySelectorAll("[role=row] :is(img, script, b, i)").length`, &markup), chromedp.Title(&title))
	if markup != 0 || strings.Contains(title, "owned") {
		t.Errorf("a message became part of the page: %d elements, title %q", markup, title)
	}
	b.run("details", chromedp.KeyEvent("/"), await(`document.activeElement.tagName == "INPUT"`), chromedp.SendKeys(`input[role=combobox]`, kb.Backspace+"severity:crit+ panic\r"), // the key that people press writes no slash
		await(`location.search.includes("panic")`), await(says("temperature 91 C")), await(`document.querySelectorAll("[role=row].crit").length == 1`),
		chromedp.Click(`[role=row].crit`), await(says("As it came")), await(says("Facility")))
	b.quiet("messages")

	var chart struct{ X, Y, Width, Height float64 }
	b.run("histogram", chromedp.Navigate(b.base+"/messages"), await(`/\d+ messages: .*critical/.test(document.querySelector(".words")?.innerText)`), await(`document.querySelector(".u-over")`),
		chromedp.Evaluate(`(({x, y, width, height}) => ({x, y, width, height}))(document.querySelector(".u-over").getBoundingClientRect())`, &chart))
	mouse := func(kind input.MouseType, at float64) chromedp.Action {
		return chromedp.MouseEvent(kind, chart.X+at*chart.Width, chart.Y+chart.Height/2, chromedp.ButtonLeft)
	}
	b.run("brush", mouse(input.MousePressed, 0.999), mouse(input.MouseMoved, 0.95), mouse(input.MouseMoved, 0.8), mouse(input.MouseReleased, 0.8),
		await(`/from=\d{16}&to=\d{16}/.test(location.search)`), await(says("Not live")), await(says("link down, feeder")))
	b.run("zoom out", chromedp.Click(".words .out"), await(`location.search == ""`), await(says("Live")))
	b.quiet("histogram")

	b.run("a mistake", chromedp.Navigate(b.base+`/messages?q=app:x+severity:bad`), await(`document.querySelector("[role=alert] u")?.innerText == "bad"`))
	b.mu.Lock()
	b.faults = slices.DeleteFunc(b.faults, func(f string) bool { return strings.Contains(f, "400 (Bad Request)") }) // Chromium notes every 400
	b.mu.Unlock()
	b.quiet("a mistake")

	b.run("completion", chromedp.Navigate(b.base+"/messages"), await(says("after that")), chromedp.SendKeys(`input[role=combobox]`, "dev\t"), await(`document.querySelector("input[role=combobox]").value == "device:"`),
		chromedp.SendKeys(`input[role=combobox]`, "olt\t"),
		await(`document.querySelector("input[role=combobox]").value == 'device:"OLT North"'`), chromedp.SendKeys(`input[role=combobox]`, "\r"), await(`location.search.includes("OLT")`), await("!"+says("after that")), await(says("feeder fiber")))
	b.quiet("completion")

	// From a message of the past to the newest: nothing of the view before stays.
	b.run("a message in its surroundings", chromedp.Navigate(b.base+"/messages?at=20000101:1"), await(says("Not live")))
	b.run("one by one", chromedp.Navigate(b.base+"/messages?q=panic"), await(says("temperature 91 C")), chromedp.Click(`[role=row].crit`), chromedp.Click(`//a[text()="Around it"]`, chromedp.BySearch),
		await(`location.search.includes("at=")`), await(says("login failed")), await(`document.querySelector(".row.on")?.innerText.includes("panic")`), chromedp.Click(".right .live"),
		await(`!location.search.includes("at=")`), await(says("after that")), await(`document.querySelectorAll(".gap").length == 0`))
	b.quiet("surroundings")

	b.run("acknowledged in the list", chromedp.Navigate(b.base+"/incidents"), clickText("button", "Acknowledge"), await(says("Acknowledged")))
	b.quiet("incidents")

	b.pages()
}

// charts waits until so many charts are drawn.
func charts(n int) []chromedp.Action {
	return []chromedp.Action{await(fmt.Sprintf(`document.querySelectorAll(".u-over").length == %d`, n))}
}

// pages looks at every page, light and dark, on a desk and on a telephone.
func (b *browser) pages() {
	b.looks([]look{
		{"overview", "/", says("Nothing is lost"), charts(2)},
		{"messages", "/messages", says("kernel panic"), charts(1)},
		{"details", "/messages?q=login+failed", `document.querySelector("[role=row].error")`, []chromedp.Action{chromedp.Click(`[role=row].error`), await(says("As it came"))}},
		{"devices", "/devices", says("OLT North"), nil},
		{"incidents", "/incidents", says("kernel panic"), nil},
		{"incident", "/incidents/1", says("Opened"), nil},
		{"rules", "/rules", says("Keyword packs"), []chromedp.Action{clickText("button", "Rehearse all"), await(says("would have sent"))}},
		{"new rule", "/rules?q=loop", says("Copy as config.toml"), nil},
		{"health", "/health", says("Listening on"), nil},
		{"audit", "/audit", says("newest first"), nil},
		{"nothing", "/messages?q=nobody-says-this", says("No message matches."), nil},
	})
}

// TestSigningInInABrowser goes from a link to a message over the login to that
// message, looks at what a viewer sees, and is put out by another password.
func TestSigningInInABrowser(t *testing.T) {
	cfg := testConfig(t, "")
	cfg.Console.PasswordOnLoopback = true
	users := filepath.Join(cfg.DataDirectory(), login.FileName)
	set := func(name string, role login.Role, password string) {
		t.Helper()
		if err := login.Edit(users, "root", func(b *login.Book) error { return b.SetPassword(name, role, password) }); err != nil {
			t.Fatal(err)
		}
	}
	set("ann", login.Admin, password)
	set("bob", login.Viewer, password)
	s := start(t, cfg)
	s.send(0, "127.0.0.1", "<131>Jun 13 10:00:01 OLT-2 EPON: PON deregister ONU 0/1/2:7")
	s.awaitStored(1)
	b := browse(t, s)
	// Chromium notes every 401; nothing else may be noted.
	quiet := func(where string) {
		t.Helper()
		b.mu.Lock()
		b.faults = slices.DeleteFunc(b.faults, func(f string) bool { return strings.Contains(f, "401 (Unauthorized)") })
		b.mu.Unlock()
		b.quiet(where)
	}
	signIn := func(name, password string) []chromedp.Action {
		return []chromedp.Action{
			await(`document.querySelector("#name")`), chromedp.Evaluate(`document.querySelector("#name").select()`, nil), chromedp.SendKeys("#name", name),
			chromedp.SendKeys("#password", password+"\r"),
		}
	}
	b.run("a link", chromedp.Navigate(b.base+"/messages?q=deregister"), await(`location.pathname == "/login"`), await(says("Sign in")))
	b.picture("login")
	quiet("the login") // nobody is asked for what only viewers see
	b.run("wrong", signIn("ann", "wrong")...)
	b.run("wrong", await(says("Wrong name or password.")))
	b.picture("login-wrong")
	quiet("a wrong password")
	b.run("right", signIn("ann", password)...)
	b.run("back where one wanted to be", await(`location.pathname + location.search == "/messages?q=deregister"`), await(says("PON deregister")))
	b.run("health", chromedp.Navigate(b.base+"/health"), await(says("Audit log")), await(says("ann, admin")), await(says("Sign out")))
	b.run("who changed what", chromedp.Navigate(b.base+"/audit"), await(says("Signed in (admin)")))
	b.picture("audit")
	for _, width := range []int64{390, 720, 900, 1440} {
		var wide bool
		b.run("width", emulation.SetDeviceMetricsOverride(width, 800, 1, false), chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &wide))
		if wide {
			t.Errorf("with its button to sign out the page is wider than %d pixels", width)
			b.picture(fmt.Sprintf("audit-%d", width))
		}
	}
	quiet("an admin")

	b.run("out", chromedp.Click(`//button[text()="Sign out"]`, chromedp.BySearch), chromedp.WaitVisible("#password"))
	b.run("viewer", signIn("bob", password)...)
	b.run("viewer", await(`location.pathname == "/"`), chromedp.Navigate(b.base+"/health"), await(says("bob, viewer")), await("!"+says("Audit log")), await("!"+says("Send a Telegram test")))
	b.run("incidents", chromedp.Navigate(b.base+"/incidents/1"), await(says("What happened")), await(says("Read only")), await("!"+says("Acknowledge")), await("!"+says("Save note")))
	b.picture("incident-viewer")
	b.run("rules", chromedp.Navigate(b.base+"/rules"), await(says("Keyword packs")), await(`!`+says("Rehearse all")))
	quiet("a viewer")

	set("bob", login.Viewer, "another good one")
	b.run("put out", await(`location.pathname + location.search == "/login?to=%2Frules"`), await(says("You were signed out")))
	quiet("put out")
}
