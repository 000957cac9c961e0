package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

func TestTelegramAnswers(t *testing.T) {
	say := func(code int, description, parameters string) func(http.ResponseWriter, int, request) bool {
		return func(w http.ResponseWriter, _ int, _ request) bool {
			refuse(w, code, description, parameters)
			return true
		}
	}
	tests := []struct {
		name    string
		answer  func(w http.ResponseWriter, n int, r request) bool
		retry   bool
		after   time.Duration
		refused bool
		want    string // in the error; "" = delivered
	}{
		{"unauthorized", say(401, "Unauthorized", ""), false, 0, false, "telegram.token"},
		{"not found", say(404, "Not Found", ""), false, 0, false, "no such bot"},
		{"chat not found", say(400, "Bad Request: chat not found", ""), false, 0, false, "there is no chat -1001234567890"},
		{"kicked", say(403, "Forbidden: bot was kicked from the group chat", ""), false, 0, false, "may not write"},
		{"blocked", say(403, "Forbidden: bot was blocked by the user", ""), false, 0, false, "blocked by the user"},
		{"no rights", say(400, "Bad Request: not enough rights to send text messages to the chat", ""), false, 0, false, "administrator"},
		{"no topic", say(400, "Bad Request: message thread not found", ""), false, 0, false, "thread_id"},
		{"refused for another reason", say(400, "Bad Request: something new", ""), false, 0, true, "something new"},
		{"conflict", say(409, "Conflict: terminated by other getUpdates request", ""), true, 0, false, "another program"},
		{"too many", say(429, "Too Many Requests: retry after 7", `{"retry_after":7}`), true, 7 * time.Second, false, "429"},
		{"too many without a time", say(429, "Too Many Requests", ""), true, 0, false, "429"},
		{"internal error", say(500, "Internal Server Error", ""), true, 0, false, "500"},
		{"bad gateway in HTML", func(w http.ResponseWriter, _ int, _ request) bool {
			w.WriteHeader(502)
			io.WriteString(w, "<html>bad gateway</html>")
			return true
		}, true, 0, false, "502"},
		{"too many in HTML", func(w http.ResponseWriter, _ int, _ request) bool {
			w.Header().Set("Retry-After", "9")
			w.WriteHeader(429)
			io.WriteString(w, "slow down")
			return true
		}, true, 9 * time.Second, false, "429"},
		{"garbage", func(w http.ResponseWriter, _ int, _ request) bool {
			io.WriteString(w, "Please log in to the hotel network")
			return true
		}, true, 0, false, "interferes"},
		{"nothing", func(http.ResponseWriter, int, request) bool { return true }, true, 0, false, "interferes"},
		{"not ok without a reason", func(w http.ResponseWriter, _ int, _ request) bool {
			io.WriteString(w, `{"ok":false}`)
			return true
		}, true, 0, false, "interferes"},
		{"endless", func(w http.ResponseWriter, _ int, _ request) bool {
			for range 40 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					break
				}
			}
			return true
		}, true, 0, false, "megabyte"},
		{"redirect to another host", func(w http.ResponseWriter, _ int, _ request) bool {
			w.Header().Set("Location", "http://elsewhere.invalid/"+testToken)
			w.WriteHeader(302)
			return true
		}, true, 0, false, "redirect"},
		{"redirect that asks for the body again", func(w http.ResponseWriter, _ int, _ request) bool {
			w.Header().Set("Location", "http://elsewhere.invalid/")
			w.WriteHeader(307)
			return true
		}, true, 0, false, "redirect"},
		{"cut off", func(w http.ResponseWriter, _ int, _ request) bool {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":")
				c.Close()
			}
			return true
		}, true, 0, false, "ended the connection"},
		{"taken, but with things the library does not know", func(w http.ResponseWriter, _ int, _ request) bool {
			io.WriteString(w, `{"ok":true,"result":{"message_id":"seven","forward_origin":{"type":"of the future"}}}`)
			return true
		}, false, 0, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newTestTelegram(t, TelegramOptions{APIURL: newBotAPI(t, tt.answer).URL})
			retry, after, err := n.Send(t.Context(), []alert.Note{note(1)})
			if retry != tt.retry || after != tt.after {
				t.Errorf("Send() = %v, %v, want %v, %v", retry, after, tt.retry, tt.after)
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q in it", err, tt.want)
			}
			if errors.Is(err, ErrRefused) != tt.refused {
				t.Errorf("held against the note: %v, want %v", !tt.refused, tt.refused)
			}
			noSecret(t, err)
		})
	}
}

