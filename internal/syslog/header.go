package syslog

import "bytes"

// header reads what stands behind the PRI at i: a header of the BSD kind with
// one of its many dates, a prefix of Cisco, or what vendors send in its place.
// It returns false if there is no header that it understands.
func (r *reader) header(i int) bool {
	b := r.b
	if i >= len(b) {
		return r.empty(Unknown)
	}
	c := b[i]
	if r.stampAt(i) {
		r.stamped = true
		return r.behindStamp()
	}
	switch {
	case c == '{':
		return false
	case c == '[':
		if r.bracketed(i) {
			return true
		}
	case c == '%':
		return r.mnemonic(i)
	}
	if r.ciscoPrefix(i) {
		return true
	}
	r.m.Hostname, r.m.StructuredData = Span{}, Span{}
	if r.pairs(i) || r.topics(i) {
		return true
	}
	if isCEF(b, i) {
		return r.cef(i)
	}
	if !r.pri {
		return false
	}
	return r.hostFirst(i) || r.tagAlone(i)
}

// stampAt reads a date and time at i, behind one of the marks of Cisco ("*" not
// set, "." not synchronised) and Comware ("%").
func (r *reader) stampAt(i int) bool {
	c := at(r.b, i)
	switch {
	case c == '*' || c == '.' || c == '%':
		i++
		if c = at(r.b, i); !isAlpha(c) && !isDigit(c) {
			return false
		}
	case isAlpha(c):
		if d := at(r.b, i+3); d != ' ' && d != '/' { // "Jan ", "Mon ", "jan/"
			return false
		}
	}
	return r.p.st.common(r.b, i) || r.p.st.scan(r.b, i)
}

// behindStamp reads what follows the date and time.
func (r *reader) behindStamp() bool {
	m, s := r.m, &r.p.st
	m.SentAt = r.p.clock.resolve(s, r.b)
	i := skipSpaces(r.b, s.end)
	m.Format = RFC3164
	switch s.shape {
	case slashed, timeFirst: // consoles and logs: no host
		if s.shape == timeFirst {
			m.Format = ZTE
		}
		if r.topics(i) {
			return true
		}
		m.MessageAt = i
		return true
	case timeOfDay:
		if s.colon { // an up time
			m.SentAt = NoTime
			return at(r.b, i) == '%' && r.mnemonic(i)
		}
		if s.zone == zoneNone {
			if r.topics(i) {
				return true
			}
			m.SentAt = NoTime
			return false
		}
		m.Format = NetScaler
	case american:
		m.Format = NetScaler
	case isoT:
		if r.fieldsWithoutVersion(i) {
			return true
		}
	}
	if s.colon {
		return r.behindColon(i)
	}
	return r.host(i)
}

// fieldsWithoutVersion reads a header of RFC 5424 that lacks its version:
// "2026-01-02T15:04:05Z host app 71 ID [...] ".
func (r *reader) fieldsWithoutVersion(i int) bool {
	e := wordEnd(r.b, i)
	f := wordEnd(r.b, e+1)
	if f >= len(r.b) || r.b[f-1] == ':' || at(r.b, i) == '%' {
		return false
	}
	if c := r.b[f+1:]; len(c) == 0 || bytes.IndexByte(c[:min(len(c), 160)], '-') < 0 && bytes.IndexByte(c[:min(len(c), 160)], '[') < 0 {
		return false
	}
	if !r.fields(i, true) {
		return false
	}
	r.m.Format = RFC5424
	return true
}

// host reads the name of the host at i and what follows it. Where there is
// none, the program stands in its place.
func (r *reader) host(i int) bool {
	b, m := r.b, r.m
	if i >= len(b) {
		m.MessageAt = len(b)
		return true
	}
	switch b[i] {
	case '%', ':', '{', '"', '(', '=':
		return r.tag(i, false)
	case '[':
		e := i + 1
		for e < len(b) && (isDigit(b[e]) || b[e] == '.' || b[e] == ':' || isAlpha(b[e]) && b[e]|0x20 <= 'f') {
			e++
		}
		if at(b, e) == ']' && at(b, e+1) == ' ' && e > i+6 {
			m.Hostname = span(i+1, e)
			return r.behindHost(skipSpaces(b, e+1))
		}
		return r.tag(i, false)
	}
	colon, e := -1, len(b)
	seen := byte(0)
	for n, c := range b[i:] {
		k := kinds[c]
		if k == 0 {
			continue
		}
		if k == kindBlank {
			e = i + n
			break
		}
		if seen |= k; k == kindColon {
			colon = i + n
		}
	}
	switch {
	case seen&(kindBracket|kindEquals) != 0:
		return r.tag(i, false)
	case colon == e-1 && !(e-i > 2 && b[e-2] == ':'): // "name:", not "fe80::"
		return r.hostOrProgram(i, e)
	case colon > 0 && isCEF(b, i):
		return r.cef(i)
	case isEventID(b, i, e) || r.isLevel(i, e):
		return r.tag(i, false)
	}
	if seen&kindComma != 0 {
		if r.topics(i) {
			return true
		}
		if n := unifiName(b, i, e); n > 0 {
			m.Hostname = span(i, i+n)
			return r.behindHost(skipSpaces(b, e))
		}
	}
	if e > i+1 || b[i] != '-' {
		m.Hostname = span(i, e)
	}
	return r.behindHost(skipSpaces(b, e))
}

// hostOrProgram reads "name:" from i to e where a host is expected. Programs on
// hosts that leave their name out write so ("doas: "), and so do devices that
// put a colon behind their name.
func (r *reader) hostOrProgram(i, e int) bool {
	b, m := r.b, r.m
	next := skipSpaces(b, e)
	name := b[i : e-1]
	if n := unifiName(b, i, e-1); n > 0 {
		m.Hostname = span(i, i+n)
		return r.behindHost(next)
	}
	c := at(b, next)
	if isAddress(name) || looksLikeName(name) || (c == '%' && isUpper(at(b, next+1))) ||
		(c == '[' && isDigit(at(b, next+1)) && isDigit(at(b, next+4)) && at(b, next+5) == '-') ||
		mnemonicLength(b, next) > 0 {
		m.Hostname = span(i, e-1)
		return r.behindHost(next)
	}
	return r.tag(i, false)
}

// behindHost reads what follows the host at i: a second header inside the
// first, which a relay has wrapped, or the program and the text.
func (r *reader) behindHost(i int) bool {
	if i >= len(r.b) {
		r.m.MessageAt = len(r.b)
		return true
	}
	return r.inner(i) || r.tag(i, true)
}

// inner reads a second header at i. Its host and time count, as they come from
// the device itself, and those of the outer one where it has none.
func (r *reader) inner(i int) bool {
	b, m, s := r.b, r.m, &r.p.st
	c := b[i]
	if r.doubled || !(isDigit(c) || c == '*' || c == '.' || c == ':' || isUpper(c) && scanMonthName(b, i) != 0) {
		return false
	}
	numbered := false
	for n := 0; n < 2; n++ {
		if e := sequenceEnd(b, i); e > 0 {
			i, numbered = skipSpaces(b, e), true
		}
	}
	if !r.stampAt(i) || s.shape > yearFirst {
		return false
	}
	r.doubled = true
	if t := r.p.clock.resolve(s, b); t != NoTime {
		m.SentAt = t
	}
	outer := m.Hostname
	m.Hostname = Span{}
	i = skipSpaces(b, s.end)
	if numbered || s.colon {
		r.behindColon(i)
	} else {
		r.host(i)
	}
	if m.Hostname == (Span{}) {
		m.Hostname = outer
	}
	return true
}
