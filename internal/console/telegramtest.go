package console

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	testTime  = 20 * time.Second // for a test message
	testEvery = 10 * time.Second // between two: every one is a message to a chat, and too many earn the bot a 429
)

// testPace lets one test message run at a time, and one in testEvery.
type testPace struct {
	mu    sync.Mutex
	runs  bool
	began time.Time // the last one
}

// begin reports after how long a test may be made, 0 = now: then it has begun.
func (p *testPace) begin(now time.Time) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.began.IsZero() {
		wait = max(0, p.began.Add(testEvery).Sub(now))
	}
	if p.runs {
		wait = max(wait, time.Second)
	}
	if wait == 0 {
		p.runs, p.began = true, now
	}
	return wait
}

func (p *testPace) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs = false
}

// postTelegramTest sends a test message and says what became of it.
func (c *Console) postTelegramTest(w http.ResponseWriter, r *http.Request) {
	if wait := c.tests.begin(time.Now()); wait > 0 {
		seconds := int((wait + time.Second - 1) / time.Second)
		c.stats.refusedRequests.Add(1)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		fail(w, http.StatusTooManyRequests, "a test message was sent a moment ago; they may be sent every "+strconv.Itoa(int(testEvery.Seconds()))+" seconds",
			"try again in "+strconv.Itoa(seconds)+" s")
		return
	}
	defer c.tests.end()
	ctx, cancel := context.WithTimeout(r.Context(), testTime)
	defer cancel()
	if err := c.opts.TestTelegram(ctx); err != nil {
		fail(w, http.StatusBadGateway, err.Error(), "logboom doctor checks the way to Telegram step by step")
		return
	}
	c.record(r, whoAsks(r), "Telegram tested", "")
	answer(w, http.StatusOK, map[string]bool{"sent": true})
}
