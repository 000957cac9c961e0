package console

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/syslog"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

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
	r.Host = "127.0.0.1:8514"
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

func TestS02EveryRouteAnswers(t *testing.T) {
	o := options()
	o.Alerts = func(context.Context, int) ([]Alert, error) { return nil, nil }
	o.Incidents = oneIncident{}
	o.TestTelegram = func(context.Context) error { return nil }
	o.CheckConfig = func(string) []Problem { return nil }
	o.Mute = func(context.Context, time.Duration) (time.Time, error) { return noon, nil }
	o.Rehearse = func(context.Context, Rehearsal) (*alert.Rehearsed, error) { return &alert.Rehearsed{}, nil }
	o.Tail = func() Tail { p := make(pipe); close(p); return p }
	c := made(t, o)
	bodies := map[string]string{"/api/v1/alerts/rehearse": `{"since":"7d"}`}
	want := map[string]string{
		"GET /": "text/html; charset=utf-8", "GET /page.css": "text/css; charset=utf-8", "GET /page.js": "text/javascript; charset=utf-8",
		"GET /logo.svg": "image/svg+xml", "GET /favicon.ico": "image/svg+xml", "GET /healthz": "text/plain; charset=utf-8", "GET /metrics": "text/plain",
		"GET /api/v1/status": "application/json", "GET /api/v1/messages": "application/json", "GET /api/v1/tail": "text/event-stream",
		"GET /api/v1/devices": "application/json", "GET /api/v1/export": "text/csv", "GET /api/v1/alerts": "application/json",
		"GET /api/v1/incidents": "application/json", "GET /api/v1/incidents/{id}": "application/json", "POST /api/v1/incidents/{id}/ack": "application/json",
		"POST /api/v1/incidents/{id}/mute": "application/json", "POST /api/v1/incidents/{id}/note": "application/json",
		"POST /api/v1/telegram/test": "application/json", "POST /api/v1/config/check": "application/json",
		"POST /api/v1/alerts/mute": "application/json", "POST /api/v1/alerts/rehearse": "application/json",
	}
	for path, methods := range c.routes {
		for method := range methods {
			kind, known := want[method+" "+path]
			if !known {
				t.Errorf("%s %s is not in the table of this test", method, path)
				continue
			}
			delete(want, method+" "+path)
			t.Run(method+" "+path, func(t *testing.T) {
				w := do(c, request(method, strings.ReplaceAll(path, "{id}", "7"), cmp.Or(bodies[path], `{"text":"","minutes":1,"ack":true,"note":""}`)))
				if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) {
					t.Errorf("status %d, Content-Type %q, want 200 and %q; body %.200q", w.Code, w.Header().Get("Content-Type"), kind, w.Body)
				}
				for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"} {
					if w.Header().Get(h) == "" {
						t.Errorf("no header %s", h)
					}
				}
				if strings.HasPrefix(path, "/api/") && w.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("Cache-Control = %q, want no-store", w.Header().Get("Cache-Control"))
				}
			})
		}
	}
	for route := range want {
		t.Errorf("no route %s", route)
	}
}

func TestRoutesWithoutAProviderAreAbsent(t *testing.T) {
	c := made(t, options())
	for _, path := range []string{"/api/v1/incidents", "/api/v1/telegram/test", "/api/v1/config/check", "/api/v1/alerts/mute", "/api/v1/alerts/rehearse"} {
		if w := get(c, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, w.Code)
		}
	}
}

func TestS03UnknownPathsAndMethodsAreRefusedInJSON(t *testing.T) {
	c := made(t, options())
	tests := []struct {
		method, target string
		status         int
	}{
		{"GET", "/nothing", 404}, {"GET", "/api/v1/", 404}, {"GET", "/api/v1/status/", 404}, {"GET", "//api/v1/status", 404}, {"GET", "/API/v1/status", 404},
		{"GET", "/api/v1/%2e%2e/v1/status", 404}, {"GET", "/api%2Fv1/status", 404}, {"GET", "/api/v1/status;x", 404}, {"GET", "/api/v1/status.", 404},
		{"GET", "/page/index.html", 404}, {"GET", "/index.html", 404}, {"GET", "/api/v1/../../etc/passwd", 404},
		{"POST", "/api/v1/status", 405}, {"DELETE", "/api/v1/messages", 405}, {"OPTIONS", "/api/v1/tail", 405}, {"PUT", "/", 405}, {"TRACE", "/healthz", 405},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			w := do(c, request(tt.method, tt.target, ""))
			if e := decode[errorAnswer](t, w); w.Code != tt.status || e.Error.Message == "" {
				t.Errorf("status %d, error %+v, want %d with words", w.Code, e, tt.status)
			}
			if tt.status == 405 && w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("Allow = %q", w.Header().Get("Allow"))
			}
		})
	}
}

func TestHealthSaysInWordsWhatIsWrong(t *testing.T) {
	tests := []struct {
		name   string
		health Health
		code   int
		body   string
	}{
		{"ok", Health{}, 200, "ok\n"},
		{"degraded still takes messages", Health{StateDegraded, []Trouble{{StateDegraded, "telegram", "401", "check the token"}}}, 200, "degraded\ndegraded: telegram: 401; check the token\n"},
		{"failing", Health{StateFailing, []Trouble{{StateFailing, "disk", "full\nnow", ""}}}, 503, "failing\nfailing: disk: full now\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := options()
			o.Status = func(context.Context) Status { return Status{Health: tt.health} }
			if w := get(made(t, o), "/healthz"); w.Code != tt.code || w.Body.String() != tt.body {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, tt.code, tt.body)
			}
		})
	}
}

