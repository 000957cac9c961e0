package query

import "strings"

// plain returns the query n as text. Brackets stand only where they are needed,
// so that it is nested no deeper than what was parsed.
func plain(n node) string {
	switch n := n.(type) {
	case and:
		return join(n.kids, " ", func(k node) bool { _, ok := k.(or); return ok })
	case or:
		return join(n.kids, " OR ", func(node) bool { return false })
	case not:
		s := plain(n.kid)
		switch k := n.kid.(type) {
		case and, or, not:
			return "-(" + s + ")"
		case word:
			if !negates(s) {
				return "-" + quote(k.source)
			}
		}
		return "-" + s
	case word:
		return n.source
	case expression:
		return n.source
	case column:
		return n.source
	case number:
		return n.source
	case called:
		return n.source
	case device:
		return n.source
	case port:
		return n.source
	}
	return ""
}

func join(kids []node, between string, bracket func(node) bool) string {
	var b strings.Builder
	for i, k := range kids {
		if i > 0 {
			b.WriteString(between)
		}
		if bracket(k) {
			b.WriteString("(" + plain(k) + ")")
		} else {
			b.WriteString(plain(k))
		}
	}
	return b.String()
}

// plainWord returns the word or, in quotes, phrase s as it is to be written:
// bare if that is read as the same.
func plainWord(s string, quoted bool) string {
	if quoted && strings.HasSuffix(s, "*") || !alone(s, token{kind: isWord, value: s}) {
		return quote(s)
	}
	return s
}

// fieldValue returns the value of a field as it is to be written.
func fieldValue(name, value string) string {
	if value != "" && alone(name+":"+value, token{kind: isField, name: name, value: value}) {
		return value
	}
	return quote(value)
}

// alone reports whether s is read as the one token t.
func alone(s string, t token) bool {
	l := lexer{text: s}
	got, err := l.next()
	return err == nil && l.pos == len(s) && got.kind == t.kind && got.name == t.name && got.value == t.value && !got.quoted
}

// quote returns s in quotes, with no more backslashes than it takes.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' && (i+1 == len(s) || s[i+1] == '"' || s[i+1] == '\\') {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	b.WriteByte('"')
	return b.String()
}

// plainRegex returns a regular expression between slashes.
func plainRegex(s string) string {
	var b strings.Builder
	b.WriteByte('/')
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '/':
			b.WriteByte('\\')
		case s[i] == '\\' && i+1 < len(s):
			b.WriteByte('\\')
			i++
		}
		b.WriteByte(s[i])
	}
	b.WriteByte('/')
	return b.String()
}
