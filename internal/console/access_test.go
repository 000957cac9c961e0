package console

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/login"
)

const password = "three quiet herons"

func TestS02WhoMayUseWhichRoute(t *testing.T) {
	h := guarded(t)
	viewer, admin := cookieOf(t, h.signIn("bob", password)), cookieOf(t, h.signIn("ann", password))
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	guests := []struct {
		name string
		role login.Role
		wait int // the status where that is not enough
		as   func(*http.Request)
	}{
		{"nobody", login.Public, 401, func(*http.Request) {}},
		{"viewer", login.Viewer, 403, func(r *http.Request) { r.AddCookie(viewer) }},
		{"admin", login.Admin, 0, func(r *http.Request) { r.AddCookie(admin) }},
		{"viewer's token", login.Viewer, 403, bearer(h.viewer)},
		{"admin's token", login.Admin, 0, bearer(h.admin)},
		{"wrong token", login.Public, 401, bearer("lbt_" + strings.Repeat("A", 43))},
		{"wrong token of an admin who is signed in", login.Public, 401, func(r *http.Request) { r.AddCookie(admin); bearer("x")(r) }},
		{"wrong token on this machine", login.Public, 401, func(r *http.Request) { from(r, "127.0.0.1:4000"); bearer("x")(r) }},
		{"basic authentication", login.Public, 401, func(r *http.Request) { r.SetBasicAuth("ann", password) }},
		{"wrong cookie", login.Public, 401, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookieName, Value: "../../x"}) }},
		{"token as cookie", login.Public, 401, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookieName, Value: h.admin}) }},
		{"cookie as token", login.Public, 401, bearer(admin.Value)},
		{"this machine", login.Admin, 0, func(r *http.Request) { from(r, "[::1]:4000") }},
		{"somebody through a proxy on this machine", login.Public, 401, func(r *http.Request) { from(r, "127.0.0.1:4000").Header.Set("X-Forwarded-For", "127.0.0.1") }},
		{"somebody who says that it is this machine", login.Public, 401, func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1"); r.Header.Set("X-Real-IP", "::1") }},
	}
	lines := map[string]bool{}
	for path, methods := range h.routes {
		for method := range methods {
			need, line := roleOf(t, method, path)
			lines[line] = true
			for _, g := range guests {
				h.tests, h.setups, h.testMessages, h.passwords, h.looks = testPace{}, quota{}, quota{}, quota{}, quota{}
				r := from(request(method, pathOf(path), bodyOf(path)), away)
				g.as(r)
				if path == "/api/v1/logout" && len(r.Cookies()) > 0 {
					continue // those who are signed in are needed for the rest
				}
				w := do(h.Console, r)
				if path == "/api/v1/login" {
					if w.Code != 401 && w.Code != 429 { // it is tried with a wrong password
						t.Errorf("%s as %s: status %d", path, g.name, w.Code)
					}
					continue
				}
				want := http.StatusOK
				if g.role < need {
					want = g.wait
				} else if path == "/api/v1/password" && g.name != "this machine" {
					want = http.StatusForbidden
				}
				if w.Code != want {
					t.Errorf("%s %s, which needs %s, as %s: status %d, want %d: %.100s", method, path, need, g.name, w.Code, want, w.Body)
				}
				if want == 401 && w.Header().Get("WWW-Authenticate") == "" {
					t.Errorf("%s %s: 401 without a challenge", method, path)
				}
			}
		}
	}
	for line := range required {
		if !lines[line] && line != "GET /" { // the simple page, where the console is not built
			t.Errorf("%s is in the table, but there is no such route", line)
		}
	}
}

// roleOf returns what the table says of a route.
func roleOf(t *testing.T, method, path string) (need login.Role, line string) {
	t.Helper()
	line = method + " " + path
	if strings.HasPrefix(path, "/assets/") || strings.Count(path, ".") == 1 && !strings.HasPrefix(path, "/api/") {
		line = fileRoute
	}
	for _, p := range appPaths {
		if p == path {
			line = pageRoute
		}
	}
	need, ok := required[line]
	if !ok {
		t.Errorf("%s is not in the table", line)
	}
	return need, line
}

