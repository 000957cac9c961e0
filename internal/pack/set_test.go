package pack

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

const header = "title = \"Z\"\ncoverage = \"full\"\n"

func rules(text string) string {
	return "[[rule]]\nkind = \"link\"\nstate = \"raise\"\n" + text + "\n"
}

func TestErrorsNameThePlace(t *testing.T) {
	for name, tt := range map[string]struct{ file, want string }{
		"no TOML":              {"title = Z", "pack own.toml, line 1:"},
		"unknown key":          {header + rules("match = 'ZOLT down'\nhit = ['ZOLT down']\nregex = 'x'"), `no key "rule.regex"`},
		"no rule":              {header, "has no [[rule]]"},
		"no title":             {"coverage = \"full\"\n" + rules("match = 'ZOLT'\nhit = ['ZOLT']"), "needs a title"},
		"coverage":             {"title = \"Z\"\ncoverage = \"all\"\n" + rules("match = 'ZOLT'\nhit = ['ZOLT']"), `coverage = "all"; it is full, partly or words`},
		"kind":                 {header + "[[rule]]\nkind = \"lnk\"\nstate = \"raise\"\nmatch = 'ZOLT'\nhit = ['ZOLT']", `rule 1 (lnk raise): there is no kind "lnk"`},
		"state":                {header + "[[rule]]\nkind = \"link\"\nstate = \"up\"\nmatch = 'ZOLT'\nhit = ['ZOLT']", `its state is "up"; it is raise, clear or info`},
		"regex":                {header + rules("match = 'ZOLT('\nhit = ['ZOLT']"), "rule 1 (link raise): its match cannot be used: missing closing )"},
		"begins with anything": {header + rules("match = '.*ZOLT down'\nhit = ['ZOLT down']"), "begin with fixed text"},
		"hidden anything":      {header + rules("match = '(?:[^x]{0,99})?ZOLT down'\nhit = ['ZOLT down']"), "begin with fixed text"},
		"nothing fixed":        {header + rules("match = '[a-z]+ \\d+'\nhit = ['port 7']"), "no fixed text"},
		"too many parts":       {header + rules("match = 'ZOLT a{0,999}b{0,999}c{0,999}d{0,999}'\nhit = ['ZOLT ']"), "parts"},
		"no example":           {header + rules("match = 'ZOLT down'"), "it needs a message that it finds"},
		"example missed":       {header + rules("match = 'ZOLT down'\nhit = ['ZOLT is down']"), `rule 1 (link raise): it must find "ZOLT is down", but no rule does`},
		"counterexample":       {header + rules("match = 'ZOLT down'\nhit = ['ZOLT down']\nmiss = ['ZOLT downstairs']"), `it must not find "ZOLT downstairs", but does`},
		"taken by another":     {header + rules("match = 'ZOLT'\nhit = ['ZOLT up']") + rules("match = 'ZOLT down'\nhit = ['ZOLT down']"), `rule 2 (link raise): it must find "ZOLT down", but rule 1 of pack own.toml`},
		"other port":           {header + rules("match = 'ZOLT (?P<port>\\w+) down'\nhit = [{line = 'ZOLT 7 down', port = '8'}]"), `of "ZOLT 7 down" it reads port "7", but the example says "8"`},
		"example's key":        {header + rules("match = 'ZOLT down'\nhit = [{line = 'ZOLT down', prt = '8'}]"), `an example has no "prt"`},
		"group":                {header + rules("match = 'ZOLT down'\nport = '{unit}'\nhit = ['ZOLT down']"), `names a group that its match does not have: unit`},
		"part":                 {header + rules("match = '{{head}} down'\nhit = ['ZOLT down']"), `there is no {{head}}`},
		"parts in parts":       {header + "[define]\na = '{{a}}x'\n" + rules("match = 'ZOLT {{a}}'\nhit = ['ZOLT down']"), "deep"},
		"severity":             {header + rules("match = 'ZOLT'\nseverity = 'bad'\nhit = ['ZOLT']"), `there is no severity "bad"`},
		"cause":                {header + rules("match = 'ZOLT'\ncause = 'fiber'\nhit = ['ZOLT']"), `its cause is "fiber"; it is power, fibre or operator`},
		"generic proof":        {header + rules("match = 'ZOLT'\ngeneric = true\nproves = true\nhit = ['ZOLT']"), "proves nothing"},
		"clears without clear": {header + rules("match = 'ZOLT'\nclears = ['loop']\nhit = ['ZOLT']"), "it never clears"},
		"extends nothing":      {"extends = true\n" + rules("match = 'ZOLT'\nhit = ['ZOLT']"), "extends a pack that is not there"},
		"too large":            {header + strings.Repeat("# much\n", MaxFile/7+1), "bytes; it may have"},
		"too many rules":       {header + strings.Repeat(rules("match = 'ZOLT'\nhit = ['ZOLT']"), MaxRules+1), "rules; a file may have"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Options{Files: []File{{"own.toml", []byte(tt.file)}}})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "own.toml") {
				t.Errorf("error = %v\nwant one with %q", err, tt.want)
			}
		})
	}
}

