package syslog

import "bytes"

// maxSegments bounds the prefix of Cisco: counter, host, sequence number,
// process.
const maxSegments = 4

// ciscoPrefix reads what Cisco equipment puts before the date: "643: ", ": ",
// "host: ", "[syslog@9 s_id=...]: ", "RP/0/RSP0/CPU0:", in any order, then the
// date or an up time, or the mnemonic at once.
func (r *reader) ciscoPrefix(i int) bool {
	b, m := r.b, r.m
	if c := b[i]; !(isDigit(c) || c == ':' || c == '[' || r.pri && (isAlpha(c) || c == '*')) {
		return false
	}
	numbered := false
	for n := 0; n <= maxSegments; n++ {
		if i >= len(b) {
			return false
		}
		if isDigit(b[i]) {
			if e := sequenceEnd(b, i); e > 0 {
				i, numbered = skipSpaces(b, e), true
				continue
			}
		}
		if n > 0 && r.ciscoBody(i) {
			return true
		}
		if b[i] == ':' {
			i = skipSpaces(b, i+1)
			continue
		}
		if b[i] == '[' {
			e := scanSDElement(b, i)
			if e == 0 || at(b, i+e) != ':' {
				return false
			}
			m.StructuredData = span(i, i+e)
			i = skipSpaces(b, i+e+1)
			continue
		}
		e := i
		for e < len(b) && b[e] != ' ' && b[e] != '[' && b[e] != '=' && e-i < maxTag {
			if b[e] == ':' && (isUpper(at(b, e+1)) || at(b, e+1) == '*' || at(b, e+1) == '.') && r.ciscoBody(e+1) { // "CPU0:Mar 28 ..."
				if bytes.IndexByte(b[i:e], '/') < 0 {
					m.Hostname = span(i, e)
				}
				return true
			}
			e++
		}
		switch {
		case e == i || at(b, e) != ' ':
			return false
		case b[e-1] == ':':
			if e-1 == i || isSeverityWord(b[i:e-1]) {
				return false
			}
			if m.Hostname == (Span{}) && b[i] != '*' && !isUptime(b[i:e-1]) {
				m.Hostname = span(i, e-1)
			}
		case numbered && m.Hostname == (Span{}) && hasLetter(b[i:e]): // "643: host RP/0/..."
			m.Hostname = span(i, e)
		case !isDigit(b[i]) || hasLetter(b[i:e]): // "1 2:" is an up time
			return false
		}
		i = skipSpaces(b, e)
	}
	return false
}

// ciscoBody reads date and mnemonic, or the mnemonic alone, behind a prefix.
func (r *reader) ciscoBody(i int) bool {
	m, s := r.m, &r.p.st
	if at(r.b, i) == '%' && !isAlpha(scanMarked(r.b, i)) {
		return r.mnemonic(i)
	}
	if !r.stampAt(i) || s.shape > isoT && s.shape != timeOfDay {
		return false
	}
	if s.shape == timeOfDay {
		next := skipSpaces(r.b, s.end)
		return s.colon && at(r.b, next) == '%' && r.mnemonic(next)
	}
	r.stamped = true
	m.SentAt = r.p.clock.resolve(s, r.b)
	host := m.Hostname
	i = skipSpaces(r.b, s.end)
	if s.colon {
		r.behindColon(i)
	} else if m.Format = RFC3164; host == (Span{}) {
		r.host(i)
	} else {
		r.tag(i, true)
	}
	if m.Hostname == (Span{}) {
		m.Hostname = host
	}
	return true
}

// scanMarked returns 'm' if a month stands behind the "%" at i, else 0.
func scanMarked(b []byte, i int) byte {
	if scanMonthName(b, i+1) != 0 && at(b, i+4) == ' ' {
		return 'm'
	}
	return 0
}

// behindColon reads what follows the colon behind a date of Cisco: a mnemonic,
// perhaps behind a host or a process.
func (r *reader) behindColon(i int) bool {
	b, m := r.b, r.m
	m.Format, m.MessageAt = RFC3164, i
	if at(b, i) == '%' && r.mnemonic(i) {
		return true
	}
	e := i
	for e < len(b) && b[e] != ' ' && b[e] != '[' && e-i < maxTag {
		e++
	}
	next := skipSpaces(b, e)
	if i < e && b[i] != '%' && at(b, e) == ' ' {
		if at(b, next) == ':' && at(b, next+1) == ' ' { // "host : %"
			next = skipSpaces(b, next+1)
		}
		if at(b, next) == '%' && isUpper(at(b, next+1)) && r.mnemonic(next) {
			if b[e-1] == ':' {
				e--
			}
			m.Hostname = span(i, e)
			return true
		}
		if b[e-1] != ':' {
			return true
		}
	}
	r.tag(i, false)
	if m.ProcID != (Span{}) && at(b, m.MessageAt) == '%' {
		m.Format = Cisco
	}
	return true
}