func TestS02ARouteWithoutALineIsRefused(t *testing.T) {
	_, err := newRoutes(map[string]map[string]http.Handler{"/api/v1/new": {"GET": http.NotFoundHandler()}})
	if err == nil || !strings.Contains(err.Error(), "GET /api/v1/new") {
		t.Errorf("a new route: %v", err)
	}
}

func TestS02SecurityMDHasTheSameTable(t *testing.T) {
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	for line, role := range required {
		if row := "| `" + line + "` | " + role.String() + " |"; !strings.Contains(string(text), row) {
			t.Errorf("SECURITY.md lacks %s", row)
		}
	}
	if n := strings.Count(string(text), "| `GET ") + strings.Count(string(text), "| `POST "); n != len(required) {
		t.Errorf("SECURITY.md has %d routes, the table %d", n, len(required))
	}
}

func TestWithoutTheBuiltConsoleTheSimplePageIsForViewers(t *testing.T) {
	h := guarded(t, func(o *Options) { o.pages = simplePages(t) })
	if w := do(h.Console, from(request("GET", "/", ""), away)); w.Code != 401 || strings.Contains(w.Body.String(), "1,234,567") {
		t.Errorf("status %d: %.200s", w.Code, w.Body)
	}
}

func TestAPageThatNeedsAPasswordLeadsToTheLogin(t *testing.T) {
	h := guarded(t)
	r := from(request("GET", "/simple", ""), away)
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	if w := do(h.Console, r); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" {
		t.Errorf("status %d, Location %q", w.Code, w.Header().Get("Location"))
	}
}

func TestHealthTellsReasonsToViewersOnly(t *testing.T) {
	h := guarded(t, func(o *Options) {
		o.Status = func(context.Context) Status {
			return Status{Health: Health{StateFailing, []Trouble{{StateFailing, "disk", "/srv/logs is full", ""}}}}
		}
	})
	if w := do(h.Console, from(request("GET", "/healthz", ""), away)); w.Code != 503 || w.Body.String() != "failing\n" {
		t.Errorf("somebody gets %d %q", w.Code, w.Body)
	}
	if w := get(h.Console, "/healthz"); w.Code != 503 || !strings.Contains(w.Body.String(), "is full") {
		t.Errorf("this machine gets %d %q", w.Code, w.Body)
	}
}

func TestTheCookieOfASession(t *testing.T) {
	h := guarded(t)
	c := cookieOf(t, h.signIn("ann", password))
	if c.Name != "logboom_session" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure || len(c.Value) != 43 {
		t.Errorf("cookie %+v", c)
	}
	r := from(request("POST", "/api/v1/login", `{"name":"ann","password":"`+password+`"}`), "127.0.0.1:4000")
	r.Header.Set("X-Forwarded-Proto", "https")
	if c := cookieOf(t, do(h.Console, r)); !c.Secure {
		t.Errorf("behind a proxy with TLS: %+v", c)
	}
	r = from(request("GET", "/api/v1/session", ""), away)
	r.AddCookie(c)
	if who := decode[map[string]string](t, do(h.Console, r)); who["name"] != "ann" || who["role"] != "admin" || who["how"] != "session" {
		t.Errorf("who asks is %v", who)
	}
	r = from(request("POST", "/api/v1/logout", "{}"), away)
	r.AddCookie(c)
	if out := cookieOf(t, do(h.Console, r)); out.Name != c.Name || out.MaxAge >= 0 || out.Value != "" {
		t.Errorf("signing out sets %+v", out)
	}
	r = from(request("GET", "/api/v1/status", ""), away)
	r.AddCookie(c)
	if w := do(h.Console, r); w.Code != 401 {
		t.Errorf("after signing out: status %d", w.Code)
	}
}

