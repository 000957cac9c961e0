package engine

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/collect"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
)

// everySecret has a secret in every key that may hold one, each with the word
// MARKER in it. hook is a URL that something answers on.
func everySecret(hook string) string {
	return `
[telegram]
token = "123456:MARKERtoken_of_the_bot"
chat_id = "-100"
api_url = '` + hook + `'
proxy = "http://MARKERuser:MARKERproxy@127.0.0.1:1"
[email]
host = "127.0.0.1"
port = 1
from = "a@example.com"
to = ["b@example.com"]
username = "someone"
password = "MARKERmail"
[snmp]
target = "127.0.0.1:9"
version = "3"
user = "MARKERsnmp"
auth = "sha256"
auth_password = "MARKERauth"
priv = "aes"
priv_password = "MARKERpriv"
[[webhook]]
name = "noc"
url = "` + hook + `/hooks/MARKERhook"
secret = "MARKERsecret"
headers = ["Authorization: Bearer MARKERheader"]
proxy = "http://u:MARKERwebproxy@127.0.0.1:1"
`
}

func TestNoAnswerOfTheConsoleHasASecret(t *testing.T) {
	hook := httptest.NewServer(http.NotFoundHandler())
	defer hook.Close()
	cfg := testConfig(t, everySecret(hook.URL))
	s := start(t, cfg)
	s.e.log.Warn("somebody else's error", "error", "GET "+hook.URL+"/hooks/MARKERhook with MARKERtoken_of_the_bot: no way", "token", cfg.Telegram.Token)
	s.e.log.Error("MARKERwebproxy is in the text")
	for _, path := range []string{
		"settings", "doctor", "log", "welcome", "status", "audit", "openapi.json", "alerts", "incidents", "devices", "session",
	} {
		if text := s.get("/api/v1/" + path); strings.Contains(text, "MARKER") {
			t.Errorf("%s: %s", path, text)
		}
	}
	for _, ask := range []struct{ path, body string }{
		{"telegram/test", `{}`}, {"telegram/bot", `{"token":"123456:MARKERtoken_of_the_bot"}`}, {"telegram/chats", `{"token":"99:MARKERother"}`},
		{"telegram/try", `{"token":"99:MARKERother","chat_id":"-5"}`}, {"telegram/bot", `{"token":"MARKER nonsense"}`}, {"password", `{"password":"MARKER"}`},
	} {
		var answer json.RawMessage
		status := s.posted("/api/v1/"+ask.path, ask.body, &answer)
		if strings.Contains(string(answer), "MARKER") || status == 200 {
			t.Errorf("%s: status %d: %s", ask.path, status, answer)
		}
	}
	if text := s.get("/api/v1/log"); strings.Contains(text, "MARKER") || !strings.Contains(text, "somebody else's error") {
		t.Errorf("our own log: %s", text)
	}
}

func TestSettingsInForce(t *testing.T) {
	s := start(t, testConfig(t, "[retention]\ndays = 7\n"))
	list := ask[console.SettingsList](t, s, "settings")
	got := map[string]console.Setting{}
	for _, v := range list.Settings {
		got[v.Key] = v
	}
	if v := got["retention.days"]; v.Value != "7" || v.Default != "30" || v.Origin != "config.toml" || !v.Changed || v.Restart || v.Help == "" {
		t.Errorf("%+v", v)
	}
	for key, restart := range map[string]bool{"store.sync": true, "console.listen": true, "listen.udp": false, "alerts.keywords": false, "log.level": true} {
		if v := got[key]; v.Key == "" || v.Restart != restart {
			t.Errorf("%+v, restart should be %v", v, restart)
		}
	}
}

