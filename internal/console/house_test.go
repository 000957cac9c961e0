package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/login"
)

// drawer keeps sessions and the audit log in memory.
type drawer struct {
	mu      sync.Mutex
	changes []Change
	fail    error
}

func (d *drawer) Sessions(context.Context) ([]login.Session, error) { return nil, nil }
func (d *drawer) SaveSession(context.Context, login.Session) error  { return nil }
func (d *drawer) EndSessions(context.Context, [][32]byte) error     { return nil }
func (d *drawer) Record(_ context.Context, c Change) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes = append(d.changes, c)
	return d.fail
}
func (d *drawer) Changes(_ context.Context, before int64, limit int) ([]Change, error) {
	return []Change{{ID: max(before, 2) - 1, At: 5, Who: "ann", Action: "signed in"}}, d.fail
}

func (d *drawer) ChangesOf(_ context.Context, thing string, _ int) ([]Change, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(d.changes), func(c Change) bool { return c.Detail != thing && !strings.HasPrefix(c.Detail, thing+",") }), d.fail
}

// drawers are settings that may be set to anything.
type drawers struct{}

func (drawers) Device(context.Context, netip.Addr) (DeviceSettings, error) {
	return DeviceSettings{Settings: map[string]DeviceSetting{"name": {Value: "OLT", From: "config.toml"}}}, nil
}

func (drawers) SetDevice(context.Context, netip.Addr, map[string]*string, *string) (Reloaded, error) {
	return Reloaded{Applied: []string{"device"}}, nil
}

func (drawers) Rules(context.Context) (RuleBook, error) {
	return RuleBook{Rules: []Rule{{Name: "loop", Keys: map[string]any{"query": "loop"}}}, Packs: []Pack{{Name: "pon"}}, Keywords: Words{List: []string{"x"}}}, nil
}

func (drawers) SetRule(_ context.Context, name string, _ map[string]any, _ *string) (Reloaded, error) {
	switch name {
	case "outdated":
		return Reloaded{}, fmt.Errorf("edit: %w", ErrOutdated)
	case "saved":
		return Reloaded{Changes: []string{"this"}}, fmt.Errorf("%w: %w", ErrSaved, &Refusal{Message: "not now"})
	case "bad":
		return Reloaded{}, &Refusal{Message: "this cannot be used", Problems: []Problem{{Key: "query", Want: "a query"}}}
	}
	return Reloaded{Changes: []string{"rule \"x\" is new: " + strings.Repeat("y", 2000), "and more"}}, nil
}

func (drawers) SetLists(context.Context, map[string][]string, *string) (Reloaded, error) {
	return Reloaded{}, nil
}

func (drawers) Restore(context.Context, *string) (Reloaded, error) { return Reloaded{}, nil }

// pathOf returns a path that belongs to a line of the table of routes.
func pathOf(line string) string {
	return strings.NewReplacer("{id}", "7", "{address}", "10.0.0.2").Replace(line)
}

// a house is a console that knows the admin "ann" and the viewer "bob", with all
// routes there are.
type house struct {
	*Console
	users         string // path of their file
	drawer        *drawer
	viewer, admin string // tokens
}

// cast is made once: a password takes its time.
var cast = sync.OnceValues(func() (*login.Book, [2]string) {
	b := &login.Book{}
	err := errors.Join(b.SetPassword("ann", login.Admin, password), b.SetPassword("bob", login.Viewer, password))
	viewer, err2 := b.AddToken("grafana", login.Viewer)
	admin, err3 := b.AddToken("script", login.Admin)
	if err = errors.Join(err, err2, err3); err != nil {
		panic(err)
	}
	return b, [2]string{viewer, admin}
})

func guarded(t *testing.T, change ...func(*Options)) *house {
	t.Helper()
	h := &house{users: filepath.Join(t.TempDir(), login.FileName), drawer: &drawer{}}
	known, tokens := cast()
	h.viewer, h.admin = tokens[0], tokens[1]
	h.edit(t, func(b *login.Book) error { *b = *known; return nil })
	o := options()
	o.Alerts = func(context.Context, int) ([]Alert, error) { return nil, nil }
	o.Incidents = oneIncident{}
	o.TestTelegram = func(context.Context) error { return nil }
	o.CheckConfig = func(string) []Problem { return nil }
	o.Reload = func(context.Context) (Reloaded, error) { return Reloaded{Applied: []string{"alerts.rule"}}, nil }
	o.Mute = func(_ context.Context, d time.Duration) (until time.Time, err error) {
		if d > 0 {
			until = noon
		}
		return until, nil
	}
	o.Rehearse = func(context.Context, Rehearsal) (*alert.Rehearsed, error) { return &alert.Rehearsed{}, nil }
	o.Edits = drawers{}
	setUpOptions(&o)
	o.Tail = func() Tail { p := make(pipe); close(p); return p }
	o.pages = builtPages(t)
	var err error
	if o.Guard, err = login.NewGuard(t.Context(), login.Options{Path: h.users, Sessions: h.drawer}); err != nil {
		t.Fatal(err)
	}
	o.Audit, o.Targets = h.drawer, func() []Target { return nil }
	for _, f := range change {
		f(&o)
	}
	h.Console = made(t, o)
	return h
}

func (h *house) edit(t *testing.T, f func(*login.Book) error) {
	t.Helper()
	if err := login.Edit(h.users, "root", f); err != nil {
		t.Fatal(err)
	}
}

// from makes a request come from an address.
func from(r *http.Request, address string) *http.Request { r.RemoteAddr = address; return r }

const away = "198.51.100.7:5000"

// signIn returns the answer to a name and a password, from elsewhere.
func (h *house) signIn(name, password string) *httptest.ResponseRecorder {
	return do(h.Console, from(request("POST", "/api/v1/login", `{"name":"`+name+`","password":"`+password+`"}`), away))
}

// cookieOf returns the cookie that an answer sets.
func cookieOf(t *testing.T, w *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	if c := w.Result().Cookies(); w.Code == http.StatusOK && len(c) == 1 {
		return c[0]
	}
	t.Fatalf("status %d, cookies %v: %s", w.Code, w.Result().Cookies(), w.Body)
	return nil
}

// bodyOf returns a body that the route of a path takes.
func bodyOf(path string) string {
	switch path {
	case "/api/v1/alerts/rehearse":
		return `{"since":"7d"}`
	case devicePath:
		return `{"name":"x","version":"1"}`
	case "/api/v1/rules":
		return `{"name":"x","rule":{"name":"x","query":"y"},"version":"1"}`
	case "/api/v1/rules/lists":
		return `{"packs":["pon"],"vendors":null}`
	}
	return `{"by":"somebody else","text":"","minutes":1,"ack":true,"note":"","name":"eve","password":"wrong","token":"1:x","chat_id":"-5"}`
}
