package engine

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
)

// byHand writes console.toml as an editor does, and reads it.
func (s *edited) byHand(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.overlay(), []byte(text), 0o640); err != nil {
		s.t.Fatal(err)
	}
}

func (s *edited) overlay() string { return filepath.Join(filepath.Dir(s.path), config.ConsoleFileName) }

func (s *edited) text() string {
	s.t.Helper()
	text, err := os.ReadFile(s.overlay())
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func TestWhatWasChangedByHandIsTakenOverBeforeItIsEdited(t *testing.T) {
	s := startEdited(t, "[alerts]\nvendors = []\n")
	s.must("/api/v1/rules", object{"rule": object{"name": "N1", "query": "first"}})
	s.byHand("[[alerts.rule]]\nname = 'N1'\nquery = 'by hand'\n")
	book := s.rules()
	off := object{"name": "N1", "rule": object{"name": "N1", "query": "first", "enabled": false}, "version": book.Version}
	for _, tt := range []struct {
		name, path string
		body       object
	}{
		{"a rule that is switched", "/api/v1/rules", off},
		{"of whichever version", "/api/v1/rules/lists", object{"packs": []string{}}},
		{"a device", "/api/v1/devices/10.0.0.1", object{"name": "x", "version": book.Version}},
		{"an undo", "/api/v1/rules/restore", object{"version": book.Version}},
	} {
		if status, text := s.post(tt.path, tt.body); status != http.StatusConflict || !strings.Contains(text, "by hand") || !strings.Contains(text, "logboom reload") {
			t.Errorf("%s: status %d: %s", tt.name, status, text)
		}
	}
	if text := s.text(); !strings.Contains(text, "by hand") {
		t.Errorf("what was written by hand is gone: %s", text)
	}

	if _, err := s.e.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, text := s.post("/api/v1/rules", off); status != http.StatusConflict || !strings.Contains(text, "meanwhile") {
		t.Errorf("of the version before: status %d: %s", status, text)
	}
	book = s.rules()
	if book.Rules[0].Keys["query"] != "by hand" {
		t.Errorf("in force is %+v", book.Rules[0])
	}
	off["version"] = book.Version
	s.must("/api/v1/rules", off)
}

func TestAReloadTellsOfASecondConsoleFile(t *testing.T) {
	s := startEdited(t, "")
	data := filepath.Join(filepath.Dir(s.path), "data", config.ConsoleFileName)
	if err := os.WriteFile(data, []byte("[[device]]\naddress = '10.0.0.2'\nsite = 'in data'\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	s.byHand("")
	done, err := s.e.Reload(t.Context())
	if err != nil || !strings.Contains(strings.Join(done.Notes, " "), "two console.toml") {
		t.Errorf("notes %q, %v", done.Notes, err)
	}
	d := Doctor{Config: s.e.config()}
	if d.Warnings(); !strings.Contains(fmt.Sprint(d.Found), data) {
		t.Errorf("the doctor says %v", d.Found)
	}
}

const twoRules = "[alerts]\nvendors = []\n[[alerts.rule]]\nname = 'Uplink'\nquery = 'link'\n[[alerts.rule]]\nname = 'Other'\nquery = 'other'\n"

func TestARuleOfTheFileIsNotThereTwice(t *testing.T) {
	s := startEdited(t, twoRules)
	rename := object{"name": "Uplink", "rule": object{"name": "Uplink renamed", "query": "link"}}
	refused := func(what string) {
		t.Helper()
		if status, text := s.post("/api/v1/rules", rename); status != http.StatusUnprocessableEntity || !strings.Contains(text, "keeps its name") || !strings.Contains(text, "switch it off") {
			t.Errorf("%s: status %d: %s", what, status, text)
		}
	}
	refused("as in config.toml")
	s.must("/api/v1/rules", object{"name": "Uplink", "rule": object{"name": "Uplink", "query": "link", "threshold": 2}})
	refused("changed in the console")
	if r := s.rules().Rules; len(r) != 2 || r[0].Name != "Uplink" || !r[0].Below {
		t.Errorf("rules %+v", r)
	}
	s.must("/api/v1/rules", object{"rule": object{"name": "Mine", "query": "mine"}})
	s.must("/api/v1/rules", object{"name": "Mine", "rule": object{"name": "Still mine", "query": "mine"}})
	if r := s.rules().Rules; len(r) != 3 || r[2].Name != "Still mine" {
		t.Errorf("rules %+v", r)
	}
}

func TestANewRuleTakesNobodysPlace(t *testing.T) {
	s := startEdited(t, twoRules)
	s.must("/api/v1/rules", object{"rule": object{"name": "Mine", "query": "mine"}})
	for _, tt := range []struct {
		name string
		body object
		says string
	}{
		{"a new one with a name of config.toml", object{"rule": object{"name": "Other", "query": "x"}}, "config.toml has a rule of this name"},
		{"a new one with a name of console.toml", object{"rule": object{"name": "Mine", "query": "x"}}, "has this name already"},
		{"one that gets a name of config.toml", object{"name": "Mine", "rule": object{"name": "Other", "query": "x"}}, "config.toml has a rule of this name"},
		{"in the place of none", object{"name": "Nowhere", "rule": object{"name": "New", "query": "x"}}, `there is no rule \"Nowhere\"`},
		{"one that nobody has is taken away", object{"name": "Nowhere", "rule": nil}, `there is no rule \"Nowhere\"`},
	} {
		if status, text := s.post("/api/v1/rules", tt.body); status != http.StatusUnprocessableEntity || !strings.Contains(text, tt.says) {
			t.Errorf("%s: status %d: %s", tt.name, status, text)
		}
	}
	if r := s.rules().Rules; len(r) != 3 || r[1].From != config.FileName || r[1].Keys["query"] != "other" {
		t.Errorf("rules %+v", r)
	}
}

func TestWhatIsInForceIsShownWhileFilesAreBroken(t *testing.T) {
	s := startEdited(t, "[alerts]\nvendors = []\n[[device]]\naddress = '10.0.0.1'\nsite = 'Dhaka'\n")
	s.must("/api/v1/rules", object{"rule": object{"name": "Mine", "query": "mine"}})
	if book := s.rules(); book.Note != "" {
		t.Errorf("while all is well: %q", book.Note)
	}
	good := s.text()
	s.byHand("[[alerts.rule]\nname = 'half'\n")
	for _, broken := range []string{s.overlay(), s.path} {
		book := s.rules()
		if len(book.Rules) != 1 || book.Rules[0].Name != "Mine" || book.Rules[0].From != config.ConsoleFileName || !strings.Contains(book.Note, broken+", line 1, cannot be used") {
			t.Errorf("%s is broken: %+v, note %q", broken, book.Rules, book.Note)
		}
		var d console.DeviceDetail
		if err := json.Unmarshal([]byte(s.get("/api/v1/devices/10.0.0.1")), &d); err != nil || d.Settings["site"].Value != "Dhaka" || !strings.Contains(d.Note, broken+", line 1") {
			t.Errorf("%s is broken: %+v, note %q, %v", broken, d.Settings, d.Note, err)
		}
		status, text := s.post("/api/v1/rules", object{"rule": object{"name": "New", "query": "new"}})
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, "a file on disk cannot be used; nothing was changed") || !strings.Contains(text, `"line":1`) || !strings.Contains(text, broken) {
			t.Errorf("an edit while %s is broken: status %d: %s", broken, status, text)
		}
		s.byHand(good)
		if err := os.WriteFile(s.path, []byte("[store\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// What was never written has no lines to be sent to.
func TestAnEditThatCannotBeUsedNamesNoLine(t *testing.T) {
	s := startEdited(t, "")
	s.must("/api/v1/rules", object{"rule": object{"name": "Mine", "query": "mine"}})
	status, text := s.post("/api/v1/rules", object{"rule": object{"name": "New", "query": "severity:hot"}})
	if status != http.StatusUnprocessableEntity || !strings.Contains(text, "this cannot be used; nothing was changed") || strings.Contains(text, `"line"`) {
		t.Errorf("status %d: %s", status, text)
	}
}

func TestWhereARuleIsFromIsThatOfTheOneInForce(t *testing.T) {
	s := startEdited(t, twoRules)
	s.must("/api/v1/rules", object{"rule": object{"name": "Mine", "query": "mine"}})
	s.must("/api/v1/devices/10.0.0.1", object{"name": "OLT"})
	if err := os.Remove(s.overlay()); err != nil {
		t.Fatal(err)
	}
	book := s.rules()
	if r := book.Rules; r[0].From != config.FileName || r[2].From != config.ConsoleFileName || !strings.Contains(book.Note, "not the one in force") {
		t.Errorf("rules %+v, note %q", r, book.Note)
	}
	if d, err := (edits{s.e}).Device(t.Context(), netip.MustParseAddr("10.0.0.1")); err != nil || d.Settings["name"].From != config.ConsoleFileName {
		t.Errorf("the device: %+v, %v", d, err)
	}
}

// Messages stay where they are until a restart, and so does console.toml.
func TestAnotherDirectoryOfMessagesTakesARestartWithItsConsoleFile(t *testing.T) {
	s := startEdited(t, "")
	data := filepath.Join(filepath.Dir(s.path), "data", config.ConsoleFileName)
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reload := func() Reloaded {
		t.Helper()
		done, err := s.e.Reload(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	write(data, "[[device]]\naddress = '10.0.0.1'\nname = 'OLT'\n")
	reload()
	write(s.path, "[store]\ndirectory = 'data2'\n")
	done := reload()
	moved := filepath.Join(filepath.Dir(s.path), "data2")
	if strings.Join(done.Applied, " ") != "" || strings.Join(done.Restart, " ") != "store.directory" || len(done.Notes) != 1 || !strings.Contains(done.Notes[0], data+" has to be moved to "+moved) {
		t.Errorf("%+v", done)
	}
	if name, _ := s.e.directory.Device(netip.MustParseAddr("10.0.0.1")); name != "OLT" {
		t.Errorf("the device is called %q", name)
	}
	s.must("/api/v1/devices/10.0.0.1", object{"site": "Dhaka"})
	if text, err := os.ReadFile(data); err != nil || !strings.Contains(string(text), "Dhaka") {
		t.Errorf("an edit meanwhile is not in it: %s, %v", text, err)
	}
	write(filepath.Join(moved, config.ConsoleFileName), "")
	if done := reload(); len(done.Notes) != 1 || !strings.Contains(done.Notes[0], filepath.Join(moved, config.ConsoleFileName)+" counts from the restart on, in the place of "+data) {
		t.Errorf("one is there already: %+v", done)
	}
	s.byHand("[[device]]\naddress = '10.0.0.1'\nname = 'OLT'\n")
	if done := reload(); strings.Contains(strings.Join(done.Notes, " "), "moved") {
		t.Errorf("beside config.toml it stays: %+v", done)
	}
}
