package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
)

// An edited server is one whose settings are files, and are set in its console.
type edited struct {
	*reloaded
	path    string
	trouble atomic.Pointer[func() error] // comes before the settings are read again; nil = none
}

func startEdited(t *testing.T, text string) *edited {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, config.FileName)
	text = "[store]\ndirectory = 'data'\n" + text
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &edited{path: path}
	load := func() (*config.Config, error) { // as the command does, whatever directory the file says
		if trouble := s.trouble.Load(); trouble != nil {
			if err := (*trouble)(); err != nil {
				return nil, err
			}
		}
		cfg, err := config.LoadFor(path, func(*config.Config) string { return filepath.Join(dir, "data") })
		if err == nil { // free ports, which no file may ask for
			cfg.Listen.UDP, cfg.Console.Listen = []string{"127.0.0.1:0"}, "127.0.0.1:0"
		}
		return cfg, err
	}
	cfg, err := load()
	if err != nil {
		t.Fatal(err)
	}
	s.reloaded = &reloaded{server: startWith(t, cfg, Options{Version: "test", Load: load})}
	return s
}

// post asks the console for an edit and returns the status and what it says.
func (s *edited) post(path string, body any) (int, string) {
	s.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.Post("http://"+s.e.ConsoleAddr()+path, "application/json", bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, b.String()
}

func (s *edited) must(path string, body any) {
	s.t.Helper()
	if status, text := s.post(path, body); status != http.StatusOK {
		s.t.Fatalf("%s: status %d: %s", path, status, text)
	}
}

func (s *edited) rules() console.RuleBook {
	s.t.Helper()
	book, err := edits{s.e}.Rules(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return book
}

type object = map[string]any

func TestARuleOfTheConsoleIsInForceAtOnce(t *testing.T) {
	s := startEdited(t, "[alerts]\nkeywords = []\npacks = []\nvendors = []\ncooldown = '1s'\n[[alerts.rule]]\nname = 'loop'\nquery = 'loop'\n")
	rule := object{"name": "coffee", "query": "coffee is out", "threshold": 1, "within": "1m"}
	s.must("/api/v1/rules", object{"rule": rule})
	s.send(0, "127.0.0.1", "<11>host app: coffee is out")
	until(t, "the new rule tells", func() bool { return s.told()["coffee"] == 1 })

	rule["enabled"] = false
	s.must("/api/v1/rules", object{"name": "coffee", "rule": rule})
	s.must("/api/v1/rules", object{"name": "loop", "rule": object{"name": "loop", "query": "loop", "threshold": 2}})
	s.send(0, "127.0.0.1", "<11>host app: coffee is out again")
	s.send(0, "127.0.0.1", "<11>host app: a loop")
	s.send(0, "127.0.0.1", "<11>host app: one more loop")
	until(t, "the other rule tells", func() bool { return s.told()["loop"] == 2 })
	if n := s.told()["coffee"]; n != 1 {
		t.Errorf("a rule that is off has told of %d messages", n)
	}
	book := s.rules()
	if len(book.Rules) != 2 || book.Rules[0].From != config.ConsoleFileName || !book.Rules[0].Below || book.Rules[1].Enabled || book.Rules[1].Week != 1 || !book.Undo {
		t.Errorf("rules %+v, undo %v", book.Rules, book.Undo)
	}

	// What is in the file by now is refused if it is not what was looked at.
	if status, text := s.post("/api/v1/rules", object{"name": "loop", "rule": nil, "version": "0"}); status != http.StatusConflict {
		t.Errorf("status %d: %s", status, text)
	}
	s.must("/api/v1/rules", object{"name": "loop", "rule": nil, "version": book.Version})
	if r := s.rules().Rules; r[0].Name != "loop" || r[0].From != config.FileName || r[0].Keys["threshold"] != 1 {
		t.Errorf("the rule of config.toml is not back: %+v", r[0])
	}
	if status, text := s.post("/api/v1/rules", object{"name": "loop", "rule": nil}); status != http.StatusUnprocessableEntity || !strings.Contains(text, "switched off") {
		t.Errorf("taking away a rule of config.toml: status %d: %s", status, text)
	}
	s.must("/api/v1/rules/restore", object{})
	if c, err := s.e.state.Changes(t.Context(), 0, 1); err != nil || len(c) != 1 || c[0].Detail != `rule "loop": threshold 2 (before 1)` {
		t.Errorf("the audit log says %+v, %v", c, err)
	}
	if r := s.rules().Rules[0]; r.From != config.ConsoleFileName || r.Keys["threshold"] != 2 {
		t.Errorf("not restored: %+v", r)
	}
}

// Switched off, a rule says no last word: that its trouble is over is not known.
func TestARuleThatIsSwitchedOffEndsItsIncidentsSilently(t *testing.T) {
	s := startEdited(t, "[alerts]\nkeywords = []\npacks = []\nvendors = []\n[[alerts.rule]]\nname = 'Uplink'\nquery = 'link down'\nclear = 'link up'\n")
	rule := object{"name": "Uplink", "query": "link down", "clear": "link up"}
	s.send(0, "127.0.0.1", "<11>host app: link down")
	until(t, "an incident", func() bool { return s.rules().Rules[0].Open == 1 })

	rule["enabled"] = false
	s.must("/api/v1/rules", object{"name": "Uplink", "rule": rule})
	if r := s.rules().Rules[0]; r.Open != 0 || r.Week != 1 {
		t.Errorf("switched off, it has %d open of %d", r.Open, r.Week)
	}
	s.send(0, "127.0.0.1", "<11>host app: link up")
	s.send(0, "127.0.0.1", "<11>host app: link down")
	s.awaitStored(3)

	delete(rule, "enabled")
	s.must("/api/v1/rules", object{"name": "Uplink", "rule": rule})
	s.send(0, "127.0.0.1", "<11>host app: link down")
	until(t, "an incident of its own", func() bool { return s.rules().Rules[0].Open == 1 })
	alerts, err := s.e.state.RecentAlerts(t.Context(), 10)
	if err != nil || len(alerts) != 2 || alerts[0].Kind != alert.KindAlert || alerts[1].Kind != alert.KindAlert {
		t.Errorf("people were told %+v, %v; want two alerts and no word between", alerts, err)
	}
}

func TestWhatCannotBeUsedIsRefusedWithItsProblems(t *testing.T) {
	s := startEdited(t, "[alerts]\nvendors = []\n")
	for _, tt := range []struct {
		path string
		body object
		says string
	}{
		{"/api/v1/rules", object{"rule": object{"name": "x", "query": `severity:nonsense`}}, "nonsense"},
		{"/api/v1/rules", object{"rule": object{"name": "x", "query": "y", "enabled": "no"}}, "enabled"},
		{"/api/v1/rules", object{"rule": object{"name": "x", "query": "y", "[listen]\nudp": 1}}, "listen"},
		{"/api/v1/rules/lists", object{"vendors": []string{"hauwei"}}, "hauwei"},
		{"/api/v1/devices/10.0.0.2", object{"timezone": "Mars"}, "Mars"},
	} {
		status, text := s.post(tt.path, tt.body)
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, tt.says) || !strings.Contains(text, `"problems":[{`) {
			t.Errorf("%v: status %d: %s", tt.body, status, text)
		}
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(s.path), config.ConsoleFileName)); err == nil {
		t.Error("something was written")
	}
}

