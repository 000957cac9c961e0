package console

import (
	"fmt"
	"unicode/utf8"
)

// SafeJSON returns b, which is JSON, with the characters as \uXXXX that
// encoding/json passes on although a terminal acts upon them: U+007F to U+009F
// and the controls of bidirectional text. It means the same: beyond ASCII, and
// U+007F, there is nothing in JSON but within strings (RFC 8259). It returns b
// itself if there is nothing to do.
func SafeJSON(b []byte) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(b); {
		if b[i] < 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r <= 0x9f || isBidi(r) {
			out = fmt.Appendf(append(out, b[done:i]...), `\u%04x`, r)
			done = i + n
		}
		i += n
	}
	if done == 0 {
		return b
	}
	return append(out, b[done:]...)
}

// isBidi reports whether r changes the direction of text: Bidi_Control of
// Unicode.
func isBidi(r rune) bool {
	return r == 0x61c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// plain are the bytes that stand for themselves in a string of JSON.
var plain = func() (t [256]bool) {
	for c := byte(' '); c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return t
}()

// appendString appends text as a string of JSON, the same as [SafeJSON] makes of
// what encoding/json does; bytes that are no UTF-8 become U+FFFD.
func appendString(b, text []byte) []byte {
	b = append(b, '"')
	done := 0
	for i := 0; i < len(text); {
		c := text[i]
		if plain[c] {
			i++
			continue
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			if r, n = utf8.DecodeRune(text[i:]); (r != utf8.RuneError || n > 1) && r > 0x9f && r != 0x2028 && r != 0x2029 && !isBidi(r) {
				i += n
				continue
			}
		}
		b = append(b, text[done:i]...)
		i += n
		done = i
		switch r {
		case '"', '\\':
			b = append(b, '\\', byte(r))
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return append(append(b, text[done:]...), '"')
}
