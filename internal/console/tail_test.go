package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// sheet is a ResponseWriter that can be read while it is written.
type sheet struct {
	mu     sync.Mutex
	header http.Header
	status int
	text   strings.Builder
}

func (s *sheet) Header() http.Header { return s.header }
func (s *sheet) WriteHeader(n int)   { s.status = n }
func (s *sheet) Flush()              {}
func (s *sheet) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

// take returns what was written since the last call.
func (s *sheet) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.text.String()
	s.text.Reset()
	return out
}

// event is one server-sent event, read.
type event struct {
	id, name, data string
}

func events(text string) (out []event, comments int) {
	var e event
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch k, v, _ := strings.Cut(line, ": "); {
		case line == "":
			if e.data != "" {
				out = append(out, e)
			}
			e = event{}
		case k == "":
			comments++
		case k == "id":
			e.id = v
		case k == "event":
			e.name = v
		case k == "data":
			e.data += v
		}
	}
	return out, comments
}

// batch is what an event holds.
type batch struct {
	Fields                     []string
	Rows                       []any
	Matched, Skipped, Received int64
}

func batchOf(t *testing.T, e event) batch {
	t.Helper()
	var b batch
	if err := json.Unmarshal([]byte(e.data), &b); err != nil {
		t.Fatalf("event %+v: %v", e, err)
	}
	return b
}

// open starts a stream in the bubble of a synctest and returns its sheet.
func open(t *testing.T, c *Console, r *http.Request) (*sheet, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &sheet{header: http.Header{}}
	go c.ServeHTTP(s, r.WithContext(ctx)) // ends with ctx
	synctest.Wait()
	return s, cancel
}

// tailing returns a console and what its tails give. In the bubble of a
// synctest it has to be called there.
func tailing(t *testing.T, a *shelf) (*Console, pipe) {
	p := make(pipe, 1)
	o := options()
	o.Tail, o.Archive, o.Now = func() Tail { return p }, a, nil
	return made(t, o), p
}

func many(day int, first, n int64) (out []syslog.Record) {
	for i := range n {
		out = append(out, record(day, first+i, "10.0.0.2", fmt.Sprintf("message %d", first+i)))
	}
	return out
}

func TestTailFormat(t *testing.T) {
	a := &shelf{}
	synctest.Test(t, func(t *testing.T) {
		c, p := tailing(t, a)
		s, cancel := open(t, c, request("GET", "/api/v1/tail?query=link", ""))
		defer cancel()
		if got := s.take(); got != "retry: 2000\n\n" || s.status != 200 || s.header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
			t.Fatalf("at the start: %d %v %q", s.status, s.header, got)
		}
		r := record(20261122, 48120282, "10.20.0.12", "link down")
		p <- told{records: []syslog.Record{record(20261122, 48120281, "10.0.0.2", "fan ok"), r}}
		synctest.Wait()
		want := "id: 20261122:48120282\nevent: messages\n" +
			`data: {"fields":["id","received_at","device","severity","app_name","message"],"rows":[[48120282,` + fmt.Sprint(r.ReceivedAt) + `,"10.20.0.12",3,"","link down"]],"matched":1,"skipped":0,"received":2}` + "\n\n"
		if got := s.take(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		p <- told{records: many(20261122, 48120283, 3)}
		synctest.Wait()
		if got := s.take(); got != "" {
			t.Errorf("an event without a match: %q", got)
		}
	})
}

func TestTailPingsInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := tailing(t, &shelf{})
		s, cancel := open(t, c, request("GET", "/api/v1/tail?query=never", ""))
		defer cancel()
		s.take()
		for range 100 { // messages that do not match are silence to the client
			time.Sleep(time.Second)
			p <- told{records: many(20261122, 1, 2)}
		}
		synctest.Wait()
		if got := s.take(); got != strings.Repeat(": ping\n\n", 6) {
			t.Errorf("in 100 s of messages that do not match: %q", got)
		}
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if got := s.take(); got != strings.Repeat(": ping\n\n", 2) {
			t.Errorf("in 31 s of silence: %q", got)
		}
	})
}