func TestADeviceIsNamedInTheConsole(t *testing.T) {
	s := startEdited(t, "[[device]]\naddress = '127.0.0.1'\nname = 'old'\nsite = 'North'\n")
	here := netip.MustParseAddr("127.0.0.1")
	s.must("/api/v1/devices/127.0.0.1", object{"name": "OLT <b>", "silent_after": "30m"})
	if name, site := s.e.directory.Device(here); name != "OLT <b>" || site != "North" {
		t.Errorf("the device is %q at %q", name, site)
	}
	d, err := edits{s.e}.Device(t.Context(), here)
	if want := (console.DeviceSetting{Value: "OLT <b>", From: config.ConsoleFileName, Below: "old"}); err != nil || d.Settings["name"] != want || d.Settings["site"].From != config.FileName || d.Settings["encoding"].From != "" {
		t.Errorf("settings %+v, %v", d.Settings, err)
	}
	s.must("/api/v1/devices/127.0.0.1", object{"name": nil, "silent_after": nil, "version": d.Version})
	if name, _ := s.e.directory.Device(here); name != "old" {
		t.Errorf("taken back, the device is %q", name)
	}
}

func TestEditsLoseNoMessage(t *testing.T) {
	s := startEdited(t, "[alerts]\nvendors = []\n")
	const n = 200
	for i := range n {
		s.send(0, "127.0.0.1", fmt.Sprintf("<11>host app: message %d", i))
		if i%20 == 0 {
			s.must("/api/v1/devices/127.0.0.1", object{"name": fmt.Sprintf("name %d", i)})
			s.must("/api/v1/rules", object{"rule": object{"name": fmt.Sprintf("rule %d", i), "query": "nothing"}})
		}
	}
	s.awaitStored(n)
}