// mnemonic reads "%FACILITY-SEVERITY-MNEMONIC: " at i, and "%%01MODULE/4/BRIEF(l)[7]:"
// of Huawei and H3C. It returns false if it is neither.
func (r *reader) mnemonic(i int) bool {
	b, m := r.b, r.m
	if at(b, i+1) == '%' {
		if isDigit(at(b, i+2)) && isDigit(at(b, i+3)) {
			return r.module(i)
		}
		i++
	}
	e := i + 1
	graded := false
	for limit := min(len(b), i+maxTag); e < limit; e++ {
		c := b[e]
		if isAlpha(c) {
			continue
		}
		if c == '-' && at(b, e+2) == '-' {
			graded = true
		}
		if c == ' ' || c == ':' && (graded || blankAt(b, e+1)) {
			break
		}
	}
	if e < i+3 || !isAlpha(b[i+1]) && b[i+1] != '$' {
		return false
	}
	next := skipSpaces(b, e)
	switch {
	case at(b, e) == ':':
		next = skipSpaces(b, e+1)
	case e < len(b) && at(b, next) == ':' && blankAt(b, next+1): // IOS XR: "%PLATFORM-6-X : "
		next = skipSpaces(b, next+1)
	case e < len(b) && at(b, next) == '%': // "%STKUNIT1-M:CP %KERN-6-INT: "
		return r.mnemonic(next)
	case !graded || e == len(b):
		return false
	}
	m.AppName, m.MessageAt = span(i, e), next
	switch {
	case !graded && m.Format == Unknown:
		m.Format = RFC3164
	case !graded:
	case r.stamped && r.p.st.shape == yearFirst:
		m.Format = NXOS
	default:
		m.Format = Cisco
	}
	return true
}

// module reads "%%01MODULE/4/BRIEF(l)[7]:" at i. The name may have blanks
// ("LINK UPDOWN"), and ends with a parenthesis, a bracket or a colon.
func (r *reader) module(i int) bool {
	b, m := r.b, r.m
	from := i + 4
	e := from
	for e < len(b) && e-from < maxTag && b[e] != '(' && b[e] != '[' && b[e] != ':' && b[e] != '\n' {
		e++
	}
	next := e
	if at(b, next) == '(' && at(b, next+2) == ')' {
		next += 3
	}
	if at(b, next) == '[' {
		if n := bytes.IndexByte(b[next:min(len(b), next+16)], ']'); n > 0 {
			next += n + 1
		}
	}
	if e == from || at(b, next) != ':' || bytes.IndexByte(b[from:e], '/') < 0 {
		return false
	}
	m.AppName, m.MessageAt = span(from, e), skipSpaces(b, next+1)
	m.Format = H3C
	if b[i+2] == '0' {
		m.Format = Huawei
	}
	return true
}

// mnemonicLength returns the length of MODULE-4-BRIEF with a colon behind it at
// i, as Raisecom writes it; 0 if there is none.
func mnemonicLength(b []byte, i int) int {
	graded := false
	for e := i; e < len(b) && e-i < maxTag; e++ {
		switch c := b[e]; {
		case c == ':':
			if !graded {
				return 0
			}
			return e - i
		case c == '-' && isDigit(at(b, e+1)) && at(b, e+2) == '-':
			graded = e > i
		case !isUpper(c) && !isDigit(c) && c != '_' && c != '-':
			return 0
		}
	}
	return 0
}

// sequenceEnd returns the place behind "643:" and ":" at i if a blank follows;
// 0 if there is neither.
func sequenceEnd(b []byte, i int) int {
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	if at(b, i) == ':' && at(b, i+1) == ' ' {
		return i + 1
	}
	return 0
}

// isUptime says whether w is a time since start as IOS writes it: "11w0d",
// "1y34w", "2d03h".
func isUptime(w []byte) bool {
	letters := 0
	for _, c := range w {
		switch c {
		case 'y', 'w', 'd', 'h':
			letters++
		default:
			if !isDigit(c) {
				return false
			}
		}
	}
	return letters == 2 && isDigit(w[0])
}