// posted sends a request from this machine.
func (s *server) posted(path, body string, answer any) (status int) {
	s.t.Helper()
	resp, err := http.Post("http://"+s.e.ConsoleAddr()+path, "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode
}

// ask returns what a GET of the API answers.
func ask[T any](t *testing.T, s *server, path string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(s.get("/api/v1/"+path)), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheDoctorInTheConsole(t *testing.T) {
	s := start(t, testConfig(t, ""))
	found := ask[struct{ Findings []console.Finding }](t, s, "doctor").Findings
	state := map[string]string{}
	for _, f := range found {
		if state[f.What] == "" || f.State != "ok" {
			state[f.What] = f.State
		}
		if f.State != "ok" && f.State != "warn" && f.State != "bad" || f.Fact == "" {
			t.Errorf("%+v", f)
		}
	}
	for what, want := range map[string]string{"settings": "ok", "udp 127.0.0.1:0": "ok", "losses": "ok", "messages": "ok", "telegram": "warn", "server": "ok"} {
		if state[what] != want {
			t.Errorf("%s is %q, want %q in %+v", what, state[what], want, found)
		}
	}
	if state["disk"] == "" || state["clock"] == "" {
		t.Errorf("no disk or clock in %+v", found)
	}
}

func TestTheFirstRun(t *testing.T) {
	s := start(t, testConfig(t, ""))
	w := ask[console.Welcome](t, s, "welcome")
	if !w.Fresh || !w.Password || !strings.HasPrefix(w.Kept, "30 days are kept in `"+s.cfg.DataDirectory()+"`. ") || !strings.HasSuffix(w.Kept, " Under 1.0 GB the oldest days are deleted.") {
		t.Errorf("%+v", w)
	}
	var sent console.TestMessage
	if status := s.posted("/api/v1/test-message", "{}", &sent); status != 200 || !strings.HasPrefix(sent.To, "udp 127.0.0.1:") {
		t.Fatalf("status %d, %+v", status, sent)
	}
	s.awaitStored(1)
	if got := s.get("/api/v1/messages"); !strings.Contains(got, sent.Text) {
		t.Errorf("%q is not in %s", sent.Text, got)
	}
	if w := ask[console.Welcome](t, s, "welcome"); w.Fresh {
		t.Error("a message was received, and it is still fresh")
	}
	var answer struct{ Name string }
	if status := s.posted("/api/v1/password", `{"password":"three quiet herons"}`, &answer); status != 200 || answer.Name != "admin" {
		t.Errorf("status %d, %+v", status, answer)
	}
	if status := s.posted("/api/v1/password", `{"password":"four quiet herons"}`, &struct{}{}); status != http.StatusConflict {
		t.Errorf("a second one: status %d", status)
	}
	if status, cookie := s.asked("POST", "/api/v1/login", `{"name":"admin","password":"three quiet herons"}`, "", &struct{}{}); status != 200 || cookie == "" /* as from elsewhere */ {
		t.Errorf("signing in: status %d", status)
	}
	var n int
	for _, c := range ask[struct{ Changes []console.Change }](t, s, "audit").Changes {
		if c.Action == "first password set" {
			n++
		}
		if strings.Contains(c.Detail, "herons") {
			t.Errorf("%+v", c)
		}
	}
	if n != 1 {
		t.Errorf("%d lines in the audit log", n)
	}
}

func TestWhereDevicesSendTo(t *testing.T) {
	own := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}
	got := targetsOf([]collect.ListenerStatus{
		{Proto: "udp", Address: "[::]:514", Open: true}, {Proto: "udp", Address: "0.0.0.0:1514", Open: true}, {Proto: "tcp", Address: "192.0.2.9:601", Open: true},
		{Proto: "udp", Address: "[::]:99"}, {Proto: "udp", Address: "[::]:98", Open: true, Removed: true}, {Proto: "tls", Address: "nonsense", Open: true},
	}, own)
	if want := "[{udp 192.0.2.1 514} {udp 2001:db8::1 514} {udp 192.0.2.1 1514} {tcp 192.0.2.9 601}]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	if c := commandsTo(got[1])[0].Text; c != `logboom send --to [2001:db8::1]:514 "hello"` {
		t.Error(c)
	}
}

