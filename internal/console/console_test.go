package console

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestS02EveryRouteAnswers(t *testing.T) {
	o := options()
	o.Alerts = func(context.Context, int) ([]Alert, error) { return nil, nil }
	o.Incidents = oneIncident{}
	o.TestTelegram = func(context.Context) error { return nil }
	o.CheckConfig = func(string) []Problem { return nil }
	o.Mute = func(context.Context, time.Duration) (time.Time, error) { return noon, nil }
	o.Rehearse = func(context.Context, Rehearsal) (*alert.Rehearsed, error) { return &alert.Rehearsed{}, nil }
	o.Reload = func(context.Context) (Reloaded, error) { return Reloaded{}, nil }
	o.Targets = func() []Target { return nil }
	o.Tail = func() Tail { p := make(pipe); close(p); return p }
	o.pages = builtPages(t)
	c := made(t, o)
	bodies := map[string]string{"/api/v1/alerts/rehearse": `{"since":"7d"}`}
	want := map[string]string{
		"GET /": "text/html; charset=utf-8", "GET /page.css": "text/css; charset=utf-8", "GET /page.js": "text/javascript; charset=utf-8",
		"GET /simple": "text/html; charset=utf-8", "GET /messages": "text/html; charset=utf-8", "GET /devices": "text/html; charset=utf-8", "GET /incidents": "text/html; charset=utf-8",
		"GET /incidents/{id}": "text/html; charset=utf-8", "GET /devices/{address}": "text/html; charset=utf-8", "GET /login": "text/html; charset=utf-8", "GET /audit": "text/html; charset=utf-8", "GET /rules": "text/html; charset=utf-8", "GET /health": "text/html; charset=utf-8",
		"GET /settings": "text/html; charset=utf-8", "GET /log": "text/html; charset=utf-8", "GET /telegram": "text/html; charset=utf-8", "GET /welcome": "text/html; charset=utf-8",
		"GET /theme.js": "text/javascript; charset=utf-8", "GET /assets/index-abc123.js": "text/javascript; charset=utf-8", "GET /assets/index-abc123.css": "text/css; charset=utf-8",
		"GET /logo.svg": "image/svg+xml", "GET /favicon.ico": "image/svg+xml", "GET /healthz": "text/plain; charset=utf-8", "GET /metrics": "text/plain",
		"GET /api/v1/status": "application/json", "GET /api/v1/messages": "application/json", "GET /api/v1/histogram": "application/json", "GET /api/v1/openapi.json": "application/json", "GET /api/v1/tail": "text/event-stream",
		"GET /api/v1/devices": "application/json", "GET /api/v1/export": "text/csv", "GET /api/v1/alerts": "application/json",
		"GET /api/v1/complete": "application/json", "GET /api/v1/incidents": "application/json", "GET /api/v1/incidents/top": "application/json", "GET /api/v1/incidents/{id}": "application/json", "GET /api/v1/incidents/{id}/timeline": "application/json", "POST /api/v1/incidents/{id}/ack": "application/json",
		"POST /api/v1/incidents/{id}/mute": "application/json", "POST /api/v1/incidents/{id}/note": "application/json",
		"POST /api/v1/telegram/test": "application/json", "POST /api/v1/config/check": "application/json",
		"GET /api/v1/session": "application/json", "POST /api/v1/logout": "application/json",
		"POST /api/v1/alerts/mute": "application/json", "POST /api/v1/alerts/rehearse": "application/json",
		"GET /api/v1/devices/setup": "application/json",
		"POST /api/v1/reload":       "application/json",
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
				w := do(c, request(method, pathOf(path), cmp.Or(bodies[path], `{"text":"","minutes":1,"ack":true,"note":""}`)))
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
	for _, path := range []string{"/api/v1/incidents", "/api/v1/telegram/test", "/api/v1/config/check", "/api/v1/alerts/mute", "/api/v1/alerts/rehearse", "/api/v1/reload"} {
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
	body := get(made(t, o), "/simple").Body.String()
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

func TestTheRateOfTheLastMinutesIsForThoseWhoAsk(t *testing.T) {
	o := options()
	o.Status = func(context.Context) Status { return Status{Past: []Past{{At: 1_700_000_000_000_000, Received: 12.5}}} }
	c := made(t, o)
	for path, want := range map[string]bool{"/api/v1/status": false, "/api/v1/status?past=1": true} {
		if got := strings.Contains(get(c, path).Body.String(), `"past":[{"at":1700000000000000,"received":12.5}]`); got != want {
			t.Errorf("%s has it: %v", path, got)
		}
	}
}
