package alert

import (
	"testing"
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
