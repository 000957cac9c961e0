package alert

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/pack"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// corpus returns the path of a file of real messages, which are not in this
// repository.
func corpus(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("LOGBOOM_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no corpus: set LOGBOOM_CORPUS to its folder (%v)", err)
	}
	return path
}

// judge finds messages with all packs, of vendors that are not known before,
// and the default keywords, as they come from the network.
type judge struct {
	rules  []wordRule
	m      *matcher
	scan   scan
	parser *syslog.Parser
	reader *pack.Reader
	kinds  map[string]pack.KindInfo
}

func newJudge(t *testing.T) *judge {
	t.Helper()
	rules, err := wordRules(Packs(), DefaultKeywords())
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMatcher(rules)
	if err != nil {
		t.Fatal(err)
	}
	vendors, err := pack.New(pack.Options{Names: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	j := &judge{rules: rules, m: m, parser: syslog.NewParser(), reader: vendors.NewReader(), kinds: map[string]pack.KindInfo{}}
	for _, k := range pack.Kinds() {
		j.kinds[k.Kind] = k
	}
	return j
}

// alarm returns the rule that raw alarms by, "" if none.
func (j *judge) alarm(raw string) string {
	var m syslog.Record
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixMicro()
	j.parser.Parse(&m.Message, syslog.Trim([]byte(raw)), now, time.UTC)
	if ev, ok := j.reader.Read(&m, ""); ok {
		if k := j.kinds[ev.Kind]; ev.State == pack.Raise && k.Alarm {
			return ev.Vendor + ": " + k.Title
		}
		return ""
	}
	i, ok := j.m.find(&j.scan, query.Said(&m.Message))
	if !ok {
		return ""
	}
	return j.rules[i].name
}

func TestCorpusKeywords(t *testing.T) {
	f, err := os.Open(corpus(t, "olt-keywords.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	j := newJudge(t)
	var worthy, found, harmless, wrong int
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c struct {
			ID, Msg string
			Alert   bool
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		rule := j.alarm(c.Msg)
		switch {
		case c.Alert:
			worthy++
			if rule != "" {
				found++
			} else {
				t.Logf("missed %s: %q", c.ID, c.Msg)
			}
		default:
			harmless++
			if rule != "" {
				wrong++
				t.Errorf("false alarm %s by %s: %q", c.ID, rule, c.Msg)
			}
		}
	}
	t.Logf("found %d of %d, false alarms %d of %d", found, worthy, wrong, harmless)
	if found*100 < worthy*95 {
		t.Errorf("found %d of %d messages that are worth an alert, want at least 95 %%", found, worthy)
	}
}

// TestCorpusLabelled holds the share of vendors' samples that are judged
// rightly.
func TestCorpusLabelled(t *testing.T) {
	f, err := os.Open(corpus(t, "labelled.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	j := newJudge(t)
	count, alarmed := map[string]int{}, map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c struct{ Msg, State, Kind string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		rule := j.alarm(c.Msg)
		count[c.State]++
		if rule != "" {
			alarmed[c.State]++
		}
		if (rule != "") != (c.State == "raise") {
			t.Logf("%s (%s) is found by %q: %q", c.State, c.Kind, rule, c.Msg)
		}
	}
	for state, n := range count {
		t.Logf("%q: %d of %d alarm", state, alarmed[state], n)
	}
}

// TestCorpusRaw lists what alarms in messages of all kinds of equipment.
func TestCorpusRaw(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t, "raw"), "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	j := newJudge(t)
	escaped := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\0`, "\x00")
	var all, alarmed int
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			all++
			if rule := j.alarm(escaped.Replace(strings.TrimSuffix(line, "\n"))); rule != "" {
				alarmed++
				t.Logf("%s: %s: %.220s", filepath.Base(path), rule, strings.TrimSpace(line))
			}
		}
	}
	t.Logf("%d of %d messages alarm", alarmed, all)
}
