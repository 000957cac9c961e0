package syslog

import "bytes"

// bracketed reads the date in brackets with which consoles of HSGQ and its
// kin begin: "[2026/05/17 19:18:52]  Warning: ...".
func (r *reader) bracketed(i int) bool {
	s, m := &r.p.st, r.m
	if !s.iso(r.b, i+1) || at(r.b, s.end) != ']' {
		return false
	}
	m.SentAt = r.p.clock.resolve(s, r.b)
	m.MessageAt = skipSpaces(r.b, s.end+1)
	m.Format = RFC3164
	if s.shape == slashed {
		m.Format = HSGQ
	}
	return true
}

// epoch reads what Meraki puts behind "1 ": "1374543986.038687615 MX84 events
// type=..."; milliseconds without a point, too.
func (r *reader) epoch(i int) bool {
	b, m := r.b, r.m
	t, e, ok := scanEpoch(b, i)
	if !ok || at(b, e) != ' ' {
		return false
	}
	host, next := r.field(e + 1)
	app, next := r.field(next)
	m.SentAt, m.Hostname, m.AppName, m.MessageAt, m.Format = t, host, app, next, Meraki
	return true
}

// scanEpoch reads seconds with a fraction, milliseconds, microseconds or
// nanoseconds since 1970 at i, told apart by the number of digits.
func scanEpoch(b []byte, i int) (t int64, next int, ok bool) {
	e := i
	for e < len(b) && e-i < 19 && isDigit(b[e]) {
		t = t*10 + int64(b[e]-'0')
		e++
	}
	switch e - i {
	case 10:
		t *= 1e6
		if at(b, e) == '.' {
			unit := int64(100_000)
			for e++; e < len(b) && isDigit(b[e]); e++ {
				t += int64(b[e]-'0') * unit
				unit /= 10
			}
		}
	case 13:
		t *= 1e3
	case 16:
	case 19:
		t /= 1e3
	default:
		return 0, i, false
	}
	return t, e, t >= 0 && (e >= len(b) || !isDigit(b[e]))
}

// topics reads the topics with which RouterOS begins a message, "system,info,account",
// at i. They name the program, and stay in the text.
func (r *reader) topics(i int) bool {
	b := r.b
	e := i
	level, from := false, i
	for ; ; e++ {
		c := at(b, e)
		if isLower(c) || isDigit(c) || c == '-' || c == '!' {
			continue
		}
		if c != ',' && c != ' ' || e == from || !isLower(b[from]) {
			return false
		}
		switch string(b[from:e]) {
		case "info", "warning", "error", "critical", "debug":
			level = true
		}
		if c == ' ' {
			break
		}
		from = e + 1
	}
	if !level || from == i {
		return false
	}
	r.m.AppName, r.m.MessageAt, r.m.Format = span(i, e), i, MikroTik
	return true
}

func isCEF(b []byte, i int) bool { return cefName(b, i) > 0 }

// cefName returns the length of the name of the common event formats at i, 0
// if it is neither.
func cefName(b []byte, i int) int {
	switch {
	case hasPrefix(b, i, "CEF:"):
		return 3
	case hasPrefix(b, i, "LEEF:"):
		return 4
	}
	return 0
}

// cef leaves an event of CEF or LEEF whole: its readers need the beginning.
func (r *reader) cef(i int) bool {
	r.m.AppName, r.m.MessageAt, r.m.Format = span(i, i+cefName(r.b, i)), i, CEF
	return true
}

// hostFirst reads "host program 2018-Nov-12 10:47:29.515 text" (Opengear).
func (r *reader) hostFirst(i int) bool {
	b, s, m := r.b, &r.p.st, r.m
	host := wordEnd(b, i)
	app := wordEnd(b, host+1)
	t := app + 1
	if t >= len(b) || !isDigit(b[t]) || at(b, t+4) != '-' || !isAlpha(at(b, t+5)) || !s.iso(b, t) {
		return false
	}
	m.Hostname, m.AppName = span(i, host), span(host+1, app)
	m.SentAt, m.MessageAt, m.Format = r.p.clock.resolve(s, b), skipSpaces(b, s.end), RFC3164
	return true
}

