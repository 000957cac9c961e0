package engine

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/config"
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
