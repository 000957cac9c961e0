package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// downloads has the browser save files, and returns a function that waits for the
// next one and returns what is in it.
func (b *browser) downloads() func() string {
	dir, done := b.t.TempDir(), make(chan string, 1)
	chromedp.ListenTarget(b.ctx, func(event any) {
		if e, ok := event.(*cdpbrowser.EventDownloadProgress); ok && e.State == cdpbrowser.DownloadProgressStateCompleted {
			done <- e.GUID
		}
	})
	b.run("downloads", cdpbrowser.SetDownloadBehavior(cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName).WithDownloadPath(dir).WithEventsEnabled(true))
	return func() string {
		b.t.Helper()
		select {
		case name := <-done:
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				b.t.Fatal(err)
			}
			return string(text)
		case <-b.ctx.Done():
			b.t.Fatal("nothing was saved")
			return ""
		}
	}
}

// The list as one likes it, what odd bytes are, and what one saves.
func TestMessagesInABrowser(t *testing.T) {
	s := start(t, testConfig(t, namedDevices))
	b := browse(t, s)
	s.network()
	s.send(0, "127.0.0.3", "<131>Nov 22 12:00:00 sw-4 lldpd: caf\xe9 \x1b[2J from peer")
	s.send(0, "127.0.0.3", `<131>Nov 22 12:00:00 sw-4 calc: =HYPERLINK("http://192.0.2.9/","x")`)
	s.awaitStored(125)
	saved := b.downloads()
	b.run("messages", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(b.base+"/messages"), await(says("HYPERLINK")))

	const box = `input[role=combobox]`
	b.run("apps are completed", chromedp.SendKeys(box, "app:cal"), await(`document.querySelector("#suggest li")?.innerText == "app:calc"`), chromedp.SendKeys(box, kb.Tab+"\r"),
		await(`location.search.includes("app%3Acalc") || location.search.includes("app:calc")`), await("!"+says("feeder fiber")))
	b.run("a dash is no expression", chromedp.Navigate(b.base+"/messages?q=10.66.0.9+-x-y"), await(says("login failed")), chromedp.Navigate(b.base+"/messages?q=shutting-down"), await(says("No message matches")))

	b.run("columns", chromedp.Navigate(b.base+"/messages"), await(says("HYPERLINK")), chromedp.Click(`button[aria-label^="More:"]`), clickText("button", "Columns and highlights…"), await(says("Kept in this browser")),
		clickText("label", "Facility"), clickText("label", "Host name"), clickText("label", "Device time"), await(`[...document.querySelectorAll(".head > span")].map(x => x.firstChild.data.trim()).join() == "Time,Severity,Device time,Device,Host name,App,Facility,Message"`))
	b.run("columns of what is stored", await(`[...document.querySelectorAll("[role=row]")].some(r => r.innerText.includes("HYPERLINK") && r.querySelector(".host").innerText == "sw-4" && r.querySelector(".facility").innerText == "local0" && r.querySelector(".sent").innerText.startsWith("12:00:00"))`))
	s.send(0, "127.0.0.3", "<139>Nov 22 12:00:01 sw-5 lldpd: one more live")
	b.run("columns of what comes live", await(`[...document.querySelectorAll("[role=row]")].some(r => r.innerText.includes("one more live") && r.querySelector(".host").innerText == "sw-5" && r.querySelector(".facility").innerText == "local1" && r.querySelector(".sent").innerText.startsWith("12:00:01"))`))

	b.run("highlights", chromedp.SendKeys(`aside input.field`, "one more"), clickText("label", "Green"), clickText("button", "Add highlight"), await(`document.querySelector(".list mark.hl2")?.innerText == "one more"`),
		chromedp.SendKeys(`aside input.field`, "hyperlink"), clickText("label", "Violet"), clickText("label", "Highlight the whole line"), clickText("button", "Add highlight"), await(`document.querySelector(".list .row.hl4")?.innerText.includes("HYPERLINK")`))
	b.picture("messages-highlights")
	b.run("they stay", chromedp.Navigate(b.base+"/messages?q=live"), await(`document.querySelector(".list mark.hl2")?.innerText == "one more"`), await(`document.querySelector(".row .facility").innerText == "local1"`))

	b.run("odd bytes", chromedp.Navigate(b.base+"/messages?q=lldpd+peer"), await(says("from peer")), chromedp.Click("[role=row].error"), await(says("63 61 66 e9 20 1b 5b")), await(says("not UTF-8")))
	b.picture("messages-hex")
	b.run("as text", clickText("button", "Hex"), await(says(`caf\xe9 \x1b[2J`)))
	b.quiet("looking")

	b.run("export", chromedp.Navigate(b.base+"/messages?q=severity:err%2B+-panic"), await(says("HYPERLINK")), chromedp.Click(`button[aria-label^="More:"]`), clickText("button", "Export…"), await(says("messages matching")))
	b.picture("messages-export")
	b.run("export is saved", chromedp.Click("aside .btn.primary"), await(says("Saved: logboom-")))
	csv := saved()
	if lines := strings.Count(csv, "\n"); lines != 19 || !strings.Contains(csv, `'=HYPERLINK`) || strings.Contains(csv, `,=HYPERLINK`) || strings.Contains(csv, `"=HYPERLINK`) {
		t.Errorf("the CSV has %d lines:\n%s", lines, csv)
	}
	b.run("JSON lines", chromedp.Click(`input[value=json]`), chromedp.Click("aside .btn.primary"), await(says(".jsonl,")))
	if json := saved(); !strings.Contains(json, `=HYPERLINK(\"http`) && !strings.Contains(json, `=HYPERLINK(\u0022http`) {
		t.Errorf("JSON lines have\n%s", json)
	}
	b.run("on a phone", chromedp.EmulateViewport(390, 844), chromedp.Navigate(b.base+"/messages"), await(says("one more live")), chromedp.Click(`button[aria-label^="More:"]`), clickText("button", "Columns and highlights…"), await(says("Kept in this browser")))
	b.picture("messages-look-phone")
	var wide int
	b.run("nothing is wider than the smallest screen", chromedp.EmulateViewport(320, 640), chromedp.ActionFunc(func(ctx context.Context) error {
		for _, path := range []string{"/", "/messages", "/incidents", "/incidents/1", "/devices", "/devices/127.0.0.3", "/rules", "/health", "/settings", "/log", "/telegram", "/welcome", "/audit"} {
			if err := chromedp.Run(ctx, chromedp.Navigate(b.base+path), await(`document.querySelector("h1")`), await(`!document.body.innerText.includes("Looking…")`), chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide)); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			if wide > 320 {
				t.Errorf("%s is %d pixels wide on a screen of 320", path, wide)
			}
		}
		return nil
	}))
	b.quiet("saving")
}
