package query

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// scope says of which rows a condition is wanted.
type scope struct {
	src  netip.Addr // the device that sent them; invalid = several
	dir  Directory
	blob bool // raw is a BLOB: SQLite can tell nothing about text
}

// A clause is a part of a WHERE that is never NULL.
type clause struct {
	text string
	args []any
}

// Clauses that hold for each row and for none.
var (
	always = clause{text: "1"}
	never  = clause{text: "0"}
)

func (c clause) is(d clause) bool { return c.text == d.text }

// A condition encloses a part of a query: may holds wherever the part does,
// must holds nowhere else. If both are the same, SQLite decides alone.
type condition struct {
	may, must clause
	exact     bool
}

// unknown is the condition of what SQLite cannot tell.
var unknown = condition{may: always, must: never}

func exactly(c clause) condition { return condition{c, c, true} }

func truth(b bool) condition {
	if b {
		return exactly(always)
	}
	return exactly(never)
}

// whole returns the WHERE of a query. Text in BLOBs cannot be looked at by
// SQLite (LIKE ends at a NUL and takes no BLOB), so that these rows are taken
// as far as the rest of the query allows.
func whole(n node, src netip.Addr, d Directory) (string, []any, bool) {
	text := n.sql(scope{src, d, false})
	blob := n.sql(scope{src, d, true})
	if blob.exact {
		return text.may.text, text.may.args, text.exact // no text in it that counts
	}
	kind := clause{text: "typeof(raw) = 'blob'"}
	c := either(text.may, both(kind, blob.may))
	return c.text, c.args, c.is(never)
}

func both(all ...clause) clause {
	return joined(all, " AND ", always, never)
}

func either(all ...clause) clause {
	return joined(all, " OR ", never, always)
}

// joined joins clauses. Those equal to neutral are left out, one equal to final
// decides.
func joined(all []clause, between string, neutral, final clause) clause {
	var texts []string
	var args []any
	for _, c := range all {
		if c.is(final) {
			return final
		}
		if !c.is(neutral) {
			texts = append(texts, c.text)
			args = append(args, c.args...)
		}
	}
	switch len(texts) {
	case 0:
		return neutral
	case 1:
		return clause{texts[0], args}
	}
	return clause{"(" + strings.Join(texts, between) + ")", args}
}

func (n and) sql(s scope) condition { return combined(n.plan, s, both) }
func (n or) sql(s scope) condition  { return combined(n.plan, s, either) }

func combined(kids []node, s scope, join func(...clause) clause) condition {
	var may, must []clause
	exact := true
	for _, k := range kids {
		c := k.sql(s)
		may, must, exact = append(may, c.may), append(must, c.must), exact && c.exact
	}
	c := condition{join(may...), join(must...), exact}
	if c.may.is(never) || c.must.is(always) {
		return truth(c.must.is(always)) // a part that decides makes up for those that cannot
	}
	return c
}

func (n not) sql(s scope) condition {
	c := n.kid.sql(s)
	return condition{negated(c.must), negated(c.may), c.exact}
}

func negated(c clause) clause {
	switch {
	case c.is(always):
		return never
	case c.is(never):
		return always
	}
	return clause{"NOT " + c.text, c.args}
}

func (n number) sql(scope) condition {
	var args []any
	for i := range 32 {
		if n.set&(1<<i) != 0 {
			args = append(args, i)
		}
	}
	if n.set&(n.set+1) == 0 { // all from 0
		return exactly(clause{"(" + n.name + " <= ?)", args[len(args)-1:]})
	}
	return exactly(clause{"(" + n.name + " IN (?" + strings.Repeat(", ?", len(args)-1) + "))", args})
}

func (n column) sql(s scope) condition {
	if s.blob {
		return unknown
	}
	if n.text.needle.empty() {
		c := exactly(clause{text: "(ifnull(" + n.name + ", '') = '')"})
		if n.text.star {
			return condition{negated(c.may), negated(c.must), true}
		}
		return c
	}
	pattern, exact := n.text.like()
	if n.text.star {
		pattern += "%"
	}
	c := exactly(clause{"(ifnull(" + n.name + ", '') LIKE ? ESCAPE '\\')", []any{pattern}})
	if !exact {
		c.must, c.exact = never, false
	}
	return c
}

func (n called) sql(s scope) condition {
	if !s.src.IsValid() {
		return unknown
	}
	return truth(n.holds(s.src, s.dir))
}

func (n device) sql(s scope) condition {
	if !s.src.IsValid() {
		return unknown
	}
	return truth(n.holds(s.src, s.dir))
}

func (n word) sql(s scope) condition {
	if n.needle.empty() {
		return truth(true)
	}
	return within([][]needle{{n.needle}}, s, !n.rule)
}

func (n port) sql(s scope) condition { return within([][]needle{{n.needle}}, s, false) }

func (n expression) sql(s scope) condition { return within(n.literals, s, false) }

// within returns the condition that of each set, one needle stands in raw. If
// exact, that is all that was asked for, else it is only what must hold too.
func within(sets [][]needle, s scope, exact bool) condition {
	if s.blob || len(sets) == 0 {
		return unknown
	}
	var all []clause
	for _, set := range sets {
		var one []clause
		for i := range set {
			pattern, same := set[i].like()
			exact = exact && same
			one = append(one, clause{"(raw LIKE ? ESCAPE '\\')", []any{"%" + pattern + "%"}})
		}
		all = append(all, either(one...))
	}
	c := exactly(both(all...))
	if !exact {
		c.must, c.exact = never, false
	}
	return c
}

// like returns the needle as a pattern for LIKE, which folds ASCII only: for a
// letter with another case beyond ASCII, any character stands. exact if there
// is none.
func (n *needle) like() (pattern string, exact bool) {
	var b strings.Builder
	exact = true
	for i, r := range []rune(n.text) {
		switch {
		case r == '%' || r == '_' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= utf8.RuneSelf && len(n.runes[i]) > 1:
			b.WriteByte('_')
			exact = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), exact
}
