package sieve

import (
	"strings"
	"testing"
)

func TestAutomatonFindsAllTexts(t *testing.T) {
	texts := []string{"he", "she", "his", "hers", "e", "0/1", "onu "}
	a := newAutomaton(texts)
	for _, in := range []string{"ushers", "HE and SHE", "hishe", "", "PON 0/1", "onu", "ONU 3", "\xff\x00he"} {
		got := map[int32]bool{}
		a.read([]byte(in), func(n int32) { got[n] = true })
		for n, s := range texts {
			if want := strings.Contains(strings.ToLower(in), s); got[int32(n)] != want {
				t.Errorf("%q stands in %q: %v", s, in, !want)
			}
		}
	}
}
