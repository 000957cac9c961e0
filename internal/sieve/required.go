package sieve

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of what [Required] returns.
const (
	maxSets     = 4
	maxLiterals = 8 // in a set
)

// Required returns sets of literals of ASCII in lower case. Of each set, one
// stands in any case in each text that re, which is simplified, matches. The
// best sets come first. There may be none.
func Required(re *syntax.Regexp) [][]string {
	var sets [][]string
	switch re.Op {
	case syntax.OpLiteral:
		for _, s := range solid(re) {
			sets = append(sets, []string{s})
		}
	case syntax.OpCapture, syntax.OpPlus:
		return Required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return Required(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			sets = append(sets, Required(sub)...)
		}
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			some := Required(sub)
			if len(some) == 0 {
				return nil
			}
			all = append(all, some[0]...)
		}
		if len(all) <= maxLiterals {
			return [][]string{all}
		}
	}
	slices.SortStableFunc(sets, func(a, b []string) int { return Shortest(b) - Shortest(a) })
	sets = sets[:min(len(sets), maxSets)]
	for len(sets) > 1 && Shortest(sets[len(sets)-1]) < 2 {
		sets = sets[:len(sets)-1] // a single byte is in most texts
	}
	return sets
}

// Shortest returns the length of the shortest text of a set, which has one.
func Shortest(set []string) int {
	n := len(set[0])
	for _, s := range set {
		n = min(n, len(s))
	}
	return n
}

// solid returns the parts of a literal that fold within ASCII: without case, k
// and s stand for the Kelvin sign and the long s too.
func solid(re *syntax.Regexp) []string {
	return strings.FieldsFunc(lower(string(re.Rune)), func(r rune) bool {
		return r >= utf8.RuneSelf || re.Flags&syntax.FoldCase != 0 && (r == 'k' || r == 's')
	})
}

func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}