// noSecret fails the test if the token can be got from err.
func noSecret(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, s := range []string{fmt.Sprint(e), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e)} {
			if strings.Contains(s, "secret_marker") || strings.Contains(s, "pass word") || strings.Contains(s, "pass%20word") {
				t.Errorf("the error holds a secret: %s", s)
			}
		}
	}
}

func TestTelegramUnreachable(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	plainText := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plainText.Close)
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	t.Cleanup(secure.Close)

	tests := []struct{ name, api, proxy, want string }{
		{"refused", closed.URL, "", "refuses the connection"},
		{"unknown name", "http://bot.invalid", "", "bot.invalid"},
		{"https to a plain port", strings.Replace(plainText.URL, "http:", "https:", 1), "", "HTTP response to HTTPS"},
		{"certificate of nobody", secure.URL, "", "authority"},
		{"proxy refused", "http://192.0.2.1", "http://user:pass%20word@" + closed.Listener.Addr().String(), "refuses the connection"},
		{"socks proxy refused", "http://192.0.2.1", "socks5://user:pass%20word@" + closed.Listener.Addr().String(), "the proxy refuses"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newTestTelegram(t, TelegramOptions{APIURL: tt.api, Proxy: tt.proxy})
			retry, _, err := n.Send(t.Context(), []alert.Note{note(1)})
			if err == nil || !retry || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Send() = %v, %v; want a retry and %q", retry, err, tt.want)
			}
			noSecret(t, err)
			_, _, again := n.Send(t.Context(), []alert.Note{note(1)})
			if again.Error() != err.Error() {
				t.Errorf("the same trouble has two texts, so it is logged twice:\n%v\n%v", err, again)
			}
		})
	}
}

func TestTelegramHangs(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	api := newBotAPI(t, func(http.ResponseWriter, int, request) bool {
		close(arrived)
		<-release
		return true
	})
	n := newTestTelegram(t, TelegramOptions{APIURL: api.URL})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-arrived; cancel(context.DeadlineExceeded) }()
	retry, _, err := n.Send(ctx, []alert.Note{note(1)})
	close(release)
	if err == nil || !retry {
		t.Errorf("Send() = %v, %v", retry, err)
	}
	noSecret(t, err)
	if c := newTelegramClient(nil); c.http.Timeout != requestTime {
		t.Errorf("a request may take %v, want %v", c.http.Timeout, requestTime)
	}
}

func TestTelegramRequest(t *testing.T) {
	api := newBotAPI(t, nil)
	n := newTestTelegram(t, TelegramOptions{APIURL: api.URL + "/", ChatID: "@noc_alerts", ThreadID: 42})
	if _, _, err := n.Send(t.Context(), []alert.Note{note(1)}); err != nil {
		t.Fatal(err)
	}
	r := api.got()[0]
	if r.Chat != "@noc_alerts" || r.Thread != "42" || r.Mode != "HTML" || r.NoPreview != `{"is_disabled":true}` || r.Length <= 0 {
		t.Errorf("asked %+v", r)
	}
}

