package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/logboom/logboom/internal/config"
)

// TestTheFirstRunInABrowser goes from an empty server over a test message that
// is received to a message in a chat of Telegram, and looks at the settings.
func TestTheFirstRunInABrowser(t *testing.T) {
	w := newTelegramWorld(t)
	telegram := "[telegram]\napi_url = '" + w.URL + "'\n"
	r := startReloaded(t, telegram)
	r.edit = func(cfg *config.Config) { cfg.Path = longPath }
	b := browse(t, r.server)
	b.run("welcome", emulation.SetDeviceMetricsOverride(1440, 1000, 1, false), chromedp.Navigate(b.base+"/"), await(`location.pathname == "/welcome"`),
		await(says("waits for the first message")), await(says("logboom send --to")))
	b.picture("welcome-empty")
	b.run("a test message", chromedp.Click(`//button[text()="Send a test message"]`, chromedp.BySearch), await(says("Received and stored.")), await(says("Test message of Logboom")), await(says("Messages are arriving.")))
	b.run("a password", chromedp.SendKeys(`input[autocomplete="new-password"]`, "short\r"), await(says("too short")))
	b.forget("400 (Bad Request)")
	b.run("a better one", chromedp.SendKeys(`input[autocomplete="new-password"]`, " is not this one\r"), await(says("The password of admin is set.")))
	b.quiet("welcome")

	b.run("wizard", chromedp.Click(`main a[href="/telegram"]`), await(says("1. Bot token")), chromedp.SendKeys(`input[type=password]`, "nonsense!"+kb.Enter), await(says("characters that no token has")))
	b.forget("502 (Bad Gateway)")
	b.run("the bot", chromedp.Evaluate(`document.querySelector("input[type=password]").select()`, nil), chromedp.SendKeys(`input[type=password]`, "123:marker"+kb.Enter), await(says("Bot found: Logboom, @logboom_bot.")), await(says("Waiting for a message to the bot")))
	w.update(`"message":{"message_id":1,"date":1,"chat":{"id":-1005,"type":"supergroup","title":"NOC <b>night</b> shift"},"message_thread_id":17,"is_topic_message":true,"text":"/start"}`)
	b.run("the chat", await(says("NOC <b>night</b> shift")), await(says("topic 17")), chromedp.Click(`//button[contains(., "Send a test to")]`, chromedp.BySearch), await(says("Sent. Check your phone.")), await(says("thread_id = 17")))
	w.await(t, "the test", func() bool { return len(w.chats["-1005"]) == 1 })
	r.mu.Lock()
	r.text = telegram + "token = '123:marker'\nchat_id = '-1005'\nthread_id = 17\n" // somebody writes it into the file
	r.mu.Unlock()
	b.run("it works", chromedp.Click(`//button[text()="Reload config.toml"]`, chromedp.BySearch), await(says("In force now: telegram.token, telegram.chat_id, telegram.thread_id.")), await(says("It works: alerts go to")))
	w.await(t, "another test", func() bool { return len(w.chats["-1005"]) == 2 })
	b.picture("telegram-done")
	b.quiet("wizard")

	b.run("settings", chromedp.Navigate(b.base+"/settings"), await(says("Logboom never changes this file.")), await(says("receive_buffer")), chromedp.SendKeys(`input[type=search]`, "telegram tok"), await(says("token_file")), await("!"+says("receive_buffer")),
		await(`[...document.querySelectorAll(".key")].some(k => k.innerText.includes("config.toml") && k.innerText.startsWith("token") && k.querySelector("code").innerText == "set")`))
	b.run("no secret", await("!"+says("123:marker")))
	b.run("a draft", chromedp.Click("summary"), chromedp.SendKeys("#cfg", "[listen]\nupd = []"), chromedp.Click(`//button[text()="Check"]`, chromedp.BySearch), await(says("listen.upd")))
	b.run("doctor", chromedp.Navigate(b.base+"/health"), chromedp.Click(`//button[text()="Run all checks"]`, chromedp.BySearch), await(says("is open; 1 message received since the start")), await(says("can be reached")))
	b.run("our own log", chromedp.Navigate(b.base+"/log"), await(says("Settings were loaded.")), await("!"+says("123:marker")))
	b.quiet("settings")
	b.looks([]look{
		{"welcome", "/welcome", says("Point your devices here"), nil},
		{"telegram", "/telegram", says("Bot token"), nil},
		{"settings", "/settings", says("receive_buffer"), nil},
		{"log", "/log", says("Settings were loaded."), nil},
		{"doctor", "/health", says("Doctor"), []chromedp.Action{chromedp.Click(`//button[text()="Run all checks"]`, chromedp.BySearch), await(says("can be reached")), chromedp.ScrollIntoView(`//button[text()="Run all checks"]`, chromedp.BySearch)}},
	})
}

