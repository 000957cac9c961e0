package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// oneBot is a Telegram with one bot and one chat.
type oneBot struct{ fail error }

func (b oneBot) Bot(context.Context, string) (TelegramBot, error) {
	return TelegramBot{Name: "NOC", Username: "noc_bot"}, b.fail
}
func (b oneBot) Chats(context.Context, string) ([]TelegramChat, error) {
	return []TelegramChat{{ID: "-5", Kind: "group", Title: "Shift"}}, b.fail
}
func (b oneBot) Try(context.Context, string, string, int) error { return b.fail }

// setUpOptions gives options the routes of settings, set-up and first run.
func setUpOptions(o *Options) {
	o.Settings = func() SettingsList {
		return SettingsList{Settings: []Setting{{Key: "listen.udp"}}, Left: map[string]int{"device": 3}}
	}
	o.Doctor = func(context.Context) []Finding { return []Finding{{State: "ok", What: "clock"}} }
	o.OwnLog = func(int) []LogLine { return []LogLine{{At: 5, Level: "INFO", Text: "started"}} }
	o.Welcome = func(context.Context) Welcome {
		return Welcome{Fresh: true, Targets: []Target{{"udp", "192.0.2.1", 514}}, Commands: []Command{{"any", "send"}}}
	}
	o.TelegramSetup = oneBot{}
	o.SendTestMessage = func(context.Context) (TestMessage, error) { return TestMessage{"udp 127.0.0.1:514", "test 1"}, nil }
	o.FirstPassword = func(context.Context, string) error { return nil }
}

func TestSetupOfTelegramIsBoundedAndShowsNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const token = "123:MARKER_of_a_bot"
		h := guarded(t, func(o *Options) {
			o.TelegramSetup = oneBot{errors.New("telegram: the bot's token is not accepted (401)")}
		})
		ask := func(path string) (int, string) {
			w := do(h.Console, request("POST", path, `{"token":"`+token+`","chat_id":"-5"}`))
			return w.Code, w.Body.String() + w.Header().Get("Retry-After")
		}
		if code, text := ask("/api/v1/telegram/bot"); code != http.StatusBadGateway || !strings.Contains(text, "not accepted") || strings.Contains(text, "MARKER") {
			t.Errorf("status %d: %s", code, text)
		}
		for range setupEvery - 1 {
			ask("/api/v1/telegram/chats")
		}
		if code, text := ask("/api/v1/telegram/try"); code != http.StatusTooManyRequests || !strings.HasSuffix(text, "60") {
			t.Errorf("one too many: status %d: %s", code, text)
		}
		time.Sleep(time.Minute)
		if code, _ := ask("/api/v1/telegram/try"); code != http.StatusBadGateway {
			t.Errorf("a minute later: status %d", code)
		}
		for _, c := range h.drawer.changes {
			t.Errorf("in the audit log: %v", c) // nothing was sent
		}
		for _, body := range []string{`{}`, `x`, `{"token":5}`} {
			if w := do(h.Console, request("POST", "/api/v1/telegram/bot", body)); w.Code != http.StatusBadRequest {
				t.Errorf("%s: status %d", body, w.Code)
			}
		}
	})
}

func TestWhatWasSentIsInTheAuditLog(t *testing.T) {
	h := guarded(t)
	do(h.Console, request("POST", "/api/v1/telegram/try", `{"token":"1:MARKER","chat_id":"-5`+strings.Repeat("9", 500)+`"}`))
	do(h.Console, request("POST", "/api/v1/test-message", `{}`))
	do(h.Console, request("POST", "/api/v1/password", `{"password":"MARKER MARKER"}`))
	var got []string
	for _, c := range h.drawer.changes {
		got = append(got, c.Action+": "+c.Detail)
		if len(c.Detail) > 100 || strings.Contains(c.Detail, "MARKER") {
			t.Errorf("%+v", c)
		}
	}
	if s := strings.Join(got, "\n"); !strings.Contains(s, "Telegram tried: chat -5") || !strings.Contains(s, "test message sent: udp 127.0.0.1:514") || !strings.Contains(s, "first password set: of admin, role admin") {
		t.Errorf("the audit log: %s", s)
	}
}

func TestTheFirstPassword(t *testing.T) {
	h := guarded(t, func(o *Options) {
		o.FirstPassword = func(_ context.Context, password string) error {
			if password == "short" {
				return errors.New("the password is too short")
			}
			return ErrHasPassword
		}
	})
	tests := []struct {
		name, body string
		change     func(*http.Request)
		status     int
		want       string
	}{
		{"too short", `{"password":"short"}`, func(*http.Request) {}, http.StatusBadRequest, "too short"},
		{"there is one", `{"password":"three quiet herons"}`, func(*http.Request) {}, http.StatusConflict, "already"},
		{"none", `{}`, func(*http.Request) {}, http.StatusBadRequest, "expected"},
		{"an admin from elsewhere", `{"password":"x"}`, func(r *http.Request) { from(r, away).Header.Set("Authorization", "Bearer "+h.admin) }, http.StatusForbidden, "machine itself"},
		{"forwarded", `{"password":"x"}`, func(r *http.Request) {
			r.Header.Set("Via", "1.1 proxy")
			r.Header.Set("Authorization", "Bearer "+h.admin)
		}, http.StatusForbidden, "machine itself"},
		{"forwarded, of nobody", `{"password":"x"}`, func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1") }, http.StatusUnauthorized, "password"},
	}
	for _, tt := range tests {
		r := request("POST", "/api/v1/password", tt.body)
		tt.change(r)
		if w := do(h.Console, r); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: status %d: %s", tt.name, w.Code, w.Body)
		}
	}
	if w := decode[Welcome](t, do(h.Console, request("GET", "/api/v1/welcome", ""))); w.Password {
		t.Error("the page offers a first password, and there are users")
	}
	none := guarded(t, func(o *Options) { o.Guard = nil })
	if w := decode[Welcome](t, do(none.Console, request("GET", "/api/v1/welcome", ""))); !w.Password {
		t.Error("the page offers no first password")
	}
}

func TestOneLookAtEverythingAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t, func(o *Options) {
			o.Doctor = func(ctx context.Context) []Finding { <-ctx.Done(); return nil }
		})
		first := make(chan int, 1)
		go func() { first <- do(h.Console, request("GET", "/api/v1/doctor", "")).Code }()
		synctest.Wait()
		if w := do(h.Console, request("GET", "/api/v1/doctor", "")); w.Code != http.StatusTooManyRequests {
			t.Errorf("beside one that runs: status %d", w.Code)
		}
		began := time.Now()
		if code := <-first; code != http.StatusOK || time.Since(began) > doctorTime {
			t.Errorf("the first: status %d after %v", code, time.Since(began))
		}
	})
}