func TestWrongLoginsAreAnsweredInWords(t *testing.T) {
	h := guarded(t)
	wrong := h.signIn("ann", "wrong")
	if unknown := h.signIn("eve", "wrong"); wrong.Code != 401 || wrong.Body.String() != unknown.Body.String() || unknown.Code != 401 || len(wrong.Result().Cookies()) != 0 {
		t.Errorf("known: %d %s, unknown: %d %s", wrong.Code, wrong.Body, unknown.Code, unknown.Body)
	}
	for _, body := range []string{"", "{", "[]", `{"name":"ann"}`, `{"name":1,"password":2}`} {
		if w := do(h.Console, from(request("POST", "/api/v1/login", body), away)); w.Code != 400 {
			t.Errorf("%q: status %d", body, w.Code)
		}
	}
	for range 3 {
		h.signIn("ann", "wrong")
	}
	w := h.signIn("ann", password)
	seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if e := decode[errorAnswer](t, w); w.Code != 429 || err != nil || seconds > 900 || seconds <= 840 || !strings.Contains(e.Error.Hint, "15 min") {
		t.Errorf("after five wrong ones: %d, Retry-After %q, %+v", w.Code, w.Header().Get("Retry-After"), e)
	}
	r := from(request("POST", "/api/v1/login", `{"name":"ann","password":"`+password+`"}`), "203.0.113.9:1")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if w := do(h.Console, r); w.Code != 403 {
		t.Errorf("from another site: status %d", w.Code)
	}
}

func TestPasswordOnLoopback(t *testing.T) {
	h := guarded(t, func(o *Options) { o.PasswordOnLoopback = true })
	if w := get(h.Console, "/api/v1/status"); w.Code != 401 {
		t.Errorf("this machine: status %d", w.Code)
	}
	r := request("GET", "/api/v1/status", "")
	r.Header.Set("Authorization", "bearer "+h.viewer)
	if w := do(h.Console, r); w.Code != 200 {
		t.Errorf("with a token: status %d", w.Code)
	}
	if err := h.Shut(); err != nil {
		t.Errorf("lets nobody in: %v", err)
	}
}

func TestS04NothingInAHeaderMakesARequestLocal(t *testing.T) {
	h := guarded(t)
	for _, header := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via", "X-Original-URL", "X-HTTP-Method-Override", "Upgrade"} {
		r := from(request("GET", "/api/v1/status", ""), away)
		r.Header.Set(header, "127.0.0.1")
		if w := do(h.Console, r); w.Code != 401 {
			t.Errorf("%s: status %d", header, w.Code)
		}
	}
	for _, header := range forwarding {
		r := request("GET", "/api/v1/status", "")
		r.Header.Set(header, "")
		if w := do(h.Console, r); w.Code != 401 {
			t.Errorf("a proxy on this machine that sends an empty %s: status %d", header, w.Code)
		}
	}
	r := request("GET", "/api/v1/status", "")
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0
	if w := do(h.Console, r); w.Code != 401 {
		t.Errorf("a proxy that speaks HTTP/1.0: status %d", w.Code)
	}
}

func TestWithoutUsersOnlyThisMachineIsLetIn(t *testing.T) {
	c := made(t, options())
	r := request("GET", "/api/v1/status", "")
	r.Header.Set("X-Forwarded-For", "192.0.2.1")
	w := do(c, r)
	if e := decode[errorAnswer](t, w); w.Code != 401 || !strings.Contains(e.Error.Hint, "logboom console password") {
		t.Errorf("through a proxy: %d %+v", w.Code, e)
	}
	if w := get(c, "/api/v1/status"); w.Code != 200 {
		t.Errorf("this machine: status %d", w.Code)
	}
}

