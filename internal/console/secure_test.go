package console

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestS07OnlyNamesOfThisMachineAreAnswered(t *testing.T) {
	tests := []struct {
		host string
		ok   bool
	}{
		{"127.0.0.1:8514", true}, {"127.0.0.1", true}, {"127.8.8.8:1", true}, {"localhost:8514", true}, {"LOCALHOST", true},
		{"[::1]:8514", true}, {"[::1]", true}, {"[::ffff:127.0.0.1]:8514", true},
		{"evil.example", false}, {"evil.example:8514", false}, {"localhost.evil.example", false}, {"127.0.0.1.evil.example:8514", false},
		{"192.168.1.10:8514", false}, {"0.0.0.0", false}, {"[::]", false}, {"2130706433", false}, {"0x7f.1", false},
		{"", false}, {":8514", false}, {"localhost:", false}, {"localhost:evil", false}, {"[::1%25lo]:80", false}, {"localhost@evil.example", false},
	}
	c := made(t, options())
	for _, tt := range tests {
		t.Run(tt.host, func(t *testing.T) {
			for _, path := range []string{"/", "/healthz", "/metrics", "/api/v1/status", "/page.js"} {
				r := request("GET", path, "")
				r.Host = tt.host
				if w := do(c, r); (w.Code == http.StatusOK) != tt.ok || !tt.ok && w.Code != http.StatusForbidden {
					t.Errorf("GET %s: status %d", path, w.Code)
				}
			}
		})
	}
}

func TestRequestsThatAnotherSiteCausedAreRefused(t *testing.T) {
	o := options()
	sent := 0
	o.TestTelegram = func(context.Context) error { sent++; return nil }
	c := made(t, o)
	tests := []struct {
		name    string
		headers map[string]string
		ok      bool
	}{
		{"program on this machine", nil, true},
		{"our own page", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8514"}, true},
		{"cross-site", map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		{"same-site, other port", map[string]string{"Sec-Fetch-Site": "same-site"}, false},
		{"old browser, other origin", map[string]string{"Origin": "https://evil.example"}, false},
		{"sandboxed frame", map[string]string{"Origin": "null"}, false},
		{"simple form", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, false},
		{"text that looks like JSON", map[string]string{"Content-Type": "text/plain"}, false},
		{"no type", map[string]string{"Content-Type": ""}, false},
		{"JSON with charset", map[string]string{"Content-Type": "application/json; charset=utf-8"}, true},
		{"method override", map[string]string{"X-HTTP-Method-Override": "GET", "Sec-Fetch-Site": "cross-site"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := sent
			c.tests = testPace{}
			r := request("POST", "/api/v1/telegram/test", "{}")
			for k, v := range tt.headers {
				r.Header.Set(k, v)
			}
			w := do(c, r)
			if ok := w.Code == http.StatusOK; ok != tt.ok || !ok && w.Code != http.StatusForbidden || (sent > before) != tt.ok {
				t.Errorf("status %d, sent %v, want ok = %v", w.Code, sent > before, tt.ok)
			}
		})
	}
	if c.Stats().RefusedRequests == 0 {
		t.Error("refused requests are not counted")
	}
}

func TestAnotherSiteCannotUseUpTailsAndSearches(t *testing.T) {
	c := made(t, options())
	for _, tt := range []struct {
		path, site string
		status     int
	}{
		{"/api/v1/tail", "cross-site", http.StatusForbidden},
		{"/api/v1/messages", "cross-site", http.StatusForbidden},
		{"/api/v1/export", "cross-site", http.StatusForbidden},
		{"/api/v1/devices", "same-site", http.StatusForbidden}, // another port of this machine
		{"/api/v1/messages", "same-origin", http.StatusOK},
		{"/api/v1/messages", "none", http.StatusOK}, // typed by hand
		{"/api/v1/messages", "", http.StatusOK},     // a program
		{"/", "cross-site", http.StatusOK},          // a link to the console
	} {
		r := request("GET", tt.path, "")
		if tt.site != "" {
			r.Header.Set("Sec-Fetch-Site", tt.site)
		}
		before := c.Stats().RefusedRequests
		w := do(c, r)
		if w.Code != tt.status || (c.Stats().RefusedRequests > before) != (tt.status == http.StatusForbidden) {
			t.Errorf("%s from %q: status %d, want %d", tt.path, tt.site, w.Code, tt.status)
		}
	}
}

func TestS13BodiesAreBounded(t *testing.T) {
	o := options()
	o.TestTelegram = func(context.Context) error { return nil }
	o.CheckConfig = func(string) []Problem { return nil }
	c := made(t, o)
	for path, most := range map[string]int{"/api/v1/telegram/test": 64 << 10, "/api/v1/config/check": 256 << 10} {
		if w := do(c, request("POST", path, strings.Repeat(" ", most+1))); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: status %d for one byte too many, want 413", path, w.Code)
		}
		r := request("POST", path, `{"text": "`+strings.Repeat("x", most)+`"}`)
		r.ContentLength = -1 // chunked: nobody knows before reading
		if w := do(c, r); path == "/api/v1/config/check" && w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: status %d for a chunked body that is too long, want 413", path, w.Code)
		}
	}
}