// longPath is one word that is wider than a telephone.
const longPath = "/srv/a_folder_whose_name_is_longer_than_a_telephone_is_wide/config.toml"

// A look is a page to be looked at, once something is true of it.
type look struct {
	name, path, ready string
	first             []chromedp.Action // what is done there before
}

// mostBytes is what a browser may have to load for a page, compressed, with all
// that its first actions ask for: they are opened at three in the morning, over
// the line that is left.
const mostBytes = 90_000

// tooWide is what sticks out of the page, if that has to be moved sideways: the
// innermost elements, as "td.mono 331 of 320: the text".
const tooWide = `[document.documentElement, ...document.querySelectorAll(".scroll")].filter(e => e.scrollWidth > e.clientWidth).flatMap(e => {
	const edge = e.getBoundingClientRect().left + e.clientWidth;
	const out = [...e.querySelectorAll("*")].filter(x => x.getBoundingClientRect().right > edge + 0.5);
	return [e.className + " " + e.scrollWidth + " of " + e.clientWidth, ...out.filter(x => !out.some(y => y !== x && x.contains(y)))
		.map(x => x.tagName + "." + x.className + " to " + Math.round(x.getBoundingClientRect().right) + ": " + x.innerText?.slice(0, 60))];
}).slice(0, 12)`

// looks looks at pages, light and dark, on screens from a desk's to the smallest
// telephone's, and takes pictures of two of them.
func (b *browser) looks(pages []look) {
	b.t.Helper()
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"desktop", 1440, 900}, {"laptop", 1024, 768}, {"phone", 390, 844}, {"small phone", 320, 640}} {
		for _, theme := range []string{"light", "dark"} {
			b.run(size.name, emulation.SetDeviceMetricsOverride(size.width, size.height, 1, size.width < 600),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}))
			for _, p := range pages {
				b.run(p.name, append([]chromedp.Action{chromedp.Navigate(b.base + p.path), await(p.ready)}, p.first...)...)
				var wide []string
				b.run("width", chromedp.Evaluate(tooWide, &wide))
				if len(wide) > 0 {
					b.t.Errorf("%s is wider than a %s: %q", p.name, size.name, wide)
				}
				var asked int
				b.run("requests", chromedp.Evaluate(`performance.getEntriesByType("resource").length`, &asked))
				if asked > 40 {
					b.t.Errorf("%s asks the server %d times in its first moments", p.name, asked)
				}
				// What the page is made of, as it came over the line; a browser that has it already says the same.
				var bytes int
				b.run("bytes", chromedp.Evaluate(`[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].filter(r => !new URL(r.name).pathname.startsWith("/api/")).reduce((n, r) => n + r.encodedBodySize, 0)`, &bytes))
				if bytes < 50_000 || bytes > mostBytes {
					b.t.Errorf("%s on a %s loads %d bytes, want at most %d (and no fewer than 50000, or they are not counted)", p.name, size.name, bytes, mostBytes)
				}
				b.accessible(p.name + ", " + size.name + ", " + theme)
				if size.name == "desktop" || size.name == "phone" {
					b.picture(p.name + "-" + size.name + "-" + theme)
				}
				b.quiet(p.name + ", " + size.name + ", " + theme)
			}
		}
	}
}

// forget drops what Chromium notes of an answer that was wanted.
func (b *browser) forget(answer string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = slices.DeleteFunc(b.faults, func(f string) bool { return strings.Contains(f, answer) })
}
