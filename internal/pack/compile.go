package pack

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/sieve"
	"github.com/logboom/logboom/internal/syslog"
)

// compiled is a rule, ready to be tried.
type compiled struct {
	from   *rule
	vendor string
	re     *regexp.Regexp
	state  State

	pon, onu, serial, port template
	severity, clear, info  []int // groups
	fixed                  uint8 // severity of the rule, or NoSeverity
	clears                 []string
	cause                  string
	proves, generic        bool
}

// A template makes a text of groups: "{frame}/{slot}". It makes none if one of
// its groups is empty.
type template []piece

// A piece is a fixed text, or else groups of which the first that is not empty
// counts.
type piece struct {
	text   string
	groups []int
}

// causes are what a rule may say of a cause.
var causes = []string{"", "power", "fibre", "operator"}

// minLiteral is how long a literal must be to be looked for, if a rule has such.
const minLiteral = 3

// maxLiteral is how much of a literal is looked for: more tells little more.
const maxLiteral = 12

// maxParts bounds a regular expression with its repeats written out, in about
// instructions: the time that a message takes grows with it.
const maxParts = 3000

// compile checks r and returns it ready, with the literals that it needs.
func (r *rule) compile(vendor string) (*compiled, [][]string, error) {
	c := &compiled{from: r, vendor: vendor, cause: r.Cause, proves: r.Proves, generic: r.Generic, fixed: NoSeverity}
	switch r.State {
	case "info":
	case "raise":
		c.state = Raise
	case "clear":
		c.state = Clear
	default:
		return nil, nil, r.fail("its state is %q; it is raise, clear or info", r.State)
	}
	switch {
	case !isKind(r.Kind):
		return nil, nil, r.fail("there is no kind %q; packs/README.md has all", r.Kind)
	case !slices.Contains(causes, r.Cause):
		return nil, nil, r.fail("its cause is %q; it is power, fibre or operator, or left out", r.Cause)
	case r.Proves && r.Generic:
		return nil, nil, r.fail("a rule that is generic proves nothing")
	case len(r.Hit) == 0:
		return nil, nil, r.fail("it needs a message that it finds: hit = [...]")
	case len(r.Hit) > maxHits || len(r.Miss) > maxHits:
		return nil, nil, r.fail("it has more than %d examples", maxHits)
	}
	if r.Severity != "" {
		n, ok := syslog.ParseSeverity(r.Severity)
		if !ok {
			return nil, nil, r.fail("there is no severity %q; there are emerg, alert, crit, err, warning, notice, info, debug", r.Severity)
		}
		c.fixed = n
	}
	for _, k := range r.Clears {
		if !isKind(k) {
			return nil, nil, r.fail("it clears %q; packs/README.md has all kinds", k)
		}
	}
	needs, err := c.regex()
	if err != nil {
		return nil, nil, r.fail("%w", err)
	}
	groups := c.groups()
	c.severity, c.clear, c.info = groups["sev"], groups["clear"], groups["info"]
	if c.state != Clear && len(c.clear) == 0 && len(r.Clears) > 0 {
		return nil, nil, r.fail("it never clears, but says what it clears")
	}
	c.clears = append([]string{r.Kind}, slices.DeleteFunc(slices.Clone(r.Clears), func(k string) bool { return k == r.Kind })...)
	for _, t := range []struct {
		to         *template
		name, text string
	}{{&c.pon, "pon", r.PON}, {&c.onu, "onu", r.ONU}, {&c.serial, "serial", r.Serial}, {&c.port, "port", r.Port}} {
		if *t.to, err = parseTemplate(t.name, t.text, groups); err != nil {
			return nil, nil, r.fail("%w", err)
		}
	}
	return c, needs, nil
}

// regex compiles the expression of c and returns the literals that it needs.
func (c *compiled) regex() ([][]string, error) {
	match := c.from.Match
	tree, err := syntax.Parse(match, syntax.Perl)
	if err == nil {
		if n := parts(tree); n > maxParts {
			return nil, fmt.Errorf("with its repeats written out, its match has %d parts; it may have %d: lower the counts in its braces", n, maxParts)
		}
		if begins(tree) {
			return nil, errors.New("its match begins with what may be anything, so that a name within a message could pass for an alarm: begin with fixed text")
		}
		c.re, err = regexp.Compile(`\A(?:` + match + `)`)
	}
	if err != nil {
		var se *syntax.Error
		if errors.As(err, &se) {
			return nil, fmt.Errorf("its match cannot be used: %s: %q", se.Code, se.Expr)
		}
		return nil, fmt.Errorf("its match cannot be used: %w", err)
	}
	var needs [][]string
	for _, set := range sieve.Required(tree.Simplify()) {
		if sieve.Shortest(set) < minLiteral {
			continue
		}
		cut := make([]string, 0, len(set))
		for _, s := range set {
			cut = append(cut, s[:min(len(s), maxLiteral)])
		}
		needs = append(needs, cut)
	}
	if len(needs) == 0 {
		return nil, fmt.Errorf("its match has no fixed text of %d letters by which it could be found", minLiteral)
	}
	return needs[:min(len(needs), 3)], nil
}

// begins reports whether re may begin with any number of any bytes.
func begins(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpStar, syntax.OpPlus:
		return anything(re.Sub[0])
	case syntax.OpRepeat:
		return anything(re.Sub[0]) && (re.Max < 0 || re.Max > 8) || begins(re.Sub[0])
	case syntax.OpCapture, syntax.OpQuest:
		return begins(re.Sub[0])
	case syntax.OpConcat:
		return len(re.Sub) > 0 && begins(re.Sub[0])
	case syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, begins)
	}
	return false
}

// anything reports whether re is one of nearly all characters, blanks included.
func anything(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpCapture:
		return anything(re.Sub[0])
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i] <= ' ' && ' ' <= re.Rune[i+1] && re.Rune[i+1] > 'a' {
				return true
			}
		}
	}
	return false
}

// parts returns about how many instructions re becomes, at most 1<<30.
func parts(re *syntax.Regexp) int {
	n := 1
	for _, sub := range re.Sub {
		n += parts(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpRepeat:
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, 1<<30)
}

// groups returns the named groups of c. A number at the end of a name does not
// count: port, port2 and port3 are one name, of which the first that is not
// empty is taken.
func (c *compiled) groups() map[string][]int {
	all := map[string][]int{}
	for i, name := range c.re.SubexpNames() {
		if name != "" {
			name = strings.TrimRight(name, "0123456789")
			all[name] = append(all[name], i)
		}
	}
	return all
}

var place = regexp.MustCompile(`\{(\w+)\}`)

func parseTemplate(name, text string, groups map[string][]int) (template, error) {
	if text == "-" {
		return nil, nil
	}
	if text == "" {
		if g := groups[name]; g != nil {
			return template{{groups: g}}, nil
		}
		return nil, nil
	}
	var t template
	at := 0
	for _, m := range place.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > at {
			t = append(t, piece{text: text[at:m[0]]})
		}
		g := groups[text[m[2]:m[3]]]
		if g == nil {
			return nil, fmt.Errorf("its %s = %q names a group that its match does not have: %s", name, text, text[m[2]:m[3]])
		}
		t = append(t, piece{groups: g})
		at = m[1]
	}
	if at < len(text) {
		t = append(t, piece{text: text[at:]})
	}
	return t, nil
}
