package query

import "fmt"

// An Error says what is wrong with a query, and where.
type Error struct {
	Offset, Length int    // the place in bytes; Length 0 = between two bytes
	Message        string // what was found and what was expected
	Hint           string // what to write instead; may be empty
}

// Error returns message and hint with the place counted from 1.
func (e *Error) Error() string {
	s := fmt.Sprintf("column %d: %s", e.Offset+1, e.Message)
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}
