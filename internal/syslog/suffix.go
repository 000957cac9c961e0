package syslog

// suffix reads what may follow the time of day: an offset or a zone, the year,
// the colon of Cisco. It always returns true.
func (s *stamp) suffix(b []byte) bool {
	i := s.end
	if i >= len(b) {
		return true
	}
	switch c := b[i]; {
	case c == 'Z' || c == 'z':
		if !isAlpha(at(b, i+1)) {
			s.zone, s.offset, i = zoneOffset, 0, i+1
		}
	case c == '+' || c == '-':
		i = s.scanOffset(b, i)
	case c == ' ':
		i = s.scanBehind(b, i+1)
	}
	if at(b, i) == ':' && (i+1 >= len(b) || b[i+1] == ' ') {
		s.colon, i = true, i+1
	} else if at(b, i) == ' ' && at(b, i+1) == ':' && at(b, i+2) == ' ' {
		s.colon, i = true, i+2
	}
	s.end = i
	return true
}

// scanBehind reads what follows the time of day at i, behind a space: a year,
// an offset or the name of a zone, which a year may follow. If there is
// nothing of the kind, it returns the place before the space.
func (s *stamp) scanBehind(b []byte, i int) int {
	c := at(b, i)
	if isDigit(c) && s.year == 0 && s.month != 0 && s.shape == monthDay {
		if next, ok := s.scanYear(b, i); ok {
			if at(b, next) == ' ' && isUpper(at(b, next+1)) { // 2026 UTC
				if n := s.scanZone(b, next+1, false); n > 0 {
					return next + 1 + n
				}
			}
			return next
		}
		return i - 1
	}
	if (c == '+' || c == '-') && isDigit(at(b, i+1)) {
		if next := s.scanOffset(b, i); next > i && (next == len(b) || b[next] == ' ' || b[next] == ':') {
			return next
		}
		s.zone = zoneNone
		return i - 1
	}
	if !isUpper(c) || s.zone != zoneNone {
		return i - 1
	}
	n := s.scanZone(b, i, true)
	if n == 0 {
		return i - 1
	}
	if s.year == 0 && s.shape == monthDay && at(b, i+n) == ' ' && isDigit(at(b, i+n+1)) {
		if next, ok := s.scanYear(b, i+n+1); ok {
			return next
		}
	}
	return i + n
}

// scanYear reads a year behind the time of day at i.
func (s *stamp) scanYear(b []byte, i int) (next int, ok bool) {
	year, j, ok := scanNumber(b, i, 4)
	if !ok || year < 1970 || year > 2199 || (!blankAt(b, j) && !(b[j] == ':' && blankAt(b, j+1))) {
		return i, false
	}
	s.year, s.shape = year, yearLast
	return j, true
}

// scanOffset reads "+07:00", "-0430" or "+7" at i and returns the place behind.
func (s *stamp) scanOffset(b []byte, i int) int {
	h, j, ok := scanNumber(b, i+1, 4)
	var m int
	switch {
	case !ok:
		return i
	case j-i == 5: // +hhmm
		h, m = h/100, h%100
	case j-i > 3:
		return i
	case at(b, j) == ':' && isDigit(at(b, j+1)) && isDigit(at(b, j+2)):
		m, _ = twoDigits(b[j+1], b[j+2])
		j += 3
	}
	s.zone, s.offset = zoneOffset, int64(h*3600+m*60)
	if b[i] == '-' {
		s.offset = -s.offset
	}
	if h > 23 || m > 59 {
		s.hour = 99 // not a time: resolve refuses it
	}
	return j
}

// scanZone reads the name of a zone at i and returns its length, 0 if what
// stands there is taken for something else: a host may be called as a zone is.
// A name counts if a colon or a year follows and the table knows it; behind a
// colon and "%", where Cisco puts the name that its administrator chose, any
// short name counts; else, if alone is set, only the commonest do, and only if
// no program follows, to which a host would belong.
func (s *stamp) scanZone(b []byte, i int, alone bool) int {
	e := i
	for e < len(b) && e-i <= 5 && isUpper(b[e]) {
		e++
	}
	n := e - i
	if n == 2 && hasPrefix(b, i, "TZ") && (at(b, e) == '-' || at(b, e) == '+') { // RFC 3164 section 5.4, example 4
		if next := s.scanOffset(b, e); next > e {
			return next - i
		}
	}
	if n == 0 || n > 5 || (e < len(b) && b[e] != ' ' && b[e] != ':') {
		return 0
	}
	colon := e
	if at(b, e) == ' ' && at(b, e+1) == ':' {
		colon++
	}
	offsets, known := zoneTable(b[i:e])
	switch {
	case at(b, colon) == ':' && known:
	case at(b, colon) == ':' && n >= 3 && n <= 4 && at(b, colon+1) == ' ' && at(b, colon+2) == '%' &&
		(s.shape == yearFirst || s.usec > 0):
	case known && at(b, e) == ' ' && isDigit(at(b, e+1)) && isDigit(at(b, e+4)) && s.year == 0 && s.shape == monthDay:
	case known && e == len(b):
	case alone && known && commonZone(b[i:e]) && (offsets == (zoneOffsets{}) || !tagFollows(b, e+1)):
	default:
		return 0
	}
	if known && offsets == (zoneOffsets{}) && b[i] != 'W' { // UTC, by whatever name; WET is a zone with a summer
		s.zone, s.offset = zoneOffset, 0
		return n
	}
	s.zone, s.zoneAt, s.zoneLen = zoneName, i, n
	s.offsets, s.known = offsets, known
	return n
}