func TestStatusHasListsAndFillsInWhatItKnows(t *testing.T) {
	w := get(made(t, options()), "/api/v1/status")
	s := decode[Status](t, w)
	if s.Version != "1.2.3" || s.Now != noon.UnixMicro() || s.Zone.Name != "UTC" || s.Health.State != "ok" || s.Ledger.Stored != 1234560 {
		t.Errorf("status = %+v", s)
	}
	if strings.Contains(w.Body.String(), `"problems":null`) {
		t.Errorf("null instead of an empty list: %s", w.Body)
	}
}

func TestDevicesAreInOrderOfTheirAddresses(t *testing.T) {
	d := decode[struct{ Devices []Device }](t, get(made(t, options()), "/api/v1/devices")).Devices
	if len(d) != 3 || d[0].Address != "10.0.0.2" || d[1].Address != "10.0.0.12" || d[2].Address != "2001:db8::1" {
		t.Errorf("devices = %+v", d)
	}
	o := options()
	o.Devices = func(context.Context) ([]Device, error) { return nil, errors.New("disk is gone") }
	if w := get(made(t, o), "/api/v1/devices"); w.Code != 500 || !strings.Contains(w.Body.String(), "disk is gone") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestMetricsAreThoseOfTheGatherer(t *testing.T) {
	if w := get(made(t, options()), "/metrics"); !strings.Contains(w.Body.String(), "logboom_devices 2\n") {
		t.Errorf("metrics: %s", w.Body)
	}
}

func TestPageSaysWhereATestMessageGoes(t *testing.T) {
	for _, tt := range []struct {
		listeners []Listener
		want      string
	}{
		{nil, "logboom send hello"},
		{[]Listener{{Protocol: "udp", Address: ":514"}, {Protocol: "tcp", Address: ":601", Open: true}, {Protocol: "udp", Address: ":5514", Open: true}}, "logboom send --to 127.0.0.1:5514 hello"},
		{[]Listener{{Protocol: "udp", Address: "0.0.0.0:514", Open: true}}, "logboom send --to 127.0.0.1:514 hello"},
		{[]Listener{{Protocol: "udp", Address: "[2001:db8::1]:514", Open: true}}, "logboom send --to [2001:db8::1]:514 hello"},
	} {
		if got := sendCommand(tt.listeners); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestPageShowsTheNumbersWithoutAScript(t *testing.T) {
	o := options()
	o.Status = func(context.Context) Status {
		return Status{Ledger: Ledger{Stored: 1234560, Dropped: 7, DroppedBy: map[string]int64{"kernel": 7}}, Listeners: []Listener{{Name: "udp :514", Error: `<script>alert("x")</script>`}}}
	}
	body := get(made(t, o), "/").Body.String()
	for _, want := range []string{"1,234,560", "kernel 7", "udp :514", "1.2.3", "/api/v1/messages", "&lt;script&gt;alert"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script>", " style=", " onclick=", "javascript:", "http://", "https://"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page has %q, against its own Content-Security-Policy", bad)
		}
	}
}

func TestAssetsAreSentOnce(t *testing.T) {
	c := made(t, options())
	r := request("GET", "/page.js", "")
	r.Header.Set("If-None-Match", get(c, "/page.js").Header().Get("ETag"))
	if w := do(c, r); w.Code != http.StatusNotModified {
		t.Errorf("status %d, want 304", w.Code)
	}
}

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 84201113: "84,201,113", -1234: "-1,234", -123: "-123"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
	for s, want := range map[int64]string{5: "5 s", 125: "2 min", 12000: "3 h 20 min", 864000: "10 days", -5: "0 s"} {
		if got := since(s*1e6, 0); got != want {
			t.Errorf("since(%d s) = %q, want %q", s, got, want)
		}
	}
}

func TestS16NewRefusesWhatOthersCanReach(t *testing.T) {
	for _, listen := range []string{":8514", "0.0.0.0:8514", "[::]:8514", "192.0.2.1:8514", "logs.example:80"} {
		o := options()
		o.Listen = listen
		if _, err := New(o); !errors.Is(err, ErrRemote) || !strings.Contains(err.Error(), listen) {
			t.Errorf("New(%q) = %v, want ErrRemote with the address", listen, err)
		}
	}
	o := options()
	o.Listen = "8514"
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "host:port") {
		t.Errorf("New without host = %v", err)
	}
	if _, err := New(Options{Listen: "127.0.0.1:0"}); err == nil {
		t.Error("New without an archive is no error")
	}
}

func TestTakenPortIsTriedAgain(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := options()
	o.Listen = other.Addr().String()
	asked := 0
	o.Holder = func(proto, address string) string { asked++; return `"nc" (pid 12)` }
	c := made(t, o)
	if c.Err() == nil || c.Addr().IsValid() || !strings.Contains(c.Err().Error(), `opening tcp `+o.Listen+`: the port is held by "nc" (pid 12); `) {
		t.Fatalf("Err = %v, Addr = %v for a port that is taken", c.Err(), c.Addr())
	}
	if c.open(); c.Err() == nil || !strings.Contains(c.Err().Error(), `"nc"`) || asked != 1 {
		t.Errorf("tried again: %v; asked %d times who holds the port, want once", c.Err(), asked)
	}
	c.limits.retry = time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	other.Close()
	eventually(t, "the console opens its port", func() bool { return c.Addr().IsValid() })
	if r, err := http.Get("http://" + o.Listen + "/healthz"); err != nil || r.StatusCode != 200 {
		t.Errorf("GET /healthz = %v, %v", r, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestRunEndsWhileThePortIsTaken(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	o := options()
	o.Listen = other.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := made(t, o).Run(ctx); err != nil {
		t.Errorf("Run = %v", err)
	}
}

// eventually waits for something that only the outside world can bring about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in 10 s: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
