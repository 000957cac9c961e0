package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/query"
)

// answer writes v as JSON. Text that is not valid UTF-8 gets U+FFFD where it is
// not; "<", ">" and "&" are escaped, in case somebody puts it into a page.
func answer(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		panic(err) // one of our own types cannot be written
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(SafeJSON(b.Bytes()))
}

// A failure is what the API says when it cannot do what it was asked to.
type failure struct {
	Message string `json:"message"`        // what is wrong, for people
	Hint    string `json:"hint,omitempty"` // what to do
	// The place in the query, in UTF-16 units as browsers count; only for a
	// query that cannot be read.
	At     *int `json:"at,omitempty"`
	Length *int `json:"length,omitempty"`
}

func fail(w http.ResponseWriter, status int, message, hint string) {
	respond(w, status, failure{Message: message, Hint: hint})
}

func respond(w http.ResponseWriter, status int, f failure) {
	w.Header().Set("Cache-Control", "no-store")
	answer(w, status, map[string]failure{"error": f})
}

// failQuery explains why text is no query.
func failQuery(w http.ResponseWriter, text string, err error) {
	var q *query.Error
	if !errors.As(err, &q) {
		fail(w, http.StatusBadRequest, err.Error(), "")
		return
	}
	at := units(text, 0, q.Offset)
	length := units(text, q.Offset, q.Offset+q.Length)
	respond(w, http.StatusBadRequest, failure{Message: q.Message, Hint: q.Hint, At: &at, Length: &length})
}

// units returns how many UTF-16 units the bytes from a to b of s are.
func units(s string, a, b int) int {
	a, b = min(max(a, 0), len(s)), min(max(b, 0), len(s))
	if a >= b {
		return 0
	}
	n := 0
	for _, r := range s[a:b] {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// cut returns the first n characters of b, and whether there are more. An
// invalid byte counts as a character.
func cut(b []byte, n int) ([]byte, bool) {
	if len(b) <= n {
		return b, false
	}
	at := 0
	for range n {
		if at == len(b) {
			return b, false
		}
		_, size := utf8.DecodeRune(b[at:])
		at += size
	}
	return b[:at], at < len(b)
}
