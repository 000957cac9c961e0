package engine

import (
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/login"
)

const password = "three quiet herons"

// asked sends a request as a proxy on this machine does for somebody else.
func (s *server) asked(method, path, body, session string, answer any) (status int, cookie string) {
	s.t.Helper()
	r, err := http.NewRequest(method, "http://"+s.e.ConsoleAddr()+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", "192.0.2.7")
	r.Header.Set("Content-Type", "application/json")
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "logboom_session", Value: session})
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer != nil {
		if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, c := range resp.Cookies() {
		cookie = c.Value
	}
	return resp.StatusCode, cookie
}

func TestS11SessionsOutliveARestartAndEndWithThePassword(t *testing.T) {
	cfg := testConfig(t, "")
	users := filepath.Join(cfg.DataDirectory(), login.FileName)
	set := func(password string) {
		t.Helper()
		if err := login.Edit(users, "root", func(b *login.Book) error { return b.SetPassword("ann", login.Admin, password) }); err != nil {
			t.Fatal(err)
		}
	}
	set(password)
	s := start(t, cfg)
	status, session := s.asked("POST", "/api/v1/login", `{"name":"ann","password":"`+password+`"}`, "", nil)
	if status != 200 || session == "" {
		t.Fatalf("signing in: %d", status)
	}
	if status, _ := s.asked("GET", "/api/v1/status", "", "", nil); status != 401 {
		t.Errorf("without a session: %d", status)
	}
	if status, _ := s.asked("POST", "/api/v1/alerts/mute", `{"minutes":5}`, session, nil); status != 200 {
		t.Errorf("muting: %d", status)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	s = start(t, cfg)
	if status, _ := s.asked("GET", "/api/v1/status", "", session, nil); status != 200 {
		t.Errorf("after a restart: %d", status)
	}
	var log struct{ Changes []console.Change }
	for deadline := time.Now().Add(20 * time.Second); len(log.Changes) < 3; {
		if s.asked("GET", "/api/v1/audit", "", session, &log); time.Now().After(deadline) {
			t.Fatalf("audit log %+v", log.Changes)
		}
	}
	var lines []string
	for _, c := range log.Changes {
		lines = append(lines, c.Who+": "+c.Action)
	}
	if got := strings.Join(lines, "; "); !strings.Contains(got, "ann: alerts muted; ann: signed in") || !strings.Contains(got, "root, command line: password set") || len(lines) != 3 {
		t.Errorf("audit log %s", got)
	}
	set("another good one")
	if status, _ := s.asked("GET", "/api/v1/status", "", session, nil); status != 401 {
		t.Errorf("after the password was changed: %d", status)
	}
}

func TestS16BeyondLoopbackAPasswordIsNeeded(t *testing.T) {
	cfg := testConfig(t, "")
	cfg.Console.Listen = "0.0.0.0:0"
	if _, err := New(cfg, Options{}); !errors.Is(err, console.ErrRemote) || !strings.Contains(err.Error(), "logboom console password") {
		t.Fatalf("without a password: %v", err)
	}
	users := filepath.Join(cfg.DataDirectory(), login.FileName)
	if err := login.Edit(users, "root", func(b *login.Book) error { return b.SetPassword("ann", login.Admin, password) }); err != nil {
		t.Fatal(err)
	}
	s := start(t, cfg)
	if !strings.Contains(s.e.console.URL(), "https://") {
		t.Errorf("URL %s", s.e.console.URL())
	}
}

func TestPasswordOnLoopbackWithoutAUserStopsTheConsoleOnly(t *testing.T) {
	cfg := testConfig(t, "")
	cfg.Console.PasswordOnLoopback = true
	s := start(t, cfg)
	s.send(0, "127.0.0.3", "<131>host app: still heard")
	for deadline := time.Now().Add(20 * time.Second); s.e.store.Stats().Stored == 0; {
		if time.Now().After(deadline) {
			t.Fatal("nothing is stored")
		}
	}
	status := func(path string) int {
		r, err := http.Get("http://" + s.e.ConsoleAddr() + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return r.StatusCode
	}
	if got := [2]int{status("/api/v1/status"), status("/healthz")}; got != [2]int{401, 200} {
		t.Errorf("status and health answer %v", got)
	}
	told := func() bool {
		for _, p := range s.e.status(t.Context()).Health.Problems {
			if p.What == "console" && strings.Contains(p.Fact, "logboom console password") {
				return true
			}
		}
		return false
	}
	if !told() {
		t.Errorf("health %+v", s.e.status(t.Context()).Health)
	}
	users := filepath.Join(cfg.DataDirectory(), login.FileName)
	if err := login.Edit(users, "root", func(b *login.Book) error { return b.SetPassword("ann", login.Admin, password) }); err != nil {
		t.Fatal(err)
	}
	if told() {
		t.Error("a password is set, and health still wants one")
	}
}
