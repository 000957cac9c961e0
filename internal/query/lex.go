package query

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A kind is what a token is.
type kind uint8

const (
	isEnd    kind = iota
	isWord        // foo, foo*
	isPhrase      // "foo bar"
	isRegex       // /foo/
	isField       // name:value
	isMinus       // - before something
	isOr          // OR
	isAnd         // AND, which says no more than a space
	isOpen        // (
	isClose       // )
)

// A token is one piece of the text of a query.
type token struct {
	kind     kind
	off, len int    // the place in the text
	name     string // of a field, in lower case
	value    string // of a word, phrase, regex or field: what it stands for
	quoted   bool   // the value of a field was in quotes
}

// lexer cuts the text of a query into tokens.
type lexer struct {
	text string
	pos  int
}

func (l *lexer) fail(off, length int, hint, format string, args ...any) *Error {
	return &Error{Text: l.text, Offset: off, Length: length, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// next returns the token at the position and moves behind it.
func (l *lexer) next() (token, *Error) {
	for l.pos < len(l.text) {
		r, n := utf8.DecodeRuneInString(l.text[l.pos:])
		if !unicode.IsSpace(r) {
			break
		}
		l.pos += n
	}
	start := l.pos
	one := func(k kind) (token, *Error) {
		l.pos++
		return token{kind: k, off: start, len: 1}, nil
	}
	if start == len(l.text) {
		return token{kind: isEnd, off: start}, nil
	}
	switch l.text[start] {
	case '(':
		return one(isOpen)
	case ')':
		return one(isClose)
	case '"':
		value, err := l.quoted()
		if err == nil && value == "" {
			err = l.fail(start, 2, "", "there is nothing between the quotes")
		}
		return token{kind: isPhrase, off: start, len: l.pos - start, value: value}, err
	case '/':
		value, err := l.regex()
		return token{kind: isRegex, off: start, len: l.pos - start, value: value}, err
	case '-':
		if negates(l.text[start+1:]) {
			return one(isMinus)
		}
	}
	return l.word()
}

// negates reports whether a minus before s asks for messages without s. Lines
// that people paste have dashes and arrows of their own.
func negates(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && !unicode.IsSpace(r) && r != '-' && r != '>' && r != ')'
}

// bare returns the length of the bare word at the start of s: up to a space, a
// bracket or a quote.
func bare(s string) int {
	i := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '(' || r == ')' || r == '"'
	})
	if i < 0 {
		return len(s)
	}
	return i
}

// word reads a bare word or a field.
func (l *lexer) word() (token, *Error) {
	start := l.pos
	l.pos += bare(l.text[start:])
	s := l.text[start:l.pos]
	t := token{kind: isWord, off: start, len: len(s), value: s}
	switch s {
	case "OR":
		t.kind = isOr
	case "AND":
		t.kind = isAnd
	}
	name, value, ok := cutField(s)
	if !ok {
		return t, nil
	}
	t.kind, t.name, t.value = isField, strings.ToLower(name), value
	if value == "" && l.pos < len(l.text) && l.text[l.pos] == '"' {
		var err *Error
		if t.value, err = l.quoted(); err != nil {
			return t, err
		}
		t.quoted = true
		t.len = l.pos - start
	} else if value == "" && !slices.Contains(fieldNames, t.name) {
		return token{kind: isWord, off: start, len: len(s), value: s}, nil // "EPON:"
	}
	return t, nil
}

// cutField cuts "name:value", where the name has letters only. Unless it is the
// name of a field, MAC and IPv6 addresses and links are no fields.
func cutField(s string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(s, ":")
	if !ok || name == "" {
		return "", "", false
	}
	hex := strings.Contains(value, ":")
	for _, c := range []byte(name) {
		if !isLetter(c) {
			return "", "", false
		}
		hex = hex && c|0x20 <= 'f'
	}
	if slices.Contains(fieldNames, strings.ToLower(name)) {
		return name, value, true
	}
	return name, value, !hex && !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, ":")
}

// quoted reads what stands in quotes at the position. Within them \" is a quote
// and \\ a backslash; before anything else a backslash is itself.
func (l *lexer) quoted() (string, *Error) {
	start := l.pos
	var b strings.Builder
	for i := start + 1; i < len(l.text); i++ {
		c := l.text[i]
		if c == '"' {
			l.pos = i + 1
			return b.String(), nil
		}
		if c == '\\' && i+1 < len(l.text) && (l.text[i+1] == '"' || l.text[i+1] == '\\') {
			i++
			c = l.text[i]
		}
		b.WriteByte(c)
	}
	return "", l.fail(start, len(l.text)-start, `end it with ", and write \" for a quote within it`, "this quote is not closed")
}

// regex reads what stands between slashes at the position.
func (l *lexer) regex() (string, *Error) {
	start := l.pos
	var b strings.Builder
	for i := start + 1; i < len(l.text); i++ {
		c := l.text[i]
		if c == '\\' && i+1 < len(l.text) {
			i++
			if l.text[i] != '/' {
				b.WriteByte('\\')
			}
			c = l.text[i]
		} else if c == '/' {
			l.pos = i + 1
			word := l.text[start : l.pos+bare(l.text[l.pos:])]
			r, _ := utf8.DecodeRuneInString(l.text[l.pos:])
			if l.pos < len(l.text) && !unicode.IsSpace(r) && r != '(' && r != ')' {
				return "", l.fail(start, len(word), fmt.Sprintf("write \\/ for a slash within it, or \"%s\" for the text itself", word),
					"a regular expression ends at its second slash, but %q follows", l.text[l.pos:start+len(word)])
			}
			if b.Len() == 0 {
				return "", l.fail(start, 2, "", "there is nothing between the slashes")
			}
			return b.String(), nil
		}
		b.WriteByte(c)
	}
	word := l.text[start : start+bare(l.text[start:])]
	return "", l.fail(start, len(l.text)-start, fmt.Sprintf("end it with /, or write \"%s\" for the text itself", word), "this regular expression is not closed")
}
