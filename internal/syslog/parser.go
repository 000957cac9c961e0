package syslog

import "time"

// A Parser reads messages. It remembers what it worked out about years and
// zones; use one per goroutine, made by [NewParser].
type Parser struct {
	clock clock
	st    stamp // of the message being read
}

// NewParser returns a Parser.
func NewParser() *Parser { return &Parser{} }

// Trim cuts NUL, CR and LF from the end of b: they belong to the framing.
func Trim(b []byte) []byte {
	for len(b) > 0 {
		if c := b[len(b)-1]; c != 0 && c != '\r' && c != '\n' {
			break
		}
		b = b[:len(b)-1]
	}
	return b
}

// Parse reads raw into m and overwrites all of m, whose Raw is raw trimmed:
// both share memory. now is the time of receipt in µs since 1970 UTC, which
// settles years and doubtful hours; loc is the zone in which the device tells
// times without one, nil for UTC. Parse cannot fail and allocates nothing.
func (p *Parser) Parse(m *Message, raw []byte, now int64, loc *time.Location) {
	b := Trim(raw)
	*m = Message{Raw: b, SentAt: NoTime, Facility: DefaultFacility, Severity: DefaultSeverity}
	p.clock.at(now, loc)

	start := skipBOM(b, 0)
	i := start
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	r := reader{b: b, m: m, p: p}
	if i < len(b) && b[i] == '<' {
		pri, n := scanPRI(b[i:])
		if n == 0 {
			m.MessageAt = start
			return
		}
		m.Facility, m.Severity = uint8(pri>>3), uint8(pri&7)
		r.pri = true
		i = skipSpaces(b, i+n)
		start = i
	}
	if i < len(b) && b[i] >= '1' && b[i] <= '9' && r.structured(i) {
		return
	}
	if r.header(i) {
		return
	}
	*m = Message{Raw: b, SentAt: NoTime, Facility: m.Facility, Severity: m.Severity, MessageAt: start}
}

// A reader reads one message. Its methods take a place in b and either set
// fields of m from there on, or return false and leave m to others.
type reader struct {
	b   []byte
	m   *Message
	p   *Parser
	pri bool // there was a valid one

	stamped bool // there was a date and time, in p.st
	doubled bool // reading the inner of two headers
}

// scanPRI reads "<PRI>" at the start of b. n is its length, 0 if there is no
// valid one: 0 to 191 without leading zeros. RFC 5424 section 6.2.1.
func scanPRI(b []byte) (pri, n int) {
	for n = 1; n < len(b) && n < 5; n++ {
		c := b[n]
		if c == '>' {
			if n == 1 || pri > 191 || (b[1] == '0' && n > 2) {
				return 0, 0
			}
			return pri, n + 1
		}
		if !isDigit(c) {
			return 0, 0
		}
		pri = pri*10 + int(c-'0')
	}
	return 0, 0
}

// skipBOM returns the place behind a UTF-8 byte order mark at i, or i.
func skipBOM(b []byte, i int) int {
	if len(b)-i >= 3 && b[i] == 0xEF && b[i+1] == 0xBB && b[i+2] == 0xBF {
		return i + 3
	}
	return i
}

// skipSpaces returns the place of the first byte from i on that is no space.
func skipSpaces(b []byte, i int) int {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	return i
}

// wordEnd returns the place of the first space, tab or line end from i on.
func wordEnd(b []byte, i int) int {
	for i < len(b) && b[i] != ' ' && b[i] != '\t' && b[i] != '\n' && b[i] != '\r' {
		i++
	}
	return i
}

func span(from, to int) Span { return Span{uint32(from), uint32(to - from)} }

func isDigit(c byte) bool { return c-'0' <= 9 }
func isUpper(c byte) bool { return c-'A' <= 'Z'-'A' }
func isLower(c byte) bool { return c-'a' <= 'z'-'a' }
func isAlpha(c byte) bool { return c|0x20-'a' <= 'z'-'a' }

// at returns the byte at i, or 0 behind the end.
func at(b []byte, i int) byte {
	if i < len(b) {
		return b[i]
	}
	return 0
}

// hasPrefix says whether s stands at i.
func hasPrefix(b []byte, i int, s string) bool {
	return len(b)-i >= len(s) && string(b[i:i+len(s)]) == s
}
