package query

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxFolded is how many characters beyond ASCII the classes of a query's
// regular expressions may name. The parser asks for the other case of each of
// them, some 50 ns, even if there is none. Chinese has 21,000.
const maxFolded = 100_000

// foldedProperty is what \p counts as: the parser has a table of those with
// another case.
const foldedProperty = 5000

// folded returns about how many characters the parser asks for the other case
// when it reads the regular expression s.
func folded(s string) int {
	n, in := 0, false // in a class
	for i := 0; i < len(s); {
		rest := s[i:]
		switch {
		case strings.HasPrefix(rest, `\p`) || strings.HasPrefix(rest, `\P`):
			n += foldedProperty
			i += 2
		case !in && rest[0] == '[':
			in = true
			i += len(rest) - len(strings.TrimPrefix(strings.TrimPrefix(rest[1:], "^"), "]"))
		case in && rest[0] == ']':
			in = false
			i++
		case in && strings.HasPrefix(rest, "[:") && strings.Contains(rest, ":]"):
			i += strings.Index(rest, ":]") + 2
		default:
			low, size := character(rest)
			i += size
			if !in || i+1 >= len(s) || s[i] != '-' || s[i+1] == ']' {
				continue
			}
			high, size := character(s[i+1:])
			i += 1 + size
			if high >= utf8.RuneSelf {
				n += max(0, int(high-low))
			}
		}
	}
	return n
}

// character returns the first character of s, which is not empty, as in a class
// of a regular expression, and how many bytes it takes.
func character(s string) (r rune, size int) {
	if s[0] != '\\' || len(s) == 1 {
		return utf8.DecodeRuneInString(s)
	}
	digits, base := "", 16
	switch {
	case strings.HasPrefix(s, `\x{`):
		if end := strings.IndexByte(s, '}'); end > 0 {
			digits, size = s[3:end], end+1
		}
	case s[1] == 'x' && len(s) >= 4:
		digits, size = s[2:4], 4
	case isDigit(s[1]):
		for size = 2; size < min(len(s), 4) && isDigit(s[size]); size++ {
		}
		digits, base = s[1:size], 8
	}
	if n, err := strconv.ParseUint(digits, base, 21); err == nil {
		return rune(n), size
	}
	r, size = utf8.DecodeRuneInString(s[1:])
	return r, 1 + size
}
