package query

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/sieve"
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

// regex makes the node of the regular expression t.
func (p *parser) regex(t token) (node, *Error) {
	if p.folded += folded(t.value); p.folded > maxFolded {
		return nil, p.fail(t.off, t.len, `[^ -~] is whatever is beyond ASCII`,
			"the classes of characters beyond ASCII take too long to read: with all of them, a query may name %d characters", maxFolded)
	}
	// A message is matched as a whole, line breaks and all.
	flagged := "(?is)" + t.value
	tree, err := syntax.Parse(flagged, syntax.Perl)
	if err == nil {
		// Nothing is compiled before its size is known.
		size := parts(tree)
		if p.parts += size; p.parts > MaxParts {
			return nil, p.fail(t.off, t.len, "lower the counts in its braces, or write * or + instead",
				"with its repeats written out, the regular expression has %d parts; those of a query may have %d together", size, MaxParts)
		}
	}
	var re *regexp.Regexp
	if err == nil {
		re, err = regexp.Compile(flagged)
	}
	if err != nil {
		var se *syntax.Error
		if errors.As(err, &se) {
			// se.Expr may show the flags that we put before it.
			err = errors.New(string(se.Code) + ": " + strings.TrimPrefix(se.Expr, "(?is)"))
		}
		return nil, p.fail(t.off, t.len, "", "the regular expression cannot be used: %v", err)
	}
	n := expression{source: plainRegex(t.value), re: re, rule: p.rule}
	for _, set := range sieve.Required(tree.Simplify()) {
		var needles []needle
		for _, s := range set {
			needles = append(needles, newNeedle(s))
		}
		n.literals = append(n.literals, needles)
	}
	return n, nil
}

// runesOfPart is how many bounds of its ranges a class of characters may have
// for each part that it counts as: \pL has 1,300.
const runesOfPart = 512

// parts returns how large re becomes when it is compiled: about its number of
// instructions. It is at most 1<<30.
func parts(re *syntax.Regexp) int {
	n := 0
	for _, sub := range re.Sub {
		n += parts(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpCharClass:
		n = 1 + len(re.Rune)/runesOfPart
	case syntax.OpConcat:
	case syntax.OpAlternate:
		n += len(re.Sub) - 1
	case syntax.OpCapture:
		n += 2
	case syntax.OpRepeat:
		n = n*max(re.Min, re.Max, 1) + max(re.Max-re.Min, 1)
	default: // *, +, ?, anything, ends
		n++
	}
	return min(n, 1<<30)
}

func (n expression) match(r *syslog.Record, _ Directory) bool {
	b := where(r, n.rule)
	b = b[:min(len(b), MaxMatched)]
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
