package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/config"
)

// tooManyWords are as many keywords as can be used, so that with the packs they
// are too many.
func tooManyWords(t *testing.T) []string {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var list []string
	for range 400 {
		word := make([]byte, 200)
		for i := range word {
			word[i] = 'a' + byte(r.IntN(26))
		}
		list = append(list, string(word))
	}
	n := sort.Search(len(list), func(n int) bool {
		err := alert.CheckKeywords(list[:n+1])
		return err != nil
	})
	if n == 0 || n == len(list) {
		t.Fatalf("%d keywords can be used", n)
	}
	return list[:n]
}

func TestWhatTheServerCouldNotRunWithIsNotWritten(t *testing.T) {
	s := startEdited(t, "")
	s.must("/api/v1/devices/10.0.0.1", object{"name": "one"})
	before := s.text()
	status, text := s.post("/api/v1/rules/lists", object{"keywords": tooManyWords(t)})
	if status != http.StatusUnprocessableEntity || !strings.Contains(text, "too many words") || !strings.Contains(text, "nothing was changed") {
		t.Errorf("status %d: %s", status, text)
	}
	if now := s.text(); now != before {
		t.Errorf("console.toml is now %.300s", now)
	}
	if _, err := s.e.Reload(t.Context()); err != nil {
		t.Error(err)
	}
}

// What fails after it was written, for whatever reason, does not wait for the next start.
func TestWhatIsNotTakenOverIsTakenBack(t *testing.T) {
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprintf("the first edit: %v", first), func(t *testing.T) {
			s := startEdited(t, "[alerts]\nvendors = []\n")
			if !first {
				s.must("/api/v1/rules", object{"rule": object{"name": "N1", "query": "first"}})
			}
			before, _ := os.ReadFile(s.overlay())
			trouble := func() error { return errors.New("the disk is on fire") }
			s.trouble.Store(&trouble)
			status, text := s.post("/api/v1/rules", object{"rule": object{"name": "N2", "query": "second"}})
			if status != http.StatusUnprocessableEntity || !strings.Contains(text, "console.toml is as it was before") || !strings.Contains(text, "the disk is on fire") {
				t.Errorf("status %d: %s", status, text)
			}
			s.trouble.Store(nil)
			after, err := os.ReadFile(s.overlay())
			if string(after) != string(before) || first != errors.Is(err, os.ErrNotExist) {
				t.Errorf("console.toml is %q, %v, before %q", after, err, before)
			}
			// Nobody has to load anything again.
			book := s.rules()
			s.must("/api/v1/rules", object{"rule": object{"name": "N2", "query": "second"}, "version": book.Version})
		})
	}
}

func TestAServerThatHadToStartWithoutConsoleFileSaysSo(t *testing.T) {
	dir := t.TempDir()
	path, overlay := filepath.Join(dir, config.FileName), filepath.Join(dir, config.ConsoleFileName)
	for file, text := range map[string]string{
		path:    "[store]\ndirectory = 'data'\n[[device]]\naddress = '10.0.0.1'\nname = 'below'\n",
		overlay: "[alerts]\nkeywords = ['" + strings.Join(tooManyWords(t), "','") + "']\n[[device]]\naddress = '10.0.0.1'\nname = 'over'\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	free := func(cfg *config.Config, err error) (*config.Config, error) {
		if err == nil {
			cfg.Listen.UDP, cfg.Console.Listen = []string{"127.0.0.1:0"}, "127.0.0.1:0"
		}
		return cfg, err
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	why := Check(cfg)
	if why == nil || !strings.Contains(why.Error(), "too many words") {
		t.Fatalf("checked: %v", why)
	}
	cfg, err = free(config.LoadWithout(path, (*config.Config).DataDirectory, why))
	if err != nil || Check(cfg) != nil || cfg.Devices[0].Name != "below" {
		t.Fatal(err, Check(cfg))
	}
	e := &edited{reloaded: &reloaded{server: startWith(t, cfg, Options{Version: "test", Load: func() (*config.Config, error) { return free(config.Load(path)) }})}, path: path}
	problems := func() string { return fmt.Sprint(e.e.status(t.Context()).Health.Problems) }
	for what, said := range map[string]string{"status": problems(), "doctor": fmt.Sprint(e.e.examine(t.Context())), "rules": e.rules().Note} {
		if !strings.Contains(said, "started without it: setting up the alerts") {
			t.Errorf("%s says %s", what, said)
		}
	}
	if status, text := e.post("/api/v1/devices/10.0.0.1", object{"name": "x"}); status != http.StatusUnprocessableEntity || !strings.Contains(text, "mend it first, nothing was changed") {
		t.Errorf("an edit: status %d: %s", status, text)
	}

	e.byHand("[[device]]\naddress = '10.0.0.1'\nname = 'mended'\n")
	if _, err := e.e.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if said := problems(); strings.Contains(said, "started without it") || e.rules().Note != "" {
		t.Errorf("mended, it says %s, %q", said, e.rules().Note)
	}
	e.must("/api/v1/devices/10.0.0.1", object{"name": "x"})
}

// Then it is said that it comes at the next start, and who did it.
func TestWhatIsSavedAndNotInForceIsSaidAndRecorded(t *testing.T) {
	s := startEdited(t, "[alerts]\nvendors = []\n")
	trouble := func() error { // and nothing can be put in the place of the file kept beside it
		kept := s.overlay() + ".old"
		return errors.Join(errors.New("the disk is on fire"), os.Remove(kept), os.MkdirAll(filepath.Join(kept, "full"), 0o700))
	}
	s.must("/api/v1/rules", object{"rule": object{"name": "N1", "query": "first"}})
	s.trouble.Store(&trouble)
	status, text := s.post("/api/v1/rules", object{"rule": object{"name": "N2", "query": "second"}})
	for _, part := range []string{"it was saved, but is not in force", "could not be taken back", "the disk is on fire", "logboom reload"} {
		if !strings.Contains(text, part) || status != http.StatusInternalServerError {
			t.Errorf("status %d: %s, without %q", status, text, part)
		}
	}
	c, err := s.e.state.Changes(t.Context(), 0, 1)
	if err != nil || len(c) != 1 || c[0].Action != "rule set, not in force" || !strings.Contains(c[0].Detail, `rule "N2" is new`) {
		t.Errorf("the audit log has %+v, %v", c, err)
	}
	s.trouble.Store(nil)
	if _, err := s.e.Reload(t.Context()); err != nil || len(s.rules().Rules) != 2 {
		t.Errorf("loaded again: %+v, %v", s.rules().Rules, err)
	}
}