func TestTelegramPlainTextWhenHTMLIsNotRead(t *testing.T) {
	api := newBotAPI(t, func(w http.ResponseWriter, _ int, r request) bool {
		if r.Mode != "" {
			refuse(w, 400, "Bad Request: can't parse entities: Unsupported start tag", "")
			return true
		}
		return false
	})
	n := newTestTelegram(t, TelegramOptions{APIURL: api.URL})
	note := note(1)
	note.Notice.Text = "a <b> & c"
	if _, _, err := n.Send(t.Context(), []alert.Note{note}); err != nil {
		t.Fatal(err)
	}
	got := api.got()
	if len(got) != 2 || got[1].Mode != "" || !strings.Contains(got[1].Text, "a <b> & c") {
		t.Errorf("asked %+v", got)
	}
}

func TestTelegramPlainTextOnlyOnce(t *testing.T) {
	api := newBotAPI(t, func(w http.ResponseWriter, _ int, _ request) bool {
		refuse(w, 400, "Bad Request: can't parse entities", "")
		return true
	})
	n := newTestTelegram(t, TelegramOptions{APIURL: api.URL})
	retry, _, err := n.Send(t.Context(), []alert.Note{note(1)})
	if retry || !errors.Is(err, ErrRefused) || len(api.got()) != 2 {
		t.Errorf("Send() = %v, %v after %d requests", retry, err, len(api.got()))
	}
}

