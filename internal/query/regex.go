package query

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/syslog"
)

// expression is a regular expression that matches somewhere in the message.
type expression struct {
	source string
	re     *regexp.Regexp
	rule   bool // in the text of the message only

	// Of each of these sets, one literal stands in every text that matches.
	// Finding them first is some fifty times as fast as matching.
	literals [][]needle
}

// Limits of what is looked for before a regular expression is tried.
const (
	maxSets     = 4
	maxLiterals = 8 // in a set
)

func newRegex(text string, rule bool) (node, error) {
	// A message is matched as a whole, line breaks and all.
	flagged := "(?is)" + text
	re, err := regexp.Compile(flagged)
	if err != nil {
		var se *syntax.Error
		if errors.As(err, &se) {
			// se.Expr may show the flags that we put before it.
			return nil, errors.New(string(se.Code) + ": " + strings.TrimPrefix(se.Expr, "(?is)"))
		}
		return nil, err
	}
	n := expression{source: plainRegex(text), re: re, rule: rule}
	if tree, err := syntax.Parse(flagged, syntax.Perl); err == nil {
		for _, set := range required(tree.Simplify()) {
			var needles []needle
			for _, s := range set {
				needles = append(needles, newNeedle(s))
			}
			n.literals = append(n.literals, needles)
		}
	}
	return n, nil
}

func (n expression) match(r *syslog.Record, _ Directory) bool {
	b := where(r, n.rule)
	return n.possible(b) && n.re.Match(b)
}

func (n expression) possible(b []byte) bool {
	for _, set := range n.literals {
		if !slices.ContainsFunc(set, func(l needle) bool { return l.index(b, 0) >= 0 }) {
			return false
		}
	}
	return true
}

func (n expression) cost() int { return 20 }

// required returns sets of literals of ASCII in lower case. Of each set, one
// stands in any case in each text that re matches. The best sets come first.
func required(re *syntax.Regexp) [][]string {
	var sets [][]string
	switch re.Op {
	case syntax.OpLiteral:
		for _, s := range solid(re) {
			sets = append(sets, []string{s})
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			sets = append(sets, required(sub)...)
		}
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			some := required(sub)
			if len(some) == 0 {
				return nil
			}
			all = append(all, some[0]...)
		}
		if len(all) <= maxLiterals {
			return [][]string{all}
		}
	}
	slices.SortStableFunc(sets, func(a, b []string) int { return shortest(b) - shortest(a) })
	sets = sets[:min(len(sets), maxSets)]
	for len(sets) > 1 && shortest(sets[len(sets)-1]) < 2 {
		sets = sets[:len(sets)-1] // a single byte is in most texts
	}
	return sets
}

func shortest(set []string) int {
	n := len(set[0])
	for _, s := range set {
		n = min(n, len(s))
	}
	return n
}

// solid returns the parts of a literal that fold within ASCII: without case, k
// and s stand for the Kelvin sign and the long s too.
func solid(re *syntax.Regexp) []string {
	return strings.FieldsFunc(asciiLower(string(re.Rune)), func(r rune) bool {
		return r >= utf8.RuneSelf || re.Flags&syntax.FoldCase != 0 && (r == 'k' || r == 's')
	})
}
