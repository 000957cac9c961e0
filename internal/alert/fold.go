package alert

import (
	"strings"
	"unicode/utf8"
)

// maxFolded is how long a folded text is at most, in bytes without the "…".
const maxFolded = 160

// Fold returns a text with "#" for its numbers, so that messages that say the
// same of different things are equal: "ONU 0/1/2:7 lost" is "ONU #/#/#:# lost".
// Numbers are digits, also with a dot between them ("-27.4"), words of
// hexadecimal digits, MAC addresses, and serials of ONUs behind the four letters
// of their vendor. It is cut at 160 bytes.
func Fold(text string) string {
	var b strings.Builder
	b.Grow(min(len(text), maxFolded+8))
	for i := 0; i < len(text); {
		if b.Len() >= maxFolded {
			return cutFolded(b.String())
		}
		if n := macAt(text[i:]); n > 0 && (i == 0 || !isWordByte(text[i-1])) {
			b.WriteByte('#')
			i += n
			continue
		}
		if !isWordByte(text[i]) {
			b.WriteByte(text[i])
			i++
			continue
		}
		end := i
		for end < len(text) && isWordByte(text[end]) {
			end++
		}
		foldWord(&b, text[i:end])
		if end-i > 0 && isDigit(text[end-1]) { // "27.4": one number
			for end+1 < len(text) && text[end] == '.' && isDigit(text[end+1]) && strings.HasSuffix(b.String(), "#") {
				for end++; end < len(text) && isDigit(text[end]); end++ {
				}
			}
		}
		i = end
	}
	if b.Len() > maxFolded {
		return cutFolded(b.String())
	}
	return b.String()
}

// foldWord writes a word of letters and digits of ASCII.
func foldWord(b *strings.Builder, word string) {
	digits, hex := 0, 0
	for i := range len(word) {
		if isDigit(word[i]) {
			digits++
		}
		if isHex(word[i]) {
			hex++
		}
	}
	switch {
	case len(word) == 12 && allHex(word[4:]) && noDigit(word[:4]): // "HWTCADCCBAFE", too
		b.WriteString(word[:4] + "#")
		return
	case digits == 0 && hex < 8:
		b.WriteString(word)
		return
	case hex == len(word) && hex >= 4, len(word) > 2 && word[0] == '0' && word[1]|0x20 == 'x':
		b.WriteByte('#')
		return
	}
	for i := 0; i < len(word); i++ {
		if !isDigit(word[i]) {
			b.WriteByte(word[i])
			continue
		}
		for i+1 < len(word) && isDigit(word[i+1]) {
			i++
		}
		b.WriteByte('#')
	}
}

// macAt returns the length of the MAC address that text begins with, 0 if it
// is none: 00:1a:2b:3c:4d:5e, 00-1A-..., 001a.2b3c.4d5e, 001a-2b3c-4d5e.
func macAt(text string) int {
	for _, group := range []int{2, 4} {
		if len(text) <= group {
			return 0
		}
		length := 12 + 12/group - 1
		sep := text[group]
		if len(text) < length || sep != ':' && sep != '-' && sep != '.' || len(text) > length && isWordByte(text[length]) {
			continue
		}
		good := true
		for i := range length {
			if i%(group+1) == group {
				good = good && text[i] == sep
			} else {
				good = good && isHex(text[i])
			}
		}
		if good {
			return length
		}
	}
	return 0
}

// cutFolded cuts s at the end of a character.
func cutFolded(s string) string {
	s = s[:min(len(s), maxFolded)]
	for len(s) > 0 {
		if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return s + "…"
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isWordByte(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }

func allHex(s string) bool {
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return true
}

func noDigit(s string) bool {
	for i := range len(s) {
		if isDigit(s[i]) {
			return false
		}
	}
	return true
}
