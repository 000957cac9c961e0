package tray

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes foreign text fit for a menu: one line without anything that is
// not seen or changes what is (control characters, overrides of direction), at
// most n characters, the last an ellipsis if there was more.
func clean(s string, n int) string {
	var b strings.Builder
	written, space := 0, false
	for _, r := range s {
		if unicode.IsSpace(r) || r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Zl, unicode.Zp) {
			space = written > 0
			continue
		}
		need := 1
		if space {
			need = 2
		}
		if written+need > n {
			return ellipsis(b.String(), n)
		}
		if space {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		written += need
		space = false
	}
	return b.String()
}

// ellipsis returns s with an ellipsis at its end, together at most n characters.
func ellipsis(s string, n int) string {
	for utf8.RuneCountInString(s) > n-1 {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimRight(s, " ") + "…"
}

// units returns how many UTF-16 units s is, as Windows counts.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}
