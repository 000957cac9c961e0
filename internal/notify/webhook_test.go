package notify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

const (
	testSecret = "signing secret_marker"
	testHeader = "Bearer tk_secret_marker"
)

func newTestWebhook(t *testing.T, url string, change func(o *WebhookOptions)) *Webhook {
	t.Helper()
	o := WebhookOptions{Name: "noc-chat", URL: url + secretPath, Secret: testSecret, Headers: []string{"Authorization: " + testHeader}, timeout: 5 * time.Second}
	if change != nil {
		change(&o)
	}
	w, err := NewWebhook(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWebhookIsANotifier(t *testing.T) {
	for _, format := range WebhookFormats() {
		t.Run(format, func(t *testing.T) {
			testNotifier(t, func(t *testing.T, answer string) world {
				arrived, release := make(chan struct{}, 9), make(chan struct{})
				h := newHook(t, format, func(w http.ResponseWriter, r *http.Request) bool {
					switch answer {
					case "down":
						http.Error(w, "Bad Gateway for "+r.URL.Path, http.StatusBadGateway)
					case "forbidden":
						http.Error(w, "invalid_token "+r.Header.Get("Authorization"), http.StatusForbidden)
					case "refused":
						http.Error(w, "invalid_payload", 400)
					case "busy":
						w.Header().Set("Retry-After", "7")
						http.Error(w, "rate_limited", http.StatusTooManyRequests)
					case "hang":
						arrived <- struct{}{}
						<-release
					default:
						return false
					}
					return true
				})
				t.Cleanup(func() { close(release) }) // before that of the server, which waits for it
				if answer == "gone" {
					h.Close()
				}
				var log bytes.Buffer
				w := newTestWebhook(t, h.URL, func(o *WebhookOptions) {
					o.Format, o.Log = format, slog.New(slog.NewTextHandler(&log, nil))
					if answer == "hang" {
						o.timeout = 100 * time.Millisecond
					}
				})
				return world{notifier: w, told: h.told, arrived: arrived, secrets: []string{"secret_marker"}, log: &log}
			})
		})
	}
}

func TestWebhookAnswers(t *testing.T) {
	status := func(code int, header ...string) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			io.WriteString(w, "<html>"+r.URL.Path+"</html>")
			return true
		}
	}
	tests := []struct {
		name    string
		answer  func(w http.ResponseWriter, r *http.Request) bool
		retry   bool
		after   time.Duration
		refused bool
		want    string // in the error; "" = delivered
	}{
		{"taken", status(202), false, 0, false, ""},
		{"no content", status(204), false, 0, false, ""},
		{"unauthorized", status(401), false, 0, false, "does not let us in (401)"},
		{"not found", status(404), false, 0, false, "no such webhook"},
		{"gone", status(410), false, 0, false, "no longer"},
		{"not allowed", status(405), false, 0, false, "answers 405"},
		{"too large", status(413), false, 0, true, "413"},
		{"unprocessable", status(422), false, 0, true, "422"},
		{"request timeout", status(408), true, 0, false, "408"},
		{"too many without a time", status(429), true, 0, false, "429"},
		{"too many, a fraction", status(429, "Retry-After", "0.5"), true, 500 * time.Millisecond, false, "429"},
		{"too many, garbage", status(429, "Retry-After", "soon"), true, 0, false, "429"},
		{"unavailable, asks to wait", status(503, "Retry-After", "120"), true, 2 * time.Minute, false, "503"},
		{"internal error", status(500), true, 0, false, "500"},
		{"redirect to another host", status(307, "Location", "http://elsewhere.invalid/secret_marker"), false, 0, false, "redirect to another place"},
		{"redirect that makes it a GET", status(302, "Location", "/other"), false, 0, false, "redirect to another place"},
		{"redirect in a circle", status(308, "Location", secretPath), false, 0, false, "redirect to another place"},
		{"redirect without a place", status(300), false, 0, false, "answers 300"},
		{"proxy wants a login", status(407), false, 0, false, "407"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) bool {
			if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
				c.Close()
			}
			return true
		}, true, 0, false, "ended the connection"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) bool {
			for range 100 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					break
				}
			}
			return true
		}, false, 0, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newTestWebhook(t, newHook(t, "json", tt.answer).URL, nil)
			retry, after, err := w.Send(t.Context(), []alert.Note{note(1)})
			if retry != tt.retry || after != tt.after || errors.Is(err, ErrRefused) != tt.refused {
				t.Errorf("Send() = %v, %v, %v; want %v, %v, held against the note: %v", retry, after, err, tt.retry, tt.after, tt.refused)
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q in it", err, tt.want)
			}
			world{secrets: []string{"secret_marker"}}.noSecret(t, err)
		})
	}
}

