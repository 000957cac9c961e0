package alert

import (
	"regexp"
	"testing"

	"github.com/logboom/logboom/internal/pack"
)

// TestPacks runs the messages of every rule past all packs.
func TestPacks(t *testing.T) {
	rules, err := wordRules(Packs(), nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMatcher(rules)
	if err != nil {
		t.Fatal(err)
	}
	var s scan
	place := map[string]int{}
	for i, r := range rules {
		place[r.name] = i
	}
	for _, pack := range Packs() {
		f, err := readPack(pack)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range f.Rule {
			if len(r.Hit) == 0 && r.Threshold < 2 {
				t.Errorf("%s, %s has no message of its own", pack, r.Name)
			}
			for _, text := range r.Hit {
				i, ok := m.find(&s, []byte(text))
				if !ok {
					t.Errorf("%s, %s does not find %q", pack, r.Name, text)
				} else if rules[i].name != r.Name {
					t.Errorf("%s, %s: %q is found by %s", pack, r.Name, text, rules[i].name)
				}
			}
			for _, text := range r.Miss {
				if i, ok := m.find(&s, []byte(text)); ok {
					t.Errorf("%s, %s: %q is found by %s", pack, r.Name, text, rules[i].name)
				}
			}
		}
	}
}

// TestTitlesSayWhatHappened holds that people read what happened, "Fan failed",
// and not only what it happened to.
func TestTitlesSayWhatHappened(t *testing.T) {
	rules, err := wordRules(Packs(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, r := range rules {
		titles = append(titles, r.name)
	}
	for _, k := range pack.Kinds() {
		if k.Alarm {
			titles = append(titles, k.Title)
		}
	}
	said := regexp.MustCompile(`(?i)\b(lost|is bad|down|offline|failed|faulty|found|out of|low|overloaded|full|received|restarted|not|unreachable|moves|used twice|blocked|disabled|shut|violated|reports|errors)\b`)
	for _, title := range titles {
		if !said.MatchString(title) {
			t.Errorf("%q does not say what happened", title)
		}
	}
}
