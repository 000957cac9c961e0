package engine

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tabTo presses the Tab key until what has the focus shows a text.
func (b *browser) tabTo(text string) {
	b.t.Helper()
	for range 60 {
		var now string
		b.run("tab", chromedp.KeyEvent(kb.Tab), chromedp.Evaluate(`document.activeElement.innerText?.trim() ?? ""`, &now))
		if now == text {
			return
		}
	}
	b.t.Fatalf("60 presses of Tab do not lead to %q", text)
}

// From a search to an acknowledged incident without a mouse.
func TestConsoleByKeyboard(t *testing.T) {
	s := start(t, testConfig(t, namedDevices))
	b := browse(t, s)
	s.network()
	s.awaitStored(123)
	b.run("search", chromedp.EmulateViewport(1280, 800), chromedp.Navigate(b.base+"/messages"), await(says("temperature 91 C")), chromedp.KeyEvent("/"), await(`document.activeElement.role == "combobox"`),
		chromedp.SendKeys(`input[role=combobox]`, kb.Backspace+"severity:warning+ -fan\r"), await(`location.search.includes("warning")`), await("!"+says("lease 10.9.8")), await(says("temperature 91 C")))
	b.run("to the list", chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape), await(`document.activeElement.classList.contains("list")`))
	b.run("the newest error, and the one before", chromedp.KeyEvent("N"), await(`document.querySelector(".row.on")?.innerText.includes("kernel panic")`),
		chromedp.KeyEvent("N"), await(`document.querySelector(".row.on").innerText.includes("login failed")`), chromedp.KeyEvent("n"), await(`document.querySelector(".row.on").innerText.includes("kernel panic")`), chromedp.KeyEvent("k"))
	b.run("details", chromedp.KeyEvent(kb.Enter), await(says("As it came")), await(`document.querySelector("aside").innerText.includes("login failed")`))
	b.tabTo("Copy link")
	b.run("copied, or said that it cannot be", chromedp.KeyEvent(kb.Enter), await(`/copied|not allow/i.test(document.querySelector("aside [role=status]").innerText)`), chromedp.KeyEvent(kb.Escape), await(`!document.querySelector("aside")`))
	b.run("pause", chromedp.KeyEvent(" "), await(says("Not live")), chromedp.KeyEvent(" "), await("!"+says("Not live")))
	b.run("help", chromedp.KeyEvent("?"), await(`document.querySelector("dialog[open], [role=dialog]")`), chromedp.KeyEvent(kb.Escape), await(`!document.querySelector("dialog[open], [role=dialog]")`))
	b.run("incidents", chromedp.KeyEvent("g"), chromedp.KeyEvent("i"), await(`location.pathname == "/incidents"`), await(says("kernel panic")))
	for range 60 {
		var there bool
		b.run("tab", chromedp.KeyEvent(kb.Tab), chromedp.Evaluate(`document.activeElement.getAttribute("href")?.startsWith("/incidents/") ?? false`, &there))
		if there {
			break
		}
	}
	b.run("the first", chromedp.KeyEvent(kb.Enter), await(`/^\/incidents\/\d+$/.test(location.pathname)`), await(says("Timeline")))
	b.tabTo("Acknowledge")
	b.run("acknowledged", chromedp.KeyEvent(kb.Enter), await(says("Undo acknowledge")))
	b.quiet("by keyboard")
}

// The server goes away and comes back: the page says so, and goes on without a
// gap and without showing anything twice.
func TestConsoleOutlivesARestart(t *testing.T) {
	cfg := testConfig(t, namedDevices)
	s := start(t, cfg)
	cfg.Console.Listen = s.e.ConsoleAddr() // the next one has the same
	b := browse(t, s)
	s.send(0, "127.0.0.2", "<131>before the restart")
	b.run("live", chromedp.EmulateViewport(1280, 800), chromedp.Navigate(b.base+"/messages"), await(says("before the restart")))
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	b.run("it says so", await(says("Cannot reach Logboom")), await(says("Not connected")), await(says("before the restart")))
	b.picture("messages-unreachable")
	again := start(t, cfg)
	for i := range 5 {
		again.send(0, "127.0.0.2", fmt.Sprintf("<131>after the restart %d", i))
	}
	b.run("it goes on", await(says("after the restart 4")), await("!"+says("Cannot reach Logboom")), await("!"+says("Not connected")))
	again.send(0, "127.0.0.2", "<131>and live again")
	var texts []string
	b.run("nothing is missing or twice", await(says("and live again")), chromedp.Evaluate(`[...document.querySelectorAll("[role=row] .m")].map(e => e.innerText)`, &texts))
	if got, want := fmt.Sprintf("%q", texts), `["before the restart" "after the restart 0" "after the restart 1" "after the restart 2" "after the restart 3" "after the restart 4" "and live again"]`; got != want {
		t.Errorf("the list has\n%s\nwant\n%s", got, want)
	}
}

// Browsers open six connections to a server that has no TLS, and a live tail keeps
// one: those of tabs that nobody sees are given back.
func TestManyTabsOfTheConsole(t *testing.T) {
	s := start(t, testConfig(t, namedDevices))
	b := browse(t, s)
	s.send(0, "127.0.0.2", "<131>for every tab")
	s.awaitStored(1)
	b.run("the first", chromedp.Navigate(b.base+"/messages"), await(says("for every tab")))
	for i := range 7 {
		ctx, cancel := chromedp.NewContext(b.ctx)
		t.Cleanup(cancel)
		tab := browser{t: t, ctx: ctx, base: b.base}
		tab.run(fmt.Sprintf("tab %d", i+2), page.BringToFront(), chromedp.Navigate(b.base+"/messages"), await(says("for every tab")))
	}
	targets, err := chromedp.Targets(b.ctx)
	if err != nil || len(targets) < 8 {
		t.Fatalf("%d tabs, %v", len(targets), err)
	}
	s.send(0, "127.0.0.2", "<131>and this one")
	b.run("back to the first", target.ActivateTarget(chromedp.FromContext(b.ctx).Target.TargetID), page.BringToFront(), await(says("and this one")))
	b.quiet("many tabs")
}
