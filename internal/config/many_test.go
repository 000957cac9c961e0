package config

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestManyOfAKindAreRefused holds that a configuration that would take long to
// compile, or make every message take long, is refused with the reason.
func TestManyOfAKindAreRefused(t *testing.T) {
	rules := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "[[alerts.rule]]\nname = '%d'\nquery = 'lost'\n", i)
		}
		return b.String()
	}
	keywords := func(n, letters int) string {
		r := rand.New(rand.NewPCG(1, 2))
		var b strings.Builder
		for range n {
			word := make([]byte, letters)
			for k := range word {
				word[k] = 'a' + byte(r.IntN(26))
			}
			fmt.Fprintf(&b, "%q,", word)
		}
		return "[alerts]\nkeywords = [" + b.String() + "]\n"
	}
	for _, tt := range []struct{ name, text, want string }{
		{"500 rules", rules(500), ""},
		{"501 rules", rules(501), "must be at most 500"},
		{"1000 keywords", keywords(1000, 20), ""},
		{"1001 keywords", keywords(1001, 20), "must be at most 1000"},
		{"1000 keywords that are long", keywords(1000, 190), "too many words"},
	} {
		_, err := Parse("config.toml", []byte(tt.text))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: the error is %.300v, want %q", tt.name, err, tt.want)
		}
	}
}
