package sieve

import (
	"bytes"
	"strings"
	"testing"
)

func TestAutomatonFindsATextWhereverItStands(t *testing.T) {
	texts := []string{"loss of signal on port", "loss of s", "x", "ab"}
	a := newAutomaton(texts)
	for length := range 300 {
		for n, text := range []string{"LOSS OF SIGNAL ON PORT", "loss of s", "x", "Ab"} {
			for at := 0; at+len(text) <= length; at++ {
				in := bytes.Repeat([]byte{'-'}, length)
				copy(in[at:], text)
				found := false
				a.read(in, func(m int32) { found = found || int(m) == n })
				if !found {
					t.Fatalf("%q is not found at %d of %d bytes", text, at, length)
				}
			}
		}
	}
}

func TestAutomatonLooksForTheBeginningOfALongText(t *testing.T) {
	a := newAutomaton([]string{"0123456789ab-and-what-follows"})
	for in, want := range map[string]bool{"0123456789ab, another": true, "0123456789a": false, "123456789ab-and-what-follows": false} {
		found := false
		a.read([]byte(in), func(int32) { found = true })
		if found != want {
			t.Errorf("found in %q: %t, want %t", in, found, want)
		}
	}
}

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
