package query

import (
	"strings"

	"github.com/logboom/logboom/internal/syslog"
)

// port is the name of an interface or PON port, as a whole or as its beginning.
type port struct {
	source string
	needle needle
	star   bool
	digit  bool // begins with a digit
	plain  bool // without a slash
}

func newPort(source, value string, star bool) node {
	return port{source, newNeedle(value), star, isDigit(value[0]), !strings.Contains(value, "/")}
}

func (n port) match(r *syslog.Record, _ Directory) bool {
	b := r.Text()
	for i := n.needle.index(b, 0); i >= 0; i = n.needle.index(b, i+1) {
		end, _ := begins(&n.needle, b, i)
		if n.starts(b[:i]) && (n.star || n.ends(b[end:])) {
			return true
		}
	}
	return false
}

// starts reports whether a port can begin after before. What begins with a
// digit may follow the letters of its type, as in Gi1/0/1, but not be the end
// of a longer one, of a time or of an address.
func (n port) starts(before []byte) bool {
	if len(before) == 0 {
		return true
	}
	c := before[len(before)-1]
	if n.digit && isLetter(c) {
		return true
	}
	if (c == '/' || c == ':' || c == '.') && len(before) > 1 && isDigit(before[len(before)-2]) {
		return false
	}
	return !isDigit(c) && !isLetter(c)
}

// ends reports whether a port can end before after. It may be that of a
// subinterface, as in Gi1/0/1.100.
func (n port) ends(after []byte) bool {
	if len(after) == 0 {
		return true
	}
	c := after[0]
	if (c == '/' || c == ':' || c == '.' && n.plain) && len(after) > 1 && isDigit(after[1]) {
		return false
	}
	return !isDigit(c) && !isLetter(c)
}

func (n port) cost() int { return 8 }

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
