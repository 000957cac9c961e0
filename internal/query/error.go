package query

import (
	"fmt"
	"unicode/utf8"
)

// An Error says what is wrong with a query, and where.
type Error struct {
	Text           string // the query
	Offset, Length int    // the place in Text, in bytes; Length 0 = nothing is there
	Message        string // what was found and what was expected
	Hint           string // what to write instead; may be empty
}

// Error returns the message with its place, in characters from 1, and the hint.
func (e *Error) Error() string {
	at := utf8.RuneCountInString(e.Text[:min(e.Offset, len(e.Text))]) + 1
	s := fmt.Sprintf("at character %d: %s", at, e.Message)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}