func TestWhoChangedWhatIsKept(t *testing.T) {
	h := guarded(t)
	quiet := []string{"/api/v1/alerts/rehearse", "/api/v1/config/check", "/api/v1/telegram/bot", "/api/v1/telegram/chats"} // they change nothing
	for path, methods := range h.routes {
		if methods["POST"].Handler == nil || path == "/api/v1/login" || path == "/api/v1/logout" || path == "/api/v1/password" { // see TestWhatWasSentIsInTheAuditLog
			continue
		}
		h.drawer.changes = nil
		r := from(request("POST", pathOf(path), bodyOf(path)), away)
		r.Header.Set("Authorization", "Bearer "+h.admin)
		if w := do(h.Console, r); w.Code != 200 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if strings.Contains(strings.Join(quiet, " "), path) {
			continue
		}
		if len(h.drawer.changes) != 1 {
			t.Errorf("%s left %d lines in the audit log", path, len(h.drawer.changes))
			continue
		}
		if c := h.drawer.changes[0]; c.Who != "token script" || c.Address != "198.51.100.7" || c.Action == "" || strings.Contains(c.Detail, "somebody else") {
			t.Errorf("%s left %+v", path, c)
		}
	}
	h.drawer.changes = nil
	cookieOf(t, h.signIn("bob", password))
	if len(h.drawer.changes) != 1 || h.drawer.changes[0].Who != "bob" || h.drawer.changes[0].Action != "signed in" {
		t.Errorf("signing in left %+v", h.drawer.changes)
	}
	h.drawer.fail = errors.New("disk full")
	if w := do(h.Console, request("POST", "/api/v1/alerts/mute", `{"minutes":0}`)); w.Code != 200 {
		t.Errorf("what is done is done, even if it cannot be noted: %d", w.Code)
	}
}

func TestTheAuditLogIsReadPageByPage(t *testing.T) {
	h := guarded(t)
	list := decode[struct{ Changes []Change }](t, get(h.Console, "/api/v1/audit?limit=1&before=9")).Changes
	if len(list) != 1 || list[0].ID != 8 || list[0].Who != "ann" {
		t.Errorf("changes %+v", list)
	}
	for _, bad := range []string{"before=0", "before=x", "limit=0", "before=-1"} {
		if w := get(h.Console, "/api/v1/audit?"+bad); w.Code != 400 {
			t.Errorf("%s: status %d", bad, w.Code)
		}
	}
}

// TestS11AStreamEndsWithItsSession holds that a tail which is open does not go
// on after the password was changed or the token removed.
func TestS11AStreamEndsWithItsSession(t *testing.T) {
	cast() // not in the bubble
	for name, end := range map[string]func(*login.Book) error{
		"password changed": func(b *login.Book) error { return b.SetPassword("bob", login.Viewer, "another good one") },
		"token removed":    func(b *login.Book) error { return b.RemoveToken("grafana") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := guarded(t, func(o *Options) { o.Tail = func() Tail { return make(pipe) } })
				r := from(request("GET", "/api/v1/tail", ""), away)
				if name == "token removed" {
					r.Header.Set("Authorization", "Bearer "+h.viewer)
				} else {
					r.AddCookie(cookieOf(t, h.signIn("bob", password)))
				}
				done := make(chan int, 1)
				go func() { done <- do(h.Console, r).Code }()
				time.Sleep(time.Hour)
				if len(h.streams) != 1 {
					t.Fatal("the stream has ended by itself")
				}
				h.edit(t, end)
				time.Sleep(lastsEvery)
				synctest.Wait()
				select {
				case code := <-done:
					if code != 200 {
						t.Errorf("status %d", code)
					}
				default:
					t.Fatal("the stream goes on")
				}
			})
		})
	}
}

func TestNamesUnderWhichTheConsoleIsOpened(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		remote bool
		host   string
		ok     bool
	}{
		{false, "logs.example:443", true}, {false, "LOGS.example", true}, {false, name, false}, {false, "192.0.2.1", false}, {false, "x.logs.example", false},
		{true, "logs.example", true}, {true, name + ":8514", true}, {true, "192.0.2.1:8514", true}, {true, "[2001:db8::1]:8514", true},
		{true, "evil.example", false}, {true, "0.0.0.0", false}, {true, "[::]", false}, {true, "", false}, {true, "2130706433", false}, {true, "192.0.2.1.evil.example", false},
	}
	for _, tt := range tests {
		listen := map[bool]string{false: "127.0.0.1", true: "0.0.0.0"}[tt.remote]
		if got := newHosts(listen, tt.remote, []string{"Logs.example"}).allowed(tt.host); got != tt.ok {
			t.Errorf("remote %v, Host %q: allowed = %v", tt.remote, tt.host, got)
		}
	}
}
