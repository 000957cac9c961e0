package console

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/logboom/logboom/internal/syslog"
)

// shelf is an Archive in memory.
type shelf struct {
	mu      sync.Mutex
	records []syslog.Record
	search  Search            // the last one
	block   chan struct{}     // if not nil, searches wait for it
	fail    error             // if not nil, what searches return
	entered chan struct{}     // gets a value for each search that began, if not nil
	each    func(n int) error // called before each record of Each, if not nil
}

func (a *shelf) add(day int, id int64, source, text string) syslog.Record {
	r := record(day, id, source, text)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.records = append(a.records, r)
	return r
}

// record returns a message whose text begins after "<131>".
func record(day int, id int64, source, text string) syslog.Record {
	raw := []byte("<131>" + text)
	return syslog.Record{
		Message:    syslog.Message{Raw: raw, MessageAt: 5, SentAt: syslog.NoTime, Facility: 16, Severity: 3},
		Position:   syslog.Position{Day: day, ID: id},
		ReceivedAt: noon.UnixMicro() + id, Source: netip.MustParseAddr(source),
	}
}

func (a *shelf) found(s Search) []syslog.Record {
	var out []syslog.Record
	for i := range a.records {
		r := &a.records[i]
		if s.Query != nil && !s.Query.Match(r, s.Directory) || s.Device.IsValid() && s.Device != r.Source ||
			s.After != (syslog.Position{}) && r.Position.Compare(s.After) <= 0 || s.Before != (syslog.Position{}) && r.Position.Compare(s.Before) >= 0 {
			continue
		}
		out = append(out, *r)
	}
	return out
}

func (a *shelf) Search(ctx context.Context, s Search) (Result, error) {
	if a.entered != nil {
		a.entered <- struct{}{}
	}
	if a.block != nil {
		select {
		case <-a.block:
		case <-ctx.Done():
			return Result{}, ctx.Err()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.search = s; a.fail != nil {
		return Result{}, a.fail
	}
	out := a.found(s)
	more := s.Limit > 0 && len(out) > s.Limit
	if more && s.After != (syslog.Position{}) {
		out = out[:s.Limit]
	} else if more {
		out = out[len(out)-s.Limit:]
	}
	return Result{Records: out, More: more}, nil
}

func (a *shelf) Count(ctx context.Context, s Search, b Buckets) (Counts, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.search = s; a.fail != nil {
		return Counts{}, a.fail
	}
	c := Counts{Buckets: make([][8]int64, len(b.Edges)-1), Reached: b.Edges[0]}
	for _, r := range a.found(s) {
		for i := range c.Buckets {
			if r.ReceivedAt >= b.Edges[i] && r.ReceivedAt < b.Edges[i+1] {
				c.Buckets[i][r.Severity]++
			}
		}
	}
	return c, nil
}

func (a *shelf) Each(ctx context.Context, s Search, fn func(*syslog.Record) error) error {
	a.mu.Lock()
	a.search = s
	out := a.found(s)
	a.mu.Unlock()
	if a.fail != nil {
		return a.fail
	}
	for i := range out {
		if a.each != nil {
			if err := a.each(i); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(&out[i]); err != nil {
			return err
		}
	}
	return nil
}

// told is what a pipe gives at once.
type told struct {
	records []syslog.Record
	skipped int64
}

// pipe is a Tail that gives what is sent into it.
type pipe chan told

func (p pipe) Next(ctx context.Context) ([]syslog.Record, int64, error) {
	select {
	case t, ok := <-p:
		if !ok {
			return nil, 0, io.EOF
		}
		return t.records, t.skipped, nil
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
}

// names is a Directory.
type names map[string]string

func (n names) Device(a netip.Addr) (string, string) { return n[a.String()], "" }

func options() Options {
	r := prometheus.NewRegistry()
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "logboom_devices", Help: "Devices."}, func() float64 { return 2 }))
	return Options{
		Listen: "127.0.0.1:0", Version: "1.2.3", Archive: &shelf{}, Metrics: r, Location: time.UTC,
		Tail: func() Tail { return make(pipe) },
		Status: func(context.Context) Status {
			return Status{Ledger: Ledger{Received: 1234567, Stored: 1234560, Dropped: 7, DroppedBy: map[string]int64{"kernel": 7}},
				Listeners: []Listener{{Name: "udp :514", Open: true}}, Devices: 2}
		},
		Devices: func(context.Context) ([]Device, error) {
			return []Device{{Address: "10.0.0.12"}, {Address: "10.0.0.2", Name: "OLT North"}, {Address: "2001:db8::1"}}, nil
		},
		Now: func() time.Time { return noon },
	}
}

// made returns a console that serves only what tests hand to it.
func made(t *testing.T, o Options) *Console {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.listener != nil {
			c.listener.Close()
		}
	})
	return c
}

// running serves a console over a real socket until the test ends.
func running(t *testing.T, c *Console) (url string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return "http://" + c.Addr().String()
}

func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host, r.RemoteAddr = "127.0.0.1:8514", "127.0.0.1:40000"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func do(c *Console, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

func get(c *Console, target string) *httptest.ResponseRecorder {
	return do(c, request(http.MethodGet, target, ""))
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if got := w.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Fatalf("Content-Type = %q, want JSON; body %.200q", got, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("answer is no JSON: %v: %.200q", err, w.Body)
	}
	return v
}

type errorAnswer struct {
	Error struct {
		Message, Hint string
		At, Length    *int
	}
}
