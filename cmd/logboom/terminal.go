package main

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/console"
)

// isTerminal reports whether w is a terminal that a person looks at.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && info.Mode()&os.ModeDevice != 0 && f.Name() != os.DevNull
}

// colorful reports whether w shows colours and its user wants them
// (https://no-color.org).
func colorful(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w) && enableColor(w.(*os.File))
}

// visible returns s with control characters shown.
func visible(s string) string { return string(console.Visible([]byte(s))) }

// visibleLines returns s, which may have several lines, with the other control
// characters shown. Errors hold what others have sent.
func visibleLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

// newJSON returns an encoder of lines for programs, which do nothing to a
// terminal either.
func newJSON(w io.Writer) *json.Encoder { return json.NewEncoder(safeJSON{w}) }

// safeJSON is a writer of whole JSON values.
type safeJSON struct{ w io.Writer }

func (j safeJSON) Write(b []byte) (int, error) {
	if _, err := j.w.Write(console.SafeJSON(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// width is how many columns s takes, where each character takes one.
func width(s string) int { return utf8.RuneCountInString(visible(s)) }
