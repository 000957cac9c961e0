package engine

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// mute asks the console to, and returns its answer.
func (s *server) mute(minutes string) string {
	s.t.Helper()
	r, err := http.Post("http://"+s.e.ConsoleAddr()+"/api/v1/alerts/mute", "application/json", strings.NewReader(`{"minutes":`+minutes+`}`))
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		s.t.Fatalf("muting: %s %v %s", r.Status, err, body)
	}
	return string(body)
}

func (s *server) alerts() (a struct {
	Today, Waiting int
	MutedUntil     int64 `json:"muted_until"`
}) {
	s.t.Helper()
	var st struct{ Alerts any }
	st.Alerts = &a
	if err := json.Unmarshal([]byte(s.get("/api/v1/status")), &st); err != nil {
		s.t.Fatal(err)
	}
	return a
}

func TestMutedAlertsWaitOverARestart(t *testing.T) {
	bot := newBotAPI(t)
	cfg := testConfig(t, "[telegram]\ntoken = '123:abc'\nchat_id = '-100123'\napi_url = '"+bot.URL+"'\n")
	s := start(t, cfg)
	s.mute("60")
	s.send(1, "127.0.0.3", "<131>Jun 13 10:00:01 OLT-2 EPON: PON deregister ONU 0/1/2:7")
	s.awaitStored(1)
	// Trouble of Logboom itself is told, and so everything before it was looked at.
	s.e.herald.say("test", "the disk is full", alert.KindAlert, severityCritical)
	bot.await(t, "the disk is full")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	s = start(t, cfg)
	a := s.alerts()
	if left := time.Until(time.UnixMicro(a.MutedUntil)); left < 58*time.Minute || left > time.Hour {
		t.Errorf("muted for %v more after a restart, want an hour", left)
	}
	if a.Today != 2 || a.Waiting != 1 {
		t.Errorf("%d alerts today and %d waiting, want 2 and 1", a.Today, a.Waiting)
	}
	bot.mu.Lock()
	if all := strings.Join(bot.sent, "\n"); strings.Contains(all, "PON deregister") {
		t.Errorf("told while muted: %s", all)
	}
	bot.mu.Unlock()
	if got := s.mute("0"); !strings.Contains(got, `{"muted_until":0}`) {
		t.Errorf("answer %s", got)
	}
	bot.await(t, "PON deregister")
	if at := s.alerts().MutedUntil; at != 0 {
		t.Errorf("muted until %d", at)
	}
}