func TestTailIsCappedAndCountsWhatItLeavesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := tailing(t, &shelf{})
		s, cancel := open(t, c, request("GET", "/api/v1/tail", ""))
		defer cancel()
		var rows, matched, skipped, received, batches int64
		last := int64(0)
		for i := range int64(100) { // 5,000 a second for ten seconds
			p <- told{records: many(20261122, 1+i*500, 500)}
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			es, _ := events(s.take())
			for _, e := range es {
				b := batchOf(t, e)
				rows, matched, skipped, received = rows+int64(len(b.Rows)), matched+b.Matched, skipped+b.Skipped, received+b.Received
				batches++
				if n := len(b.Rows); n > 0 {
					id := int64(b.Rows[n-1].([]any)[0].(float64))
					if id != (i+1)*500 {
						t.Fatalf("batch %d ends with %d, not with the newest", i, id)
					}
					last = id
				}
			}
		}
		if matched != 50000 || received != 50000 || rows+skipped != matched || last != 50000 {
			t.Errorf("rows %d + skipped %d, matched %d, received %d, want 50,000", rows, skipped, matched, received)
		}
		if rows < 2000+500*9 || rows > 2000+500*10 {
			t.Errorf("%d rows in 10 s, want a burst of 2,000 and 500 a second", rows)
		}
		if batches > 100 {
			t.Errorf("%d batches in 10 s, want at most 10 a second", batches)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		s.take()
		p <- told{records: many(20261122, 60000, 2500), skipped: 7}
		synctest.Wait()
		es, _ := events(s.take())
		if b := batchOf(t, es[0]); len(b.Rows) != 2000 || b.Skipped != 507 || b.Matched != 2507 || b.Received != 2507 {
			t.Errorf("after silence: %d rows, %d skipped, %d matched, %d received", len(b.Rows), b.Skipped, b.Matched, b.Received)
		}
	})
}

func TestTailGathersABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := tailing(t, &shelf{})
		p := make(pipe, 100)
		c.opts.Tail = func() Tail { return p }
		s, cancel := open(t, c, request("GET", "/api/v1/tail", ""))
		defer cancel()
		s.take()
		start := time.Now()
		for i := range int64(3) {
			p <- told{records: many(20261122, 1+i, 1)}
		}
		synctest.Wait()
		if es, _ := events(s.take()); len(es) != 1 || time.Since(start) != 0 {
			t.Errorf("%d events at once, want the first one without delay", len(es))
		}
		time.Sleep(99 * time.Millisecond)
		synctest.Wait()
		if got := s.take(); got != "" {
			t.Errorf("after 99 ms: %q", got)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if es, _ := events(s.take()); len(es) != 1 {
			t.Errorf("after 100 ms: %d events", len(es))
		}
	})
}

func TestTailSplitsABatchAtMidnight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := tailing(t, &shelf{})
		s, cancel := open(t, c, request("GET", "/api/v1/tail", ""))
		defer cancel()
		s.take()
		p <- told{records: append(many(20261122, 900, 3), many(20261123, 1, 2)...), skipped: 4}
		synctest.Wait()
		es, _ := events(s.take())
		if len(es) != 2 || es[0].id != "20261122:902" || es[1].id != "20261123:2" {
			t.Fatalf("events %+v", es)
		}
		a, b := batchOf(t, es[0]), batchOf(t, es[1])
		if len(a.Rows) != 3 || a.Matched != 7 || a.Skipped != 4 || a.Received != 7 || len(b.Rows) != 2 || b.Matched != 2 || b.Skipped != 0 || b.Received != 2 {
			t.Errorf("batches %+v and %+v", a, b)
		}
	})
}