// tagAlone reads "name: " and "name[71]: " with nothing before them but a PRI.
func (r *reader) tagAlone(i int) bool {
	b, m := r.b, r.m
	if !tagFollows(b, i) || isDigit(b[i]) {
		return false
	}
	r.tag(i, false)
	if m.AppName == (Span{}) {
		return false
	}
	m.Format = RFC3164
	if name, proc := m.AppName, m.ProcID; proc == (Span{}) && r.topics(m.MessageAt) {
		m.Hostname = name
	}
	return true
}

// pairs reads what firewalls send that begin with the pairs themselves:
// "date=2026-01-02 time=15:04:05 devname=..." (FortiGate), "id=firewall
// sn=... time=..." (SonicWall), "device=... date=... time=..." (Sophos),
// "time=1732263327|hostname=..." (Check Point). The text is all of it.
func (r *reader) pairs(i int) bool {
	b, m := r.b, r.m
	format := KeyValue
	switch b[i] {
	case 'd':
		if hasPrefix(b, i, "date=") || hasPrefix(b, i, "devname=") {
			format = FortiGate
		} else if !hasPrefix(b, i, "device=\"") {
			return false
		}
	case 'i':
		if !hasPrefix(b, i, "id=") {
			return false
		}
	case 'l':
		if !hasPrefix(b, i, "logver=") {
			return false
		}
		format = FortiGate
	case 't':
		if !hasPrefix(b, i, "time=") {
			return false
		}
	default:
		return false
	}
	m.Format, m.MessageAt = format, i
	var date, clock, zone, event Span
	for n := 0; n < 16 && i < len(b); n++ {
		key, value, next := scanPair(b, i)
		if next == 0 {
			break
		}
		switch string(b[key.Off : key.Off+key.Len]) {
		case "date":
			date = value
		case "time":
			clock = value
		case "tz", "timezone":
			zone = value
		case "eventtime":
			event = value
		case "devname", "device_name", "hostname", "fw":
			if m.Hostname == (Span{}) {
				m.Hostname = value
			}
		}
		i = next
	}
	m.SentAt = r.pairsTime(date, clock, zone, event)
	return true
}

// pairsTime makes a time of the pairs that tell one: of the epoch where there
// is one, since it needs no zone.
func (r *reader) pairsTime(date, clock, zone, event Span) int64 {
	b, s := r.b, &r.p.st
	for _, v := range [...]Span{event, clock} {
		if t, e, ok := scanEpoch(b, int(v.Off)); v.Len > 0 && ok && e == int(v.Off+v.Len) {
			return t
		}
	}
	s.begin(isoT)
	whole := b[:clock.Off+clock.Len]
	if date.Len == 0 {
		if clock.Len < 19 || !s.scan(whole, int(clock.Off)) {
			return NoTime
		}
		return r.p.clock.resolve(s, b)
	}
	if !s.scanClock(whole, int(clock.Off)) {
		return NoTime
	}
	d := b[date.Off : date.Off+date.Len]
	var ok1, ok2, ok3 bool
	s.year, _, ok1 = scanNumber(d, 0, 4)
	s.month, _, ok2 = scanNumber(d, 5, 2)
	s.day, _, ok3 = scanNumber(d, 8, 2)
	if !ok1 || !ok2 || !ok3 {
		return NoTime
	}
	if c := at(b, int(zone.Off)); zone.Len > 0 && (c == '+' || c == '-') {
		s.scanOffset(b[:zone.Off+zone.Len], int(zone.Off))
	}
	return r.p.clock.resolve(s, b)
}

// scanPair reads "key=value" at i, with quotes or without, and the blank or
// bar behind it. next is 0 if there is none.
func scanPair(b []byte, i int) (key, value Span, next int) {
	i = skipSpaces(b, i)
	eq := bytes.IndexByte(b[i:min(len(b), i+40)], '=')
	if eq <= 0 {
		return Span{}, Span{}, 0
	}
	key = span(i, i+eq)
	i += eq + 1
	e := i
	if at(b, i) == '"' {
		i++
		for e = i; e < len(b) && b[e] != '"'; e++ {
		}
		return key, span(i, e), min(e+1, len(b))
	}
	for e < len(b) && b[e] != ' ' && b[e] != '|' {
		e++
	}
	return key, span(i, e), min(e+1, len(b))
}
