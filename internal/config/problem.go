package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Problem is one thing to correct in the file. It is written for the person
// who edits it: which key, what is there, what is accepted, and what to do.
type Problem struct {
	File string // the file to edit
	Key  string // as the user finds it, for example "store.batch_size"
	Have string // the value found; empty if the key itself is the problem
	Want string // what is accepted, in words
	Hint string // what to do next; may be empty

	Line   int    // from 1; 0 = unknown
	Column int    // of mistakes that keep the file from being read, in characters from 1; else 0
	Source string // the line itself, if Column is set

	id      string // key with the place in its list; each has at most one Problem
	missing bool   // a key that should be there is not
}

// String returns p as it is shown to people, without an indent. A hint and the
// line of a syntax error stand on lines of their own.
func (p Problem) String() string {
	var b strings.Builder
	switch {
	case p.Column > 0:
		fmt.Fprintf(&b, "line %d, column %d: %s", p.Line, p.Column, p.Want)
		fmt.Fprintf(&b, "\n    %s\n    %s^", p.Source, strings.Repeat(" ", p.Column-1))
	default:
		b.WriteString(p.Key)
		if p.Have != "" {
			b.WriteString(" = " + p.Have)
		}
		if p.Key != "" {
			b.WriteString(": ")
		}
		b.WriteString(p.Want)
		if p.Line > 0 {
			fmt.Fprintf(&b, " (line %d)", p.Line)
		}
	}
	if p.Hint != "" {
		b.WriteString("\n    hint: " + p.Hint)
	}
	return b.String()
}

// Problems is the error that [Load] and [Parse] return for a file that can be
// found but not used. It holds every problem, those of one file together.
type Problems []Problem

// Error returns the whole text for people, several lines.
func (ps Problems) Error() string {
	var b strings.Builder
	for i, p := range ps {
		if i == 0 || p.File != ps[i-1].File {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(p.File + " cannot be used:")
		}
		b.WriteString("\n  " + strings.ReplaceAll(p.String(), "\n", "\n  "))
	}
	return b.String()
}

// maxHave bounds how much of a value is repeated to its author, in characters.
const maxHave = 100

// quote returns s the way it is best written in the file: in single quotes if
// it has a backslash or a double quote, else in double ones.
func quote(s string) string {
	s = cut(s)
	plain := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) < 0
	if plain && strings.ContainsAny(s, `\"`) && !strings.Contains(s, "'") {
		return "'" + s + "'"
	}
	return strconv.Quote(s)
}

// cut returns at most maxHave characters of s.
func cut(s string) string { return cutTo(s, maxHave) }

// cutTo returns at most so many characters of s.
func cutTo(s string, most int) string {
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// printable replaces what a terminal might act on.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return '\uFFFD'
		}
		return r
	}, s)
}
