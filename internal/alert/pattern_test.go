package alert

import (
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"dying gasp", "DYING_GASP", true},
		{"dying gasp", "dying of gasp", false},
		{"dying gasp", "undying gasp", false},
		{"onu .. lost", "ONU 0/1 c0:f6:ec:1e:ff:da lost", true},
		{"onu .. lost", "onu " + strings.Repeat("x", 60) + " lost", false},
		{"onu ..5 lost", "onu 12 lost", true},
		{"onu ..5 lost", "onu 12345 lost", false},
		{"onu .. lost", "lost onu", false},
		{"(onu|ont) .. (off-line|lost)", "ont 3 off line", true},
		{"(onu|ont) .. (off-line|lost)", "ont 3 off the line", false},
		{"power? supply fail*", "supply failure", true},
		{"power? supply fail*", "power supply failed", true},
		{"power? supply fail*", "supply of power failed", false},
		{"deregister*", "deregistration", false},
		{"deregist*", "deregistration", true},
		{"fan#", "FAN12", true},
		{"fan#", "fan", true},
		{"fan#", "fans", false},
		{"fan#", "fan1a", false},
		{"onu .. onu lost", "onu 1 up, onu lost", true},
		{"lost", "потерянlost", false},
		{"lost", "потерян lost", true},
	}
	for _, tt := range tests {
		p, err := parsePattern(tt.pattern)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		m, err := newMatcher([]wordRule{{name: "rule", any: p}})
		if err != nil {
			t.Fatal(err)
		}
		var s scan
		for range 2 { // judged, and remembered
			if _, got := m.find(&s, []byte(tt.text)); got != tt.want {
				t.Errorf("%q stands in %q: %v", tt.pattern, tt.text, got)
			}
		}
	}
}

func TestPatternErrors(t *testing.T) {
	for pattern, want := range map[string]string{
		"":                       "no word has to be there",
		"power?":                 "no word has to be there",
		"(onu|ont":               "no closing bracket",
		"on/off":                 "is no word",
		"(a|) b":                 `"" is no word`,
		strings.Repeat("a? ", 7): "more than 64 patterns",
	} {
		if _, err := parsePattern(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v", pattern, err)
		}
	}
}

// FuzzFind holds that the automaton and the plain way agree on the words of a
// text.
func FuzzFind(f *testing.F) {
	rules, err := wordRules(Packs(), []string{"reset", "掉电", "0/1"})
	if err != nil {
		f.Fatal(err)
	}
	m, err := newMatcher(rules)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("ONU 0/1 dying-gasp")
	f.Add("Connection reset by peer 掉电 \xff\x00 fan12 FAN")
	f.Fuzz(func(t *testing.T, text string) {
		var s scan
		first, ok := m.find(&s, []byte(text))
		if again, _ := m.find(&s, []byte(text)); again != first || ok && first >= len(rules) {
			t.Fatalf("%q is found by %d and then by %d", text, first, again)
		}
		for _, w := range s.found {
			word := strings.ToLower(text[w.start:w.end])
			if strings.ContainsFunc(word, func(r rune) bool { return r < 0x80 && symbolOf[r] == between }) || word == "" {
				t.Fatalf("%q is no word of %q", word, text)
			}
		}
	})
}
