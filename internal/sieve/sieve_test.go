package sieve

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"testing"
)

func TestFindGivesItemsAllOfWhoseSetsAreThere(t *testing.T) {
	s := New([][][]string{
		{{"link"}, {"down"}},
		{{"onu", "ont"}},
		{},
		{{"down"}, {"link"}},
		{{"link"}},
	})
	var there []uint64
	for text, want := range map[string][]int32{
		"Link is DOWN":      {0, 3, 4},
		"link is up":        {4},
		"down":              nil,
		"ONU and ONT, link": {1, 4},
		"":                  nil,
	} {
		var got []int32
		got, there = s.Find(nil, there, []byte(text))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q may be %v, want %v", text, got, want)
		}
		if !s.May(there, 2) {
			t.Errorf("%q: an item without needs is held back", text)
		}
	}
}

func FuzzFindHoldsNothingBack(f *testing.F) {
	f.Add(`^%LINK-\d: (Gi|Te)\S+ (?i:down)`, "%LINK-3: Te0/1 Down")
	f.Add(`(K|s)elvin{2,}x?`, "Kelvinnn")
	f.Fuzz(func(t *testing.T, expr, text string) {
		tree, err := syntax.Parse(expr, syntax.Perl)
		if err != nil || len(expr) > 200 {
			return
		}
		re, err := regexp.Compile(expr)
		if err != nil {
			return
		}
		sets := Required(tree.Simplify())
		s := New([][][]string{sets})
		found, _ := s.Find(nil, nil, []byte(text))
		if re.MatchString(text) && len(sets) > 0 && len(found) == 0 {
			t.Fatalf("%q matches %q and is held back by %q", expr, text, sets)
		}
	})
}