func TestATestMessageThatCannotArrive(t *testing.T) {

	cfg, err := config.Parse("config.toml", []byte("[listen]\nudp = ['127.0.0.1:514']\nallow = ['10.0.0.0/8']\n[store]\ndirectory = '"+t.TempDir()+"'\n"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Console.Listen, cfg.Listen.UDP = "127.0.0.1:0", []string{"127.0.0.1:0"}
	s := start(t, cfg)
	var answer struct{ Error struct{ Message string } }
	if status := s.posted("/api/v1/test-message", "{}", &answer); status != http.StatusBadGateway || !strings.Contains(answer.Error.Message, "listen.allow") {
		t.Errorf("status %d: %+v", status, answer)
	}
}

func TestSettingUpTelegram(t *testing.T) {
	w := newTelegramWorld(t)
	r := startReloaded(t, "[telegram]\napi_url = '"+w.URL+"'\n")
	const token = `"token":"123:marker"`
	var bot console.TelegramBot
	if status := r.posted("/api/v1/telegram/bot", `{`+token+`}`, &bot); status != 200 || bot.Username != "logboom_bot" || bot.InUse {
		t.Fatalf("status %d, %+v", status, bot)
	}
	w.write(-1005, 7, "/start")
	var found struct{ Chats []console.TelegramChat }
	if status := r.posted("/api/v1/telegram/chats", `{`+token+`}`, &found); status != 200 || len(found.Chats) != 1 || found.Chats[0].ID != "-1005" || found.Chats[0].Kind != "supergroup" {
		t.Fatalf("status %d, %+v", status, found)
	}
	if status := r.posted("/api/v1/telegram/try", `{`+token+`,"chat_id":"-1005","thread_id":5}`, &struct{}{}); status != 200 {
		t.Fatalf("status %d", status)
	}
	w.await(t, "the test message", func() bool { return len(w.chats["-1005"]) == 1 && w.chats["-1005"][0].thread == "5" })

	// Once the token is in force the server takes what is written to the bot.
	r.must("[telegram]\napi_url = '"+w.URL+"'\ntoken = '123:marker'\nchat_id = '-1005'\n", nil)
	w.write(-1006, 7, "hello")
	until(t, "the other chat is seen", func() bool {
		found.Chats = nil
		status := r.posted("/api/v1/telegram/chats", `{`+token+`}`, &found)
		return status == 200 && slices.ContainsFunc(found.Chats, func(c console.TelegramChat) bool { return c.ID == "-1006" })
	})
	if status := r.posted("/api/v1/telegram/bot", `{`+token+`}`, &bot); status != 200 || !bot.InUse {
		t.Errorf("status %d, %+v", status, bot)
	}
}

func TestOurOwnLogIsShownForPeople(t *testing.T) {
	own := NewOwnLog(slog.DiscardHandler)
	own.to = slog.NewTextHandler(t.Output(), nil)
	for _, c := range []struct {
		name  string
		value any
		want  string
	}{
		{"what was quoted already is quoted once", strconv.Quote("start now"), `x="start now"`},
		{"foreign text stays quoted", strconv.Quote("a\x1b[1m\nb=1"), `x="a\x1b[1m\nb=1"`},
		{"half a quotation is as it is", `"half`, `x="\"half"`},
		{"a duration", 90 * time.Second, "x=1m30s"},
		{"the age of what has no date", 56 * 366 * 24 * time.Hour, `x="over a year"`},
	} {
		slog.New(own).Info("said", "x", c.value)
		if got := own.newest(1)[0].Detail; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestOurOwnLogIsKeptWithinBounds(t *testing.T) {
	own := NewOwnLog(slog.DiscardHandler)
	log := slog.New(own).With("part", "store").WithGroup("disk")
	if log.Enabled(t.Context(), slog.LevelError) {
		t.Fatal("it keeps what the log does not say")
	}
	own = NewOwnLog(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	log = slog.New(own).With("part", "store").WithGroup("disk")
	log.Debug("not said")
	for i := range ownLines + 3 {
		log.Warn("full", "n", i, "device", "a\x1b[1m\nb", "long", strings.Repeat("x", 5000))
	}
	lines := own.newest(5)
	if len(lines) != 5 || len(own.newest(9999)) != ownLines || lines[0].Level != "WARN" || lines[0].Text != "full" || time.Since(time.UnixMicro(lines[0].At)) > time.Minute {
		t.Fatalf("%d lines, %.300v", len(own.newest(9999)), lines)
	}
	if want := `part=store disk.n=502 disk.device="a\x1b[1m\nb" disk.long=xxx`; !strings.HasPrefix(lines[0].Detail, want) || len(lines[0].Detail) > ownLine {
		t.Errorf("%.100s, want %s", lines[0].Detail, want)
	}
	if oldest := own.newest(9999)[ownLines-1]; !strings.Contains(oldest.Detail, "disk.n=3 ") {
		t.Errorf("the oldest: %.80s", oldest.Detail)
	}
}
