package service

import (
	"io"
	"os"
	"strings"
)

// A tail is what a service has written to its own log since a moment, which
// tells why it does not start.
type tail struct {
	path string // "" = no log
	from int64  // size of the file at that moment
}

// tailBytes and tailLines bound what is shown of a log.
const (
	tailBytes = 8 << 10
	tailLines = 8
)

// tailFrom returns the tail of the log at path from now on.
func tailFrom(path string) tail {
	t := tail{path: path}
	if info, err := os.Stat(path); err == nil {
		t.from = info.Size()
	}
	return t
}

// String returns the last lines, each with an indent, or "" if there are none.
func (t tail) String() string {
	f, err := os.Open(t.path)
	if err != nil {
		return "" // it has not come so far, or this user may not read it
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	from := t.from
	if info.Size() < from {
		from = 0 // a new file was begun
	}
	from = max(from, info.Size()-tailBytes)
	text, err := io.ReadAll(io.NewSectionReader(f, from, tailBytes))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if lines[0] == "" {
		return ""
	}
	lines = lines[max(0, len(lines)-tailLines):]
	return "    " + strings.Join(lines, "\n    ")
}
