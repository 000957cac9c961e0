package console

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/login"
	"github.com/logboom/logboom/internal/syslog"
)

func TestNobodyHasAllLiveTails(t *testing.T) {
	cast() // not in the bubble
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t, func(o *Options) { o.Tail = func() Tail { return make(pipe) } })
		bob := cookieOf(t, h.signIn("bob", password))
		people := []struct {
			name, refused string
			most          int
			as            func(*http.Request)
		}{
			{"a viewer", "you have 6 live tails", 6, func(r *http.Request) { from(r, away).AddCookie(bob) }},
			{"a token", "you have 6 live tails", 6, func(r *http.Request) { from(r, away).Header.Set("Authorization", "Bearer "+h.viewer) }},
			{"this machine", "20 live tails", 8, func(*http.Request) {}}, // there are 20 in all
		}
		var left []context.CancelFunc
		for _, p := range people {
			ask := func() *http.Request {
				r := request("GET", "/api/v1/tail", "")
				p.as(r)
				return r
			}
			for range p.most {
				s, leave := open(t, h.Console, ask())
				if s.status != 200 {
					t.Fatalf("%s: status %d %s", p.name, s.status, s.take())
				}
				left = append(left, leave)
			}
			w := do(h.Console, ask())
			if w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), p.refused) {
				t.Errorf("%s, one more than %d: %d %s", p.name, p.most, w.Code, w.Body)
			}
		}
		again := from(request("GET", "/api/v1/tail", ""), away)
		again.AddCookie(cookieOf(t, h.signIn("bob", password)))
		if w := do(h.Console, again); w.Code != http.StatusTooManyRequests {
			t.Errorf("another session of the same viewer: %d", w.Code)
		}
		for _, leave := range left {
			leave()
		}
		synctest.Wait()
		if len(h.streams) != 0 || len(h.tails.held) != 0 {
			t.Errorf("after all have left: %d streams, of %v", len(h.streams), h.tails.held)
		}
	})
}

func TestThisMachineHasTwelveTails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := tailing(t, &shelf{})
		for range 12 {
			_, leave := open(t, c, request("GET", "/api/v1/tail", ""))
			defer leave()
		}
		if w := get(c, "/api/v1/tail"); w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "this machine has 12 live tails") {
			t.Errorf("the 13th: %d %s", w.Code, w.Body)
		}
	})
}

// slow is a Directory that takes its time, as a dear regular expression does.
type slow struct {
	asked *int
	does  func()
}

func (s slow) Device(netip.Addr) (string, string) {
	*s.asked++
	s.does()
	return "OLT", ""
}

// long returns messages of 5 kB.
func long(n int64) []syslog.Record {
	records := many(20261122, 1, n)
	for i := range records {
		records[i].Raw = append(records[i].Raw, strings.Repeat(" ", 5000)...)
	}
	return records
}

func TestATailEndsWhileItLooksAtABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := tailing(t, &shelf{})
		var asked int
		var leave context.CancelFunc
		c.opts.Directory = slow{&asked, func() {
			if asked == 3 {
				leave()
			}
		}}
		_, leave = open(t, c, request("GET", "/api/v1/tail?query=name:onu", ""))
		p <- told{records: long(1000)}
		synctest.Wait()
		if asked != 3 || len(c.streams) != 0 {
			t.Errorf("%d messages were looked at, want 3, the client left with the third; %d streams are open", asked, len(c.streams))
		}
	})
}

func TestTheTimeForABatchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := tailing(t, &shelf{})
		asked := 0
		c.opts.Directory = slow{&asked, func() { time.Sleep(10 * time.Millisecond) }}
		s, leave := open(t, c, request("GET", "/api/v1/tail?query=name:onu+OR+name:olt", ""))
		defer func() { leave(); time.Sleep(time.Second) }() // it wakes up and sees it
		s.take()
		began := time.Now()
		p <- told{records: long(1000), skipped: 7}
		p <- told{records: long(1)} // the pipe holds one, so this waits until the first is looked at
		p <- told{}
		took := time.Since(began)
		synctest.Wait()
		es, _ := events(s.take())
		if len(es) == 0 {
			t.Fatal("no event")
		}
		b := batchOf(t, es[0])
		if n := int64(len(b.Rows)); n == 0 || n > 6 || b.Received != 1007 || b.Matched != 1007 || b.Skipped != 1007-n {
			t.Errorf("%d rows, matched %d, skipped %d, received %d", n, b.Matched, b.Skipped, b.Received)
		}
		if got := fmt.Sprint(b.Rows[len(b.Rows)-1].([]any)[0]); got != "1000" {
			t.Errorf("the last row is %s, not the newest", got)
		}
		// It may use a tenth of a core.
		if took < 500*time.Millisecond || took > 700*time.Millisecond {
			t.Errorf("the next batch came after %v", took)
		}
	})
}

func TestSharesForgetWhoHoldsNothing(t *testing.T) {
	var s shares
	a, ok := s.take("ann", 2)
	b, ok2 := s.take("ann", 2)
	if _, third := s.take("ann", 2); !ok || !ok2 || third {
		t.Errorf("took %v, %v, %v, want two", ok, ok2, third)
	}
	if _, ok := s.take(who(login.Person{}), 1); !ok {
		t.Error("another person has none")
	}
	a()
	b()
	if len(s.held) != 1 {
		t.Errorf("holds %v", s.held)
	}
}