func TestRetryAfterAsADate(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"Sun, 22 Nov 2026 12:00:30 GMT": 30 * time.Second, "Sun, 22 Nov 2026 11:00:00 GMT": 0, "": 0, "-5": 0, "NaN": 0, "1e99": 1 << 24 * time.Second,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("retryAfter(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestWebhookFollowsARedirectOnItsOwnHost(t *testing.T) {
	h := newHook(t, "json", func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/new" {
			w.Header().Set("Location", "/new")
			w.WriteHeader(http.StatusPermanentRedirect)
			return true
		}
		return false
	})
	w := newTestWebhook(t, h.URL, nil)
	if _, _, err := w.Send(t.Context(), []alert.Note{note(1)}); err != nil || len(h.told()) != 1 {
		t.Errorf("Send() = %v, told %q", err, h.told())
	}
}

func TestWebhookIsSigned(t *testing.T) {
	h := newHook(t, "json", nil)
	w := newTestWebhook(t, h.URL, nil)
	before := time.Now().Unix()
	if _, _, err := w.Send(t.Context(), []alert.Note{note(1)}); err != nil {
		t.Fatal(err)
	}
	r := h.requests[0]
	at := r.Header.Get("X-Logboom-Timestamp")
	mac := hmac.New(sha256.New, []byte(testSecret))
	io.WriteString(mac, at+"."+h.bodies[0])
	if got, want := r.Header.Get("X-Logboom-Signature"), "sha256="+hex.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("signature %q, want %q", got, want)
	}
	if at < fmt.Sprint(before) || at > fmt.Sprint(time.Now().Unix()) {
		t.Errorf("timestamp %q", at)
	}
	if r.Header.Get("Authorization") != testHeader || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", r.Header)
	}
	unsigned := newTestWebhook(t, h.URL, func(o *WebhookOptions) { o.Secret = "" })
	if err := unsigned.Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.requests[1].Header.Get("X-Logboom-Signature"); got != "" {
		t.Errorf("signature without a secret: %q", got)
	}
}

func TestWebhookJSON(t *testing.T) {
	h := newHook(t, "json", nil)
	w := newTestWebhook(t, h.URL, func(o *WebhookOptions) { o.Server = "logs-1" })
	n := note(7)
	if _, _, err := w.Send(t.Context(), []alert.Note{n}); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(h.bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "sent_at")
	delete(got, "text") // says how late it is
	want := map[string]any{
		"version": 1.0, "kind": "alert", "title": "PON deregister: OLT North (192.0.2.1), Dhaka", "server": "logs-1", "count": 1.0,
		"notices": []any{map[string]any{
			"id": 7.0, "kind": "alert", "title": "PON deregister: OLT North (192.0.2.1), Dhaka",
			"lines": []any{"2026-11-22 13:03:19 +00:00, err", "ONU 1/27 deregister, Reason:Manual", "and 16 more before it"},
			"rule":  "PON deregister", "device": "192.0.2.1", "device_name": "OLT North", "site": "Dhaka", "severity": 3.0, "severity_name": "error",
			"text": "ONU 1/27 deregister, Reason:Manual", "at": "2026-11-22T13:03:19Z", "count": 17.0, "more": 16.0,
		}},
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("got\n%s\nwant\n%s", a, b)
	}
}

