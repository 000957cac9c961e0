package config

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxFile bounds a configuration file, in bytes. 100,000 devices fit.
const maxFile = 16 << 20

// saveAsUTF8 is the hint for a file in another encoding.
const saveAsUTF8 = `in Notepad: File, Save as, Encoding "UTF-8"; in PowerShell: Set-Content -Encoding utf8`

// readable returns the text of a file without its byte order mark, or the one
// problem that keeps it from being read as text at all.
func readable(file string, b []byte) (string, *Problem) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	switch {
	case len(b) > maxFile:
		return "", &Problem{File: file, Want: fmt.Sprintf("the file is %s long, must be at most %s", Size(len(b)>>20<<20), Size(maxFile)),
			Hint: "is it really the configuration?"}
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")), utf16Pattern(b):
		return "", &Problem{File: file, Want: `the file is saved as UTF-16 (Notepad calls it "Unicode"), must be UTF-8`, Hint: saveAsUTF8}
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return "", &Problem{File: file, Line: 1 + bytes.Count(b[:i], []byte{'\n'}), Want: "the file holds a NUL byte, must be text",
			Hint: "it may have been damaged in a crash; restore it from a copy"}
	}
	if !utf8.Valid(b) {
		line := 1
		for l := range bytes.Lines(b) {
			if !utf8.Valid(l) {
				break
			}
			line++
		}
		return "", &Problem{File: file, Line: line, Want: "the text is not UTF-8", Hint: saveAsUTF8}
	}
	return string(b), nil
}

// utf16Pattern reports whether b looks like UTF-16 without a byte order mark:
// every second of its first bytes is NUL.
func utf16Pattern(b []byte) bool {
	return len(b) >= 4 && (b[0] == 0 && b[2] == 0 && b[1] != 0 && b[3] != 0 || b[1] == 0 && b[3] == 0 && b[0] != 0 && b[2] != 0)
}

// places knows the line of every key. The TOML parser does not tell those of
// keys that it could read.
type places struct {
	lines map[string]int // "store.batch_size", "device#2.name" -> line
}

// line returns the line of the key id, or that of the table it stands in.
func (p places) line(id string) int {
	for id != "" {
		if n := cmp.Or(p.lines[id], p.lines[id+"#1"]); n > 0 {
			return n
		}
		i := strings.LastIndexAny(id, ".#")
		if i < 0 {
			break
		}
		id = id[:i]
	}
	return 0
}

// scan finds the places in text, which need not be valid TOML.
func scan(text string) places {
	p := places{lines: map[string]int{}}
	count := map[string]int{}
	table, line := "", 1
	note := func(key string) {
		if p.lines[key] == 0 {
			p.lines[key] = line
		}
	}
	for len(text) > 0 {
		trimmed := strings.TrimLeft(text, " \t\r")
		if trimmed == "" {
			break
		}
		switch trimmed[0] {
		case '\n':
			text = trimmed[1:]
			line++
			continue
		case '#':
			text = afterLine(trimmed)
			line++
			continue
		case '[':
			head, _, _ := strings.Cut(trimmed, "\n")
			name, list := strings.CutPrefix(head, "[[")
			name, _, _ = strings.Cut(strings.TrimLeft(name, "["), "]")
			table = bareKey(name)
			if list {
				count[table]++
				table = fmt.Sprintf("%s#%d", table, count[table])
			}
			note(table)
			text = afterLine(trimmed)
			line++
			continue
		}
		head, _, _ := strings.Cut(trimmed, "\n")
		key := keyOf(head)
		if len(key) == len(head) {
			text = afterLine(trimmed)
			line++
			continue
		}
		if id := bareKey(key); table == "" {
			note(id)
		} else {
			note(table + "." + id)
		}
		var lines int
		text, lines = afterValue(trimmed[len(key)+1:])
		line += lines
	}
	return p
}

// keyOf returns what stands before the first "=" of a line that is not in quotes.
func keyOf(line string) string {
	for i := 0; i < len(line); {
		switch line[i] {
		case '=':
			return line[:i]
		case '"', '\'':
			i += stringLen(line[i:])
		default:
			i++
		}
	}
	return line
}

// bareKey returns a dotted key without blanks and quotes.
func bareKey(key string) string {
	parts := strings.Split(key, ".")
	for i, s := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(s), `"'`)
	}
	return strings.Join(parts, ".")
}

// afterLine returns what follows the first line of s.
func afterLine(s string) string {
	_, rest, _ := strings.Cut(s, "\n")
	return rest
}

// afterValue skips a value and the rest of its last line. It returns what
// follows, and how many lines were skipped.
func afterValue(s string) (rest string, lines int) {
	depth := 0
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case '\n':
			lines++
			if depth <= 0 {
				return s[i+1:], lines
			}
			i++
		case '#':
			for i < len(s) && s[i] != '\n' {
				i++
			}
		case '[', '{':
			depth++
			i++
		case ']', '}':
			depth--
			i++
		case '"', '\'':
			n := stringLen(s[i:])
			lines += strings.Count(s[i:i+n], "\n")
			i += n
		default:
			i++
		}
	}
	return "", lines
}

// stringLen returns the length of the quoted text that s begins with. One that
// is not closed ends with its line, or with s if it may have several lines.
func stringLen(s string) int {
	q := s[:1]
	if long := strings.Repeat(q, 3); strings.HasPrefix(s, long) {
		for i := 3; i < len(s); i++ {
			if s[i] == '\\' && q == `"` {
				i++
			} else if strings.HasPrefix(s[i:], long) {
				i += 3
				for n := 0; n < 2 && i < len(s) && s[i] == q[0]; n++ {
					i++ // its last characters may be quotes
				}
				return i
			}
		}
		return len(s)
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\n':
			return i
		case s[i] == '\\' && q == `"` && i+1 < len(s) && s[i+1] != '\n':
			i++
		case s[i] == q[0]:
			return i + 1
		}
	}
	return len(s)
}
