package main

import (
	"io"
	"os"
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

// width is how many columns s takes, where each character takes one.
func width(s string) int { return utf8.RuneCountInString(visible(s)) }