func TestTailResumesWithoutGapOrDouble(t *testing.T) {
	resume := map[string]func(r *http.Request){
		"after":         func(r *http.Request) { r.URL.RawQuery = "query=message&after=20261122:10" },
		"Last-Event-ID": func(r *http.Request) { r.URL.RawQuery = "query=message"; r.Header.Set("Last-Event-ID", "20261122:10") },
		"Last-Event-ID wins": func(r *http.Request) {
			r.URL.RawQuery = "query=message&after=20261122:1"
			r.Header.Set("Last-Event-ID", "20261122:10")
		},
		"foreign Last-Event-ID": func(r *http.Request) {
			r.URL.RawQuery = "query=message&after=20261122:10"
			r.Header.Set("Last-Event-ID", "'; --")
		},
		"before midnight, behind": func(r *http.Request) { r.URL.RawQuery = "query=message&after=20261122:10" },
	}
	for name, how := range resume {
		t.Run(name, func(t *testing.T) {
			a := &shelf{records: many(20261122, 1, 30)}
			synctest.Test(t, func(t *testing.T) {
				c, p := tailing(t, a)
				// What was stored while the archive is read comes from both.
				p <- told{records: many(20261122, 25, 10)}
				r := request("GET", "/api/v1/tail", "")
				how(r)
				s, cancel := open(t, c, r)
				defer cancel()
				time.Sleep(time.Second)
				synctest.Wait()
				var ids []string
				es, _ := events(s.take())
				for _, e := range es {
					for _, row := range batchOf(t, e).Rows {
						ids = append(ids, fmt.Sprint(row.([]any)[0]))
					}
				}
				want := ""
				for i := 11; i <= 34; i++ {
					want += fmt.Sprint(i, " ")
				}
				if got := strings.Join(ids, " ") + " "; got != want {
					t.Errorf("rows %s\nwant %s", got, want)
				}
				if last := es[len(es)-1].id; last != "20261122:34" {
					t.Errorf("last id %s", last)
				}
			})
		})
	}
}

func TestTailResumesLongAgoWithTheNewest(t *testing.T) {
	a := &shelf{records: many(20261122, 1, 5100)}
	synctest.Test(t, func(t *testing.T) {
		c, _ := tailing(t, a)
		s, cancel := open(t, c, request("GET", "/api/v1/tail?after=20261122:50", ""))
		defer cancel()
		es, _ := events(s.take())
		b := batchOf(t, es[0])
		first, last := b.Rows[0].([]any)[0].(float64), b.Rows[len(b.Rows)-1].([]any)[0].(float64)
		if len(es) != 1 || len(b.Rows) != 2000 || b.Skipped != 3050 || b.Matched != 5050 || first != 3101 || last != 5100 {
			t.Errorf("%d events, %d rows %v to %v, skipped %d of %d", len(es), len(b.Rows), first, last, b.Skipped, b.Matched)
		}
	})
}

func TestTailGoesOnIfTheArchiveDoesNotAnswer(t *testing.T) {
	a := &shelf{fail: errors.New("syslog_20261122.db is damaged")}
	synctest.Test(t, func(t *testing.T) {
		c, p := tailing(t, a)
		s, cancel := open(t, c, request("GET", "/api/v1/tail?after=20261122:50", ""))
		defer cancel()
		if es, _ := events(s.take()); len(es) != 1 || es[0].name != "notice" || !strings.Contains(es[0].data, "damaged") {
			t.Errorf("events %+v, want a notice", es)
		}
		p <- told{records: many(20261122, 51, 1)}
		synctest.Wait()
		if es, _ := events(s.take()); len(es) != 1 || es[0].id != "20261122:51" {
			t.Errorf("events %+v, want the message", es)
		}
	})
}

func TestTailRefusesBadRequests(t *testing.T) {
	c := made(t, options())
	for _, target := range []string{"?query=%2F%28%2F", "?after=x", "?query=%zz", "?after=20261122", "?fields=raw", "?fields=hostname,hostname", "?fields=,"} {
		if w := get(c, "/api/v1/tail"+target); w.Code != 400 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}
