package notify

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible returns the foreign rune r, read from b, as it may be shown to
// people: characters that would do something, such as ESC, or turn the
// direction of the text, are written out. Line breaks stay.
func visible(r rune, b string) string {
	const joiner, nonJoiner = '\u200d', '\u200c' // part of some scripts and of emoji
	switch {
	case r == utf8.RuneError && len(b) == 1:
		return fmt.Sprintf(`\x%02x`, b[0])
	case r == '\n', unicode.IsPrint(r), unicode.Is(unicode.Zs, r), r == joiner, r == nonJoiner:
		return b
	case r == '\t':
		return " "
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}

// shown returns s on one line of characters that do nothing but show.
func shown(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == '\n' {
			b.WriteByte(' ')
		} else {
			b.WriteString(visible(r, s[:size]))
		}
		s = s[size:]
	}
	return b.String()
}

// cutMark stands at the end of what was longer.
const cutMark = "… [cut]"

// foreign returns s, which a device or a person wrote, for HTML of the Bot API:
// escaped, with only visible characters, and with at most limit UTF-16 units,
// which are what Telegram counts. What does not fit is cut between characters
// and ends with [cutMark].
func foreign(s string, limit int) string {
	var b strings.Builder
	used, safe := 0, 0 // units in b; bytes of b after which the mark fits
	room := limit - units(cutMark)
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		piece := visible(r, s[:size])
		switch piece {
		case "<":
			piece = "&lt;"
		case ">":
			piece = "&gt;"
		case "&":
			piece = "&amp;"
		}
		n := units(piece)
		if used+n > limit {
			if room < 0 {
				return ""
			}
			return b.String()[:safe] + cutMark
		}
		b.WriteString(piece)
		if used += n; used <= room {
			safe = b.Len()
		}
		s = s[size:]
	}
	return b.String()
}

// units returns the length of s in UTF-16 units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x10000 {
			n++
		}
	}
	return n
}
