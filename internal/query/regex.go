package query

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/syslog"
)

// expression is a regular expression that matches somewhere in the message.
type expression struct {
	source string
	re     *regexp.Regexp
	rule   bool // in the text of the message only

	// one of these stands in every text that matches; none if that is not
	// known. Finding them first is some fifty times as fast as matching.
	literals []needle
}

// maxLiterals is how many literals are looked for before a regular expression.
const maxLiterals = 8

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
		for _, s := range required(tree.Simplify()) {
			n.literals = append(n.literals, newNeedle(s))
		}
	}
	return n, nil
}

func (n expression) match(r *syslog.Record, _ Directory) bool {
	b := where(r, n.rule)
	return n.possible(b) && n.re.Match(b)
}

func (n expression) possible(b []byte) bool {
	for i := range n.literals {
		if n.literals[i].index(b, 0) >= 0 {
			return true
		}
	}
	return len(n.literals) == 0
}

func (n expression) cost() int { return 20 }

// required returns literals of ASCII in lower case of which one stands, in any
// case, in each text that re matches; nil if there are none.
func required(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if s := solid(re); s != "" {
			return []string{s}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if all := required(sub); better(all, best) {
				best = all
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			some := required(sub)
			if some == nil {
				return nil
			}
			all = append(all, some...)
		}
		if len(all) <= maxLiterals {
			return all
		}
	}
	return nil
}

// better prefers the set whose shortest literal is longest.
func better(a, b []string) bool {
	return a != nil && (b == nil || shortest(a) > shortest(b))
}

func shortest(all []string) int {
	n := len(all[0])
	for _, s := range all {
		n = min(n, len(s))
	}
	return n
}

// solid returns the longest part of a literal that folds within ASCII: without
// case, k and s stand for the Kelvin sign and the long s too.
func solid(re *syntax.Regexp) string {
	best, from := "", 0
	s := asciiLower(string(re.Rune))
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] >= utf8.RuneSelf || re.Flags&syntax.FoldCase != 0 && (s[i] == 'k' || s[i] == 's') {
			if i-from > len(best) {
				best = s[from:i]
			}
			from = i + 1
		}
	}
	return best
}
