package engine

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserLoad is what LOGBOOM_BROWSER_LOAD makes larger: messages of a day to be
// searched, and how long each rate goes on.
func browserLoad() (messages int, each time.Duration) {
	if os.Getenv("LOGBOOM_BROWSER_LOAD") == "" {
		return 20_000, 2 * time.Second
	}
	return 1_000_000, 20 * time.Second
}

// frames counts what a page draws while it is watched.
const frames = `new Promise((done) => {
	const begin = performance.now();
	let last = begin, n = 0, longest = 0, most = 0;
	const frame = (now) => {
		n++;
		longest = Math.max(longest, now - last);
		last = now;
		most = Math.max(most, document.querySelectorAll("[role=row]").length);
		if (now - begin < %d) requestAnimationFrame(frame);
		else done({ rate: n * 1000 / (now - begin), longest, rows: most, heap: performance.memory?.usedJSHeapSize ?? 0 });
	};
	requestAnimationFrame(frame);
})`

// searching types a query, and measures until its first rows and its histogram
// are there.
const searching = `(async () => {
	const box = document.querySelector("input[role=combobox]");
	Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(box, %q);
	box.dispatchEvent(new InputEvent("input", { bubbles: true }));
	performance.clearResourceTimings();
	box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
	const begin = performance.now();
	const came = { rows: 0, histogram: 0 };
	while (performance.now() - begin < 30000 && !(came.rows && came.histogram)) {
		await new Promise(requestAnimationFrame);
		const all = performance.getEntriesByType("resource").filter((e) => e.responseEnd > 0 && new URL(e.name).searchParams.get("query") === box.value);
		if (!came.rows && all.some((e) => e.name.includes("/messages?")) && document.querySelector("[role=row] .m")?.innerText.includes(%q)) came.rows = performance.now() - begin;
		if (!came.histogram && all.some((e) => e.name.includes("/histogram?"))) came.histogram = performance.now() - begin;
	}
	return came;
})()`

func promised(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// Thousands of messages a second and a large day do not stop the page: what it
// has in its hands is bounded, and no message that it leaves out goes uncounted.
// What it measures is logged; make torture has more of it.
func TestConsoleUnderLoadInABrowser(t *testing.T) {
	messages, each := browserLoad()
	s := start(t, testConfig(t, namedDevices))
	b := browse(t, s)
	c, err := net.Dial("tcp", s.e.Listeners()[2].Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	var sent int64
	say := func(n int) {
		var text strings.Builder
		for range n {
			sent++
			fmt.Fprintf(&text, "<%d>OLT-7 EPON: message %d of ONU 0/%d/%d, word%d\n", 128+sent%8, sent, sent%16, sent%128, sent%1000)
		}
		if _, err := io.WriteString(c, text.String()); err != nil {
			t.Error(err)
		}
	}
	for left := messages; left > 0; left -= 10_000 {
		say(min(left, 10_000))
	}
	s.awaitAccounted(sent)

	b.run("a large day", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(b.base+"/messages?from=today"), await(says(fmt.Sprintf("message %d of", sent))))
	for _, tt := range []struct{ query, shows string }{{"word777", "word777"}, {"severity:err+ 0/7", "0/7"}, {"word1 OR word2", "word"}, {"device:127.0.0.1", "message"}} {
		var came struct{ Rows, Histogram float64 }
		b.run(tt.query, chromedp.Evaluate(fmt.Sprintf(searching, tt.query, tt.shows), &came, promised))
		if came.Rows == 0 || came.Histogram == 0 {
			t.Errorf("a search for %s among %d messages did not end: %+v", tt.query, sent, came)
		}
		t.Logf("search for %s among %d messages: first rows after %.0f ms, histogram after %.0f ms", tt.query, sent, came.Rows, came.Histogram)
	}

	b.run("live", chromedp.Navigate(b.base+"/messages"), await(says("Live")))
	for _, tt := range []struct{ rate, slower int }{{2000, 1}, {5000, 1}, {5000, 4}} {
		ctx, enough := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { // ends with enough
			defer close(over)
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			begin := time.Now()
			for before := sent; ; {
				select {
				case <-tick.C:
					say(int(time.Since(begin).Seconds()*float64(tt.rate)) - int(sent-before))
				case <-ctx.Done():
					return
				}
			}
		}()
		var seen struct {
			Rate, Longest, Heap float64
			Rows                int
		}
		b.run(fmt.Sprintf("%d a second", tt.rate), emulation.SetCPUThrottlingRate(float64(tt.slower)), chromedp.Evaluate(fmt.Sprintf(frames, each.Milliseconds()), &seen, promised))
		enough()
		<-over
		b.run("the newest of them", await(says(fmt.Sprintf("message %d of", sent))), emulation.SetCPUThrottlingRate(1))
		t.Logf("live at %d messages a second, %d times slower: %.1f frames a second, the longest %.0f ms, %d rows, %.0f MB", tt.rate, tt.slower, seen.Rate, seen.Longest, seen.Rows, seen.Heap/1e6)
		if seen.Rows == 0 || seen.Rows > 120 || seen.Heap > 300e6 {
			t.Errorf("the page has %d rows and %.0f MB in its hands", seen.Rows, seen.Heap/1e6)
		}
	}
	b.picture("messages-load")

	// Who reads is not disturbed.
	var before, after string
	const row = `document.querySelectorAll("[role=row]")[15].innerText`
	b.run("hold", chromedp.Evaluate(`document.querySelector(".list").scrollTop -= 2000`, nil), await(says("held while you read")), chromedp.Evaluate(row, &before))
	say(5000)
	b.run("counted", await(`document.querySelector(".newest")?.innerText.includes("5,000 new")`), chromedp.Evaluate(row, &after))
	if before != after {
		t.Errorf("while it was read %q became %q", before, after)
	}
	b.run("to the newest", chromedp.KeyEvent("G"), chromedp.Click(".newest"), await(says(fmt.Sprintf("message %d of", sent))))
	b.quiet("under load")
	s.awaitAccounted(sent)
}
