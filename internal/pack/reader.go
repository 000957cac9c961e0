package pack

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/syslog"
)

// MaxLooked is how many bytes of a body are looked at.
const MaxLooked = 8 << 10

// A Reader reads messages with the rules of a [Set]. It is for one goroutine.
type Reader struct {
	set   *Set
	there []uint64
	body  []byte // of the message that was sifted
	found []int32
	plain []byte
}

// NewReader returns a Reader of s.
func (s *Set) NewReader() *Reader { return &Reader{set: s} }

// Read returns what m says, false if no rule fits. vendor is the name of the
// pack of the device that sent it, "" if that is not known.
//
// Of a device whose vendor is known, that pack is asked first, then rules of
// other packs that prove their vendor: somebody may have been wrong about it.
// Rules that are generic are for devices of their vendor only.
func (r *Reader) Read(m *syslog.Record, vendor string) (Event, bool) {
	e, by := r.read(m, vendor)
	return e, by != nil
}

func (r *Reader) read(m *syslog.Record, vendor string) (Event, *compiled) {
	if !r.Sift(m) {
		return Event{}, nil
	}
	return r.choose(vendor)
}

// Sift reads m once and reports whether some rule may fit; [Reader.Choose] then
// says which does.
func (r *Reader) Sift(m *syslog.Record) bool {
	r.body = bytes.TrimRight(m.Body(), "\x00\r\n\t ")
	r.body = r.body[:min(len(r.body), MaxLooked)]
	r.found, r.there = r.set.sieve.Find(r.found[:0], r.there, r.body)
	return len(r.found) > 0
}

// Choose is [Reader.Read] for the message that was given to [Reader.Sift].
func (r *Reader) Choose(vendor string) (Event, bool) {
	e, by := r.choose(vendor)
	return e, by != nil
}

func (r *Reader) choose(vendor string) (Event, *compiled) {
	slices.Sort(r.found)
	body := bytes.TrimLeft(r.unescape(r.body), "\r\n\t ")
	if vendor != "" {
		if e, c := r.try(body, func(c *compiled) bool { return c.vendor == vendor }); c != nil {
			return e, c
		}
	}
	return r.try(body, func(c *compiled) bool {
		return !c.generic && c.vendor != vendor && (vendor == "" || c.proves)
	})
}

// try returns the event of the first rule among those found that is asked and
// matches.
func (r *Reader) try(body []byte, asked func(*compiled) bool) (Event, *compiled) {
	for _, i := range r.found {
		c := r.set.rules[i]
		if !asked(c) {
			continue
		}
		if m := c.re.FindSubmatchIndex(body); m != nil {
			return c.event(body, m), c
		}
	}
	return Event{}, nil
}

// unescape returns b with what rsyslog writes for the control characters in a
// message put back: "#015#012" for CR LF.
func (r *Reader) unescape(b []byte) []byte {
	if !bytes.Contains(b, []byte("#01")) {
		return b
	}
	r.plain = r.plain[:0]
	for i := 0; i < len(b); i++ {
		if b[i] == '#' && len(b)-i >= 4 && b[i+1] == '0' && b[i+2] == '1' {
			if c := strings.IndexByte("12 5", b[i+3]); c >= 0 && b[i+3] != ' ' {
				r.plain = append(r.plain, "\t\n \r"[c])
				i += 3
				continue
			}
		}
		r.plain = append(r.plain, b[i])
	}
	return r.plain
}

// event returns what c reads from body, which it matches at m.
func (c *compiled) event(body []byte, m []int) Event {
	e := Event{
		Vendor: c.vendor, Kind: c.from.Kind, State: c.state, Cause: c.cause, Severity: c.fixed, Proves: c.proves,
		PON: c.pon.fill(body, m), ONU: c.onu.fill(body, m), Serial: c.serial.fill(body, m), Port: c.port.fill(body, m),
	}
	switch {
	case len(group(body, m, c.clear)) > 0:
		e.State = Clear
	case len(group(body, m, c.info)) > 0:
		e.State, e.Cause = Info, "operator"
	}
	if e.State == Clear {
		e.Clears, e.Cause = c.clears, ""
	}
	if e.Severity == NoSeverity {
		e.Severity = severity(group(body, m, c.severity))
	}
	return e
}

// group returns the first of groups that is not empty.
func group(body []byte, m []int, groups []int) []byte {
	for _, g := range groups {
		if from, to := m[2*g], m[2*g+1]; from >= 0 && to > from {
			return body[from:to]
		}
	}
	return nil
}

func (t template) fill(body []byte, m []int) string {
	if len(t) == 1 && t[0].groups != nil {
		return clean(group(body, m, t[0].groups))
	}
	var b []byte
	for _, p := range t {
		if p.groups == nil {
			b = append(b, p.text...)
			continue
		}
		g := group(body, m, p.groups)
		if g == nil {
			return ""
		}
		b = append(b, g...)
	}
	return clean(b)
}

// clean returns b as a text that is safe to show, at most [MaxField] bytes.
func clean(b []byte) string {
	b = bytes.TrimSpace(b)
	b = b[:min(len(b), MaxField)]
	plain := true
	for _, c := range b {
		if c < ' ' || c > '~' {
			plain = false
		}
	}
	if plain {
		return string(b)
	}
	s := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, string(b))
	return s
}

// severities are what vendors call severities. Those of alarms are mapped as
// RFC 5674 section 2 says; "critical" of an alarm is alert.
var severities = map[string]uint8{
	"critical": 1, "major": 2, "minor": 3, "warning": 4, "indeterminate": 5, "cleared": 5, "clear": 5, "normal": 5,
	"emer": 0, "emerg": 0, "emergency": 0, "alrt": 1, "alert": 1, "crit": 2, "erro": 3, "err": 3, "error": 3, "warn": 4,
	"noti": 5, "notice": 5, "notification": 5, "info": 6, "informational": 6, "debg": 7, "debug": 7,
	"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7,
}

// severity returns what a vendor's word for a severity means, NoSeverity if
// that is not known.
func severity(word []byte) uint8 {
	var low [16]byte
	if len(word) == 0 || len(word) > len(low) {
		return NoSeverity
	}
	for i, c := range word {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	if n, ok := severities[string(low[:len(word)])]; ok {
		return n
	}
	return NoSeverity
}
