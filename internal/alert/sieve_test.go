package alert

import (
	"maps"
	"slices"
	"testing"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/sieve"
)

// FuzzSieve holds that the sieve lets everything through that matches.
func FuzzSieve(f *testing.F) {
	f.Add(`onu -up /lost|off/`, `(a OR "b c") d`, "ONU 3 lost, b c d")
	f.Fuzz(func(t *testing.T, one, two, text string) {
		var queries []*query.Query
		for _, s := range []string{one, two} {
			if q, err := query.ParseRule(s); err == nil {
				queries = append(queries, q)
			}
		}
		r := message(0, olt, text)
		s := sieve.New(needs(queries))
		there := s.Read(nil, query.Said(&r.Message))
		for i, q := range queries {
			if q.Match(r, nil) && !s.May(there, i) {
				t.Fatalf("%s matches %q and is held back", q, text)
			}
		}
	})
}

func TestLexiconTellsWordsApart(t *testing.T) {
	words := []string{"fan#", "fan", "fans", "fail*", "failed", "10ge", "a1#"}
	l, err := newLexicon(words)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		"fan":    {"fan", "fan#"},
		"FAN2":   {"fan#"},
		"fans":   {"fans"},
		"failed": {"fail*", "failed"},
		"failur": {"fail*"},
		"fai":    nil,
		"10GE":   {"10ge"},
		"a12":    {"a1#"},
		"a2":     nil,
	} {
		got := map[string]bool{}
		for _, f := range l.read(nil, []byte("("+text+")")) {
			for _, w := range words {
				if slices.Contains(l.members[w], f.class) {
					got[w] = true
				}
			}
		}
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
			t.Errorf("%s is %q, want %q", text, names, want)
		}
	}
}