func TestWebhookThroughAProxy(t *testing.T) {
	h := newHook(t, "json", func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpwYXNzIHdvcmQ=" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return true
		}
		r.Header.Del("Proxy-Authorization")
		return false
	})
	proxy := strings.Replace(h.URL, "http://", "http://user:pass%20word@", 1)
	w := newTestWebhook(t, "http://192.0.2.1", func(o *WebhookOptions) { o.Proxy = proxy })
	if err := w.Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := newTestWebhook(t, "http://192.0.2.1", func(o *WebhookOptions) { o.Proxy = h.URL })
	if err := other.Test(t.Context()); err == nil || !strings.Contains(err.Error(), `the proxy of webhook "noc-chat"`) {
		t.Errorf("without a login: %v", err)
	}
}

func TestNewWebhookRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(o *WebhookOptions)
		want   string
	}{
		{"no name", func(o *WebhookOptions) { o.Name = "" }, "name"},
		{"name in capitals", func(o *WebhookOptions) { o.Name = "NOC" }, "small letters"},
		{"no URL", func(o *WebhookOptions) { o.URL = "secret_marker" }, "https://host/path"},
		{"URL that cannot be read", func(o *WebhookOptions) { o.URL = "https://h:port/secret_marker" }, "https://host/path"},
		{"unknown format", func(o *WebhookOptions) { o.Format = "xml" }, "json, mattermost"},
		{"ntfy without a topic", func(o *WebhookOptions) { o.Format, o.URL = "ntfy", "https://ntfy.sh/" }, "topic"},
		{"header without a name", func(o *WebhookOptions) { o.Headers = []string{"secret_marker"} }, "Name: value"},
		{"header with a line break", func(o *WebhookOptions) { o.Headers = []string{"X-A: secret_marker\r\nX-B: 1"} }, "Name: value"},
		{"proxy of another kind", func(o *WebhookOptions) { o.Proxy = "ftp://secret_marker@h" }, "socks5://"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := WebhookOptions{Name: "noc", URL: "https://h/secret_marker"}
			tt.change(&o)
			_, err := NewWebhook(o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewWebhook() = %v, want %q", err, tt.want)
			}
			world{secrets: []string{"secret_marker"}}.noSecret(t, err)
		})
	}
}

// Whatever a device says, every chat takes the message as text.
func FuzzWebhookText(f *testing.F) {
	f.Add("PON deregister", "OLT", "Dhaka", "ONU 1/27 <b>&amp;\x00\u202e ``` @all", uint8(3))
	f.Add(strings.Repeat("`", 300), strings.Repeat("😀", 300), "&\xff\n```\n", strings.Repeat("&<>`\\", 2000), uint8(200))
	hooks := make(map[string]*Webhook)
	for _, format := range WebhookFormats() {
		w, err := NewWebhook(WebhookOptions{Name: "x", URL: "https://h" + secretPath, Format: format})
		if err != nil {
			f.Fatal(err)
		}
		hooks[format] = w
	}
	f.Fuzz(func(t *testing.T, rule, device, site, text string, severity uint8) {
		n := note(1)
		n.Notice.Rule, n.Notice.DeviceName, n.Notice.Site, n.Notice.Text, n.Notice.Severity = rule, device, site, text, severity
		now := time.UnixMicro(n.Notice.At)
		for format, w := range hooks {
			for _, notes := range [][]alert.Note{{n}, {n, note(2), n}} {
				_, value := w.format.request(w, content{saying: sayingOf(notes, now, time.UTC), notes: notes, at: now})
				body, err := encode(value)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := readHook(format, body); err != nil {
					t.Fatalf("%s: %v in %.300s", format, err, body)
				}
			}
		}
	})
}