// TestNothingIsReadBeforeThereIsASlot holds that queries and configurations are
// looked at by no more requests at a time than may run.
func TestNothingIsReadBeforeThereIsASlot(t *testing.T) {
	o := options()
	o.CheckConfig = func(string) []Problem { t.Error("a configuration was checked beyond the limit"); return nil }
	c := made(t, o)
	c.limits.searchWait = 0
	for _, slots := range []chan struct{}{c.searches, c.exports, c.streams, c.checks} {
		for range cap(slots) {
			slots <- struct{}{}
		}
	}
	if cap(c.checks) != 1 {
		t.Errorf("%d configurations are checked at a time", cap(c.checks))
	}
	for _, r := range []*http.Request{
		request("GET", "/api/v1/messages?query=/(/", ""), request("GET", "/api/v1/messages?id=20261122:1", ""), request("GET", "/api/v1/export?query=/(/", ""),
		request("GET", "/api/v1/tail?query=/(/", ""), request("POST", "/api/v1/config/check", `{"text": ""}`),
	} {
		if w := do(c, r); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: status %d, want 429: %s", r.URL, w.Code, w.Body)
		}
	}
}

func TestFaultInOneAnswerStaysThere(t *testing.T) {
	o := options()
	o.Status = func(context.Context) Status { panic("a fault of ours") }
	c := made(t, o)
	w := get(c, "/api/v1/status")
	if e := decode[errorAnswer](t, w); w.Code != 500 || strings.Contains(w.Body.String(), "goroutine") || strings.Contains(e.Error.Message, "a fault of ours") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := get(c, "/api/v1/devices"); w.Code != 200 || c.Stats().Panics != 1 {
		t.Errorf("after it: status %d, %d panics counted", w.Code, c.Stats().Panics)
	}
}

// dial opens a connection to a running console and sends text.
func dial(t *testing.T, c *Console, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", c.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestServerLimits(t *testing.T) {
	c := made(t, options())
	c.limits.headerTime = 50 * time.Millisecond
	running(t, c)

	t.Run("a header that does not end is cut", func(t *testing.T) {
		conn := dial(t, c, "GET / HTTP/1.1\r\nHost: localhost\r\n")
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("reading until the server closes: %v", err)
		}
	})
	t.Run("a header of 40 kB is refused", func(t *testing.T) {
		conn := dial(t, c, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 40<<10)+"\r\n\r\n")
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("answer = %v, %v, want 431", r, err)
		}
	})
	t.Run("HTTP/2 without TLS is not spoken", func(t *testing.T) {
		conn := dial(t, c, "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || r.StatusCode != http.StatusOK || r.ProtoMajor != 1 {
			t.Errorf("answer = %v, %v, want an ordinary one", r, err)
		}
	})
}