func TestTelegramGroupMoves(t *testing.T) {
	api := newBotAPI(t, func(w http.ResponseWriter, _ int, r request) bool {
		if r.Chat == "-4001" {
			refuse(w, 400, "Bad Request: group chat was upgraded to a supergroup chat", `{"migrate_to_chat_id":-1009876543210}`)
			return true
		}
		return false
	})
	var log bytes.Buffer
	n := newTestTelegram(t, TelegramOptions{APIURL: api.URL, ChatID: "-4001", Log: slog.New(slog.NewTextHandler(&log, nil))})
	for range 2 {
		if _, _, err := n.Send(t.Context(), []alert.Note{note(1)}); err != nil {
			t.Fatal(err)
		}
	}
	got := api.got()
	if len(got) != 3 || got[1].Chat != "-1009876543210" || got[2].Chat != "-1009876543210" {
		t.Errorf("asked %+v", got)
	}
	if !strings.Contains(log.String(), "-1009876543210") || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestTelegramGroupMovesInACircle(t *testing.T) {
	api := newBotAPI(t, func(w http.ResponseWriter, _ int, r request) bool {
		refuse(w, 400, "Bad Request: group chat was upgraded", fmt.Sprintf(`{"migrate_to_chat_id":%s}`, r.Chat))
		return true
	})
	n := newTestTelegram(t, TelegramOptions{APIURL: api.URL, ChatID: "-4001"})
	if retry, _, err := n.Send(t.Context(), []alert.Note{note(1)}); err == nil || retry {
		t.Errorf("Send() = %v, %v", retry, err)
	}
}

func TestTelegramGroupMovesToAndFro(t *testing.T) {
	api := newBotAPI(t, func(w http.ResponseWriter, _ int, r request) bool {
		to := map[string]string{"-4001": "-4002", "-4002": "-4001"}[r.Chat]
		refuse(w, 400, "Bad Request: group chat was upgraded", `{"migrate_to_chat_id":`+to+`}`)
		return true
	})
	n := newTestTelegram(t, TelegramOptions{APIURL: api.URL, ChatID: "-4001"})
	if _, _, err := n.Send(t.Context(), []alert.Note{note(1)}); err == nil || len(api.got()) != 2 {
		t.Errorf("Send() = %v after %d requests; want an error after 2", err, len(api.got()))
	}
}

func TestTelegramHTTPProxy(t *testing.T) {
	api := newBotAPI(t, nil) // a proxy gets the same request with the whole URL
	proxy := strings.Replace(api.URL, "http://", "http://us%40er:pass%20word@", 1)
	n := newTestTelegram(t, TelegramOptions{APIURL: "http://192.0.2.1", Proxy: proxy})
	if err := n.Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := api.got()[0]; r.Proxy != "Basic dXNAZXI6cGFzcyB3b3Jk" {
		t.Errorf("Proxy-Authorization = %q", r.Proxy)
	}
}

func TestTelegramSOCKSProxy(t *testing.T) {
	api := newBotAPI(t, nil)
	target, _ := url.Parse(api.URL)
	socks, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer socks.Close()
	login := make(chan string, 1)
	go serveSOCKS(socks, target.Host, login) // ends when the listener closes
	n := newTestTelegram(t, TelegramOptions{APIURL: "http://192.0.2.1:80", Proxy: "socks5://user:pass%20word@" + socks.Addr().String()})
	if err := n.Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-login; got != "user/pass word" {
		t.Errorf("logged in as %q", got)
	}
	if len(api.got()) != 1 {
		t.Errorf("%d requests arrived", len(api.got()))
	}
}

// serveSOCKS takes one connection as a SOCKS proxy with user and password (RFC
// 1928, RFC 1929) and connects it with target, wherever it wanted to go.
func serveSOCKS(l net.Listener, target string, login chan<- string) {
	c, err := l.Accept()
	if err != nil {
		return
	}
	defer c.Close()
	read := func(n int) []byte {
		b := make([]byte, n)
		io.ReadFull(c, b)
		return b
	}
	read(int(read(2)[1])) // version, methods
	c.Write([]byte{5, 2}) // user and password
	user := read(int(read(2)[1]))
	password := read(int(read(1)[0]))
	c.Write([]byte{1, 0})
	login <- string(user) + "/" + string(password)
	read(4 + 4 + 2) // connect, IPv4 address, port
	c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	there, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer there.Close()
	go io.Copy(there, c) // ends when either is closed
	io.Copy(c, there)
}

func TestTelegramTest(t *testing.T) {
	api := newBotAPI(t, func(w http.ResponseWriter, n int, _ request) bool {
		if n == 2 {
			refuse(w, 429, "Too Many Requests: retry after 33", `{"retry_after":33}`)
		}
		return n == 2
	})
	n := newTestTelegram(t, TelegramOptions{APIURL: api.URL})
	if err := n.Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.Test(t.Context()); err == nil || !strings.Contains(err.Error(), "33s") {
		t.Errorf("Test() = %v, want how long to wait", err)
	}
}

func TestNewTelegramRefuses(t *testing.T) {
	tests := []struct {
		name string
		o    TelegramOptions
		want string
	}{
		{"no token", TelegramOptions{ChatID: "1"}, "BotFather"},
		{"token with a space", TelegramOptions{Token: "123:secret_marker x", ChatID: "1"}, "BotFather"},
		{"token that leads elsewhere", TelegramOptions{Token: "../secret_marker", ChatID: "1"}, "BotFather"},
		{"no chat", TelegramOptions{Token: testToken}, "chat_id"},
		{"chat as a link", TelegramOptions{Token: testToken, ChatID: "https://t.me/noc"}, "chat_id"},
		{"api that is no URL", TelegramOptions{Token: testToken, ChatID: "1", APIURL: "api.telegram.org"}, "api_url"},
		{"api with a question", TelegramOptions{Token: testToken, ChatID: "1", APIURL: "https://x/?y"}, "api_url"},
		{"proxy of another kind", TelegramOptions{Token: testToken, ChatID: "1", Proxy: "ftp://user:pass%20word@h"}, "socks5://"},
		{"proxy that is no URL", TelegramOptions{Token: testToken, ChatID: "1", Proxy: "socks5://user:pass word@h:x"}, "socks5://"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewTelegram(tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewTelegram() = %v, want %q", err, tt.want)
			}
			noSecret(t, err)
		})
	}
}

func TestTelegramProxyThatWantsALogin(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	for _, api := range []string{"http://192.0.2.1", "https://192.0.2.1"} {
		n := newTestTelegram(t, TelegramOptions{APIURL: api, Proxy: proxy.URL})
		retry, _, err := n.Send(t.Context(), []alert.Note{note(1)})
		if err == nil || retry || !strings.Contains(err.Error(), "(407); see telegram.proxy") {
			t.Errorf("%s: %v, %v", api, retry, err)
		}
	}
}
