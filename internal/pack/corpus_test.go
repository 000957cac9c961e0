package pack

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// corpusPath returns the path of a file or folder of real messages, which are
// not in this repository: without them there is nothing to measure.
func corpusPath(t *testing.T, name string) string {
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

// corpus opens a file of real messages.
func corpus(t *testing.T, name string) *bufio.Scanner {
	t.Helper()
	f, err := os.Open(corpusPath(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	return s
}

// packOf names the pack of a device, by what the corpus calls its vendor.
func packOf(vendor string) string {
	for _, v := range []struct{ begins, pack string }{
		{"APC", "apc"}, {"BDCOM", "bdcom"}, {"Arista", "cisco"}, {"Cisco SMB", "ros"}, {"Cisco ", "cisco"},
		{"DLink DGS3100", "ros"}, {"DLink", "dlink"}, {"EdgeCore", "edgecore"}, {"Eltex", "ros"}, {"Linksys", "ros"},
		{"Supertel", "ros"}, {"HP 19", "comware"}, {"HP ProCurve9", "others"}, {"HP ProCurve", "aruba"}, {"Huawei VRP", "huawei-vrp"},
		{"Juniper JUNOS", "juniper"}, {"MikroTik", "mikrotik"}, {"Ubiquiti", "ubiquiti"}, {"Xtreme", "extreme"}, {"Zyxel", "zyxel"},
		{"Qtech", "others"}, {"Alcatel", "others"}, {"Force10", "others"}, {"Brocade", "others"}, {"AlliedTelesis", "others"},
	} {
		if strings.HasPrefix(vendor, v.begins) {
			return v.pack
		}
	}
	return ""
}

// TestCorpusLabelled holds how many of vendors' own samples are read rightly: of
// the troubles, and of what is none.
func TestCorpusLabelled(t *testing.T) {
	lines := corpus(t, "labelled.jsonl")
	s := allPacks(t)
	r, p := s.NewReader(), syslog.NewParser()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixMicro()
	type share struct{ of, known, unknown, cleared int }
	count := map[string]*share{}
	for lines.Scan() {
		var c struct{ Msg, Vendor, Kind, State string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Kind == "" {
			continue
		}
		var m syslog.Record
		p.Parse(&m.Message, []byte(c.Msg), now, time.UTC)
		known, _ := r.Read(&m, packOf(c.Vendor))
		unknown, _ := r.Read(&m, "")
		what := c.State
		switch {
		case c.Kind == "reboot" || c.Kind == "login_fail":
			what = c.Kind // raised, though it ends by itself
		case what == "info":
			what = "noise"
		}
		n := count[what]
		if n == nil {
			n = &share{}
			count[what] = n
		}
		n.of++
		if known.State == Raise {
			n.known++
		}
		if known.State == Clear {
			n.cleared++
		}
		if unknown.State == Raise {
			n.unknown++
		}
		if raised := known.State == Raise; raised != (what == "raise") && what != "reboot" && what != "login_fail" {
			t.Logf("%s (%s) of %s is read as %s %q: %q", c.State, c.Kind, c.Vendor, known.State, known.Kind, c.Msg)
		}
	}
	for what, n := range count {
		t.Logf("%-10s %3d: raised %3d of known vendors, %3d of unknown ones; %3d read as clear", what, n.of, n.known, n.unknown, n.cleared)
	}
	if n := count["raise"]; n.known*100 < n.of*90 {
		t.Errorf("%d of %d troubles are found, want 90 %%", n.known, n.of)
	}
	clear, noise := count["clear"], count["noise"]
	if wrong, of := clear.known+noise.known, clear.of+noise.of; wrong*100 > of*2 {
		t.Errorf("%d of %d messages that are no trouble are raised, want at most 2 %%", wrong, of)
	}
}

// TestCorpusOLTs holds that nothing harmless is raised of what OLTs say.
func TestCorpusOLTs(t *testing.T) {
	lines := corpus(t, "olt-keywords.jsonl")
	s := allPacks(t)
	r, p := s.NewReader(), syslog.NewParser()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixMicro()
	var worthy, found int
	for lines.Scan() {
		var c struct {
			ID, Msg string
			Alert   bool
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		var m syslog.Record
		p.Parse(&m.Message, []byte(c.Msg), now, time.UTC)
		e, ok := r.Read(&m, "")
		switch {
		case c.Alert:
			worthy++
			if e.State == Raise {
				found++
			} else {
				t.Logf("%s is left to the words (%v %s): %.100q", c.ID, ok, e.Kind, c.Msg)
			}
		case e.State == Raise:
			t.Errorf("false alarm %s: %s %s: %q", c.ID, e.Vendor, e.Kind, c.Msg)
		}
	}
	t.Logf("packs alone raise %d of %d", found, worthy)
}

// TestCorpusRaw lists what is raised of messages of all kinds of equipment.
func TestCorpusRaw(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(corpusPath(t, "raw"), "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	s := allPacks(t)
	r, p := s.NewReader(), syslog.NewParser()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixMicro()
	escaped := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\0`, "\x00")
	all, read := 0, 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			all++
			var m syslog.Record
			p.Parse(&m.Message, []byte(escaped.Replace(strings.TrimSuffix(line, "\n"))), now, time.UTC)
			if e, ok := r.Read(&m, ""); ok {
				read++
				t.Logf("%s: %s %s %s %q: %.150s", filepath.Base(name), e.Vendor, e.State, e.Kind, e.Port, strings.TrimSpace(line))
			}
		}
	}
	t.Logf("%d of %d messages are read", read, all)
}
