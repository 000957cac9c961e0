package query

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/syslog"
)

// A needle is a text to be found in any case. Letters of ASCII are equal to
// ASCII only; others by simple folding.
type needle struct {
	text string // in lower case as far as ASCII goes

	// For a text of ASCII only: its rarest byte, in both cases, and where it
	// stands. Rare bytes are found fast.
	at         int
	low, upper byte

	runes [][]string // else: for each rune of the text, all that are equal to it
}

// common are bytes of log messages, the most frequent first.
const common = " 0e1tani2osr3d:l.4-c/56pm,7u89fg=bh_[]vyw()xk%jq"

func newNeedle(s string) needle {
	n := needle{text: asciiLower(s)}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			for _, r := range n.text {
				n.runes = append(n.runes, equals(r))
			}
			return n
		}
	}
	rank := -1
	for i := range len(n.text) {
		k := strings.IndexByte(common, n.text[i])
		if k < 0 {
			k = len(common)
		}
		if k > rank {
			rank, n.at, n.low = k, i, n.text[i]
		}
	}
	n.upper = n.low
	if 'a' <= n.low && n.low <= 'z' {
		n.upper -= 'a' - 'A'
	}
	return n
}

func (n *needle) empty() bool { return n.text == "" }

// lower maps bytes to lower case as far as ASCII goes.
var lower = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// equals returns all that is equal to the rune r, as UTF-8.
func equals(r rune) []string {
	all := []string{string(r)}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if (f < utf8.RuneSelf) == (r < utf8.RuneSelf) {
			all = append(all, string(f))
		}
	}
	return all
}

// begins reports whether the needle stands at s[i:], and where it ends in s.
func begins[T string | []byte](n *needle, s T, i int) (int, bool) {
	if n.runes == nil {
		if len(s)-i < len(n.text) {
			return 0, false
		}
		for j := range len(n.text) {
			if lower[s[i+j]] != n.text[j] {
				return 0, false
			}
		}
		return i + len(n.text), true
	}
next:
	for _, all := range n.runes {
		for _, one := range all {
			if len(s)-i >= len(one) && string(s[i:i+len(one)]) == one {
				i += len(one)
				continue next
			}
		}
		return 0, false
	}
	return i, true
}

// index returns where the needle stands first in b, not before from; -1 if it
// does not.
func (n *needle) index(b []byte, from int) int {
	if n.runes != nil {
		return n.indexRunes(b, from)
	}
	if len(b)-from < len(n.text) {
		return -1
	}
	if n.text == "" {
		return from
	}
	// w is where the rare byte can be.
	w := b[from+n.at : len(b)-len(n.text)+n.at+1]
	low, upper := bytes.IndexByte(w, n.low), -1
	if n.upper != n.low {
		upper = bytes.IndexByte(w, n.upper)
	}
	for low >= 0 || upper >= 0 {
		cursor, c := &low, n.low
		if low < 0 || 0 <= upper && upper < low {
			cursor, c = &upper, n.upper
		}
		i := *cursor
		if _, ok := begins(n, b, from+i); ok {
			return from + i
		}
		if *cursor = bytes.IndexByte(w[i+1:], c); *cursor >= 0 {
			*cursor += i + 1
		}
	}
	return -1
}

// indexRunes is index for a needle with runes beyond ASCII.
func (n *needle) indexRunes(b []byte, from int) int {
	best := -1
	for _, first := range n.runes[0] {
		for i := from; ; i++ {
			k := bytes.Index(b[i:], []byte(first))
			if k < 0 || best >= 0 && i+k >= best {
				break
			}
			i += k
			if _, ok := begins(n, b, i); ok {
				best = i
				break
			}
		}
	}
	return best
}

// word is a word or phrase that stands somewhere in the message.
type word struct {
	source string
	needle needle
	rule   bool // in the text of the message only
}

// newWord makes the node for value, which was written as source, in quotes or
// not.
func newWord(source, value string, rule, quoted bool) node {
	return word{plainWord(source, quoted), newNeedle(value), rule}
}

func (n word) match(r *syslog.Record, _ Directory) bool {
	return n.needle.index(where(r, n.rule), 0) >= 0
}

func (n word) cost() int { return 5 }

// where returns what words are looked for in.
func where(r *syslog.Record, rule bool) []byte {
	if rule {
		return Said(&r.Message)
	}
	return r.Raw
}

// Said returns what an alert rule looks at: the text of a message and, where
// the device put it before the text, the mnemonic that says what happened, as
// in "%LINK-3-UPDOWN: Interface Gi0/7, changed state to down".
func Said(m *syslog.Message) []byte {
	app := m.Get(m.AppName)
	if !mnemonic(app) {
		return m.Text()
	}
	i := m.NameAt()
	if i < 0 {
		return m.Text()
	}
	return m.Raw[i:]
}

// mnemonic reports whether the name of an application is a mnemonic with a
// severity, as in "%LINK-3-UPDOWN" or "IFNET/4/IF_STATE".
func mnemonic(app []byte) bool {
	if len(app) > 0 && app[0] == '%' {
		return true
	}
	i := bytes.IndexByte(app, '/')
	return i > 0 && len(app) > i+2 && isDigit(app[i+1]) && app[i+2] == '/'
}