func TestUnknownPackIsRefused(t *testing.T) {
	_, err := New(Options{Names: []string{"hiosso"}})
	if err == nil || !strings.Contains(err.Error(), `no pack "hiosso"`) || !strings.Contains(err.Error(), "hioso") {
		t.Errorf("error = %v", err)
	}
}

func TestFilesReplaceAndExtendShippedPacks(t *testing.T) {
	own := rules("match = 'UPS: (?P<port>No longer) on'\nhit = ['UPS: No longer on battery power.']")
	for name, tt := range map[string]struct {
		file  string
		state State
		rules int
	}{
		"replaced": {header + own, Raise, 1},
		"extended": {"extends = true\n" + own, Raise, 1 + len(mustDocument(t, "apc").Rule)},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := New(Options{Names: []string{"apc"}, Files: []File{{"apc.toml", []byte(tt.file)}}})
			if err != nil {
				t.Fatal(err)
			}
			e, _ := s.NewReader().Read(record("UPS: No longer on battery power. 0x010A"), "")
			if e.State != tt.state || e.Vendor != "apc" || len(s.rules) != tt.rules {
				t.Errorf("read as %s of %q with %d rules", e.State, e.Vendor, len(s.rules))
			}
		})
	}
}

func mustDocument(t *testing.T, name string) *document {
	t.Helper()
	d, err := readShipped(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryFileIsShipped(t *testing.T) {
	files, err := shippedFiles.ReadDir("packs")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(shipped, strings.TrimSuffix(f.Name(), ".toml")) {
			t.Errorf("%s is not in the list of shipped packs", f.Name())
		}
	}
	if len(files) != len(shipped) {
		t.Errorf("%d files, %d packs", len(files), len(shipped))
	}
}

func TestDescriptionsAreComplete(t *testing.T) {
	for _, name := range Names() {
		d, ok := Describe(name)
		if !ok || d.Title == "" || d.Coverage == "" || d.Notes == "" || d.Rules == 0 {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if _, ok := Describe("../secret"); ok {
		t.Error("something that is no pack was described")
	}
}

func TestKindsHaveTitlesAndAreUsed(t *testing.T) {
	used := map[string]bool{}
	for _, c := range allPacks(t).rules {
		used[c.from.Kind] = true
	}
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if k.Title == "" || k.Severity > 7 || seen[k.Kind] {
			t.Errorf("%+v", k)
		}
		seen[k.Kind] = true
		if !used[k.Kind] {
			t.Errorf("no rule is of kind %s", k.Kind)
		}
	}
}

// TestNoRuleGuessesFibre holds that only a text that says so tells of a fibre.
func TestNoRuleGuessesFibre(t *testing.T) {
	for _, c := range allPacks(t).rules {
		if c.cause == "fibre" && !strings.Contains(strings.ToLower(c.from.Match), "laser out") {
			t.Errorf("%s rule %d says fibre: %s", c.from.file, c.from.number, c.from.Match)
		}
	}
}

func ExampleKinds() {
	fmt.Println(Kinds()[0].Title)
	// Output: ONU lost power
}

// TestREADMEHasAllKindsAndItsExampleWorks keeps packs/README.md true.
func TestREADMEHasAllKindsAndItsExampleWorks(t *testing.T) {
	text, err := os.ReadFile("packs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Kinds() {
		if !strings.Contains(string(text), "| `"+k.Kind+"` | "+k.Title) {
			t.Errorf("README.md does not have the kind %s: %s", k.Kind, k.Title)
		}
	}
	_, example, _ := strings.Cut(string(text), "```toml\n")
	example, _, _ = strings.Cut(example, "```\n")
	if _, err := New(Options{Files: []File{{"example.toml", []byte(example)}}}); err != nil {
		t.Error(err)
	}
}
