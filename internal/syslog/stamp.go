package syslog

// A stamp is a date and time as a device wrote it, not yet judged: the numbers
// may be out of range. [clock.resolve] makes a time of it.
type stamp struct {
	year, month, day     int // year 0: not given; day 0: time of day alone
	hour, min, sec, usec int
	shape                shape
	zone                 zoneKind
	offset               int64 // seconds east of UTC; for zoneOffset
	zoneAt, zoneLen      int   // name of the zone; for zoneName
	offsets              zoneOffsets
	known                bool // offsets are those of the name
	colon                bool // a colon ended it, as on Cisco
	end                  int  // place behind it, its zone and its colon
}

// A shape tells how a date was written.
type shape uint8

const (
	monthDay  shape = iota // Jan _2 15:04:05, and with the year in the middle
	yearLast               // Jan _2 15:04:05 2006
	yearFirst              // 2006 Jan _2 15:04:05
	isoT                   // 2006-01-02T15:04:05
	isoBlank               // 2006-01-02 15:04:05
	slashed                // 2006/01/02 15:04:05
	american               // 01/02/2006:15:04:05
	dayMonth               // 02-Jan-2006 15:04:05
	timeOfDay              // 15:04:05
	timeFirst              // 15:04:05 01/02/2006
)

type zoneKind uint8

const (
	zoneNone   zoneKind = iota // in the zone of the device
	zoneOffset                 // as offset says
	zoneName                   // as the name says
)

// common reads the two shapes that most messages have, "Jan _2 15:04:05" and
// "2006-01-02T15:04:05", at less cost than scan. It returns false for others.
func (s *stamp) common(b []byte, i int) bool {
	if len(b)-i < 19 {
		return false
	}
	h := (*[19]byte)(b[i:])
	if h[4] == '-' {
		if h[7] != '-' || h[10] != 'T' || h[13] != ':' || h[16] != ':' {
			return false
		}
		century, year := pair(h[0], h[1]), pair(h[2], h[3])
		month, day := pair(h[5], h[6]), pair(h[8], h[9])
		hour, min, sec := pair(h[11], h[12]), pair(h[14], h[15]), pair(h[17], h[18])
		if century|year|month|day|hour|min|sec >= noPair {
			return false
		}
		s.begin(isoT)
		s.year, s.month, s.day, s.end = century*100+year, month, day, i+19
		s.hour, s.min, s.sec = hour, min, sec
	} else {
		if h[3] != ' ' || h[6] != ' ' || h[9] != ':' || h[12] != ':' {
			return false
		}
		tens := h[4]
		if tens == ' ' {
			tens = '0'
		}
		month, day := scanMonthName(b, i), pair(tens, h[5])
		hour, min, sec := pair(h[7], h[8]), pair(h[10], h[11]), pair(h[13], h[14])
		if month == 0 || day|hour|min|sec >= noPair {
			return false
		}
		s.begin(monthDay)
		s.year, s.month, s.day, s.end = 0, month, day, i+15
		s.hour, s.min, s.sec = hour, min, sec
	}
	if c := at(b, s.end); (c == '.' || c == ',') && isDigit(at(b, s.end+1)) {
		s.end = s.scanFraction(b, s.end+1)
	} else if c == ':' && isDigit(at(b, s.end+1)) {
		return false
	}
	return s.suffix(b)
}

// begin clears what scanning may not set.
func (s *stamp) begin(as shape) {
	s.usec, s.shape, s.zone, s.colon = 0, as, zoneNone, false
}

// scan reads the date and time at i, in any shape that equipment is known to
// write, with the zone and year that may follow. It returns false if there is
// none.
func (s *stamp) scan(b []byte, i int) bool {
	s.begin(monthDay)
	s.year, s.month, s.day = 0, 0, 0
	if i >= len(b) {
		return false
	}
	c := b[i]
	if isAlpha(c) {
		return s.scanMonth(b, i) || s.scanWeekday(b, i)
	}
	if !isDigit(c) && !(c == ' ' && at(b, i+2) == ':') {
		return false
	}
	switch {
	case at(b, i+4) == '-' || at(b, i+4) == '/':
		return s.iso(b, i)
	case at(b, i+4) == ' ' && isAlpha(at(b, i+5)):
		return s.scanYearFirst(b, i)
	case at(b, i+2) == ':' || at(b, i+1) == ':':
		return s.scanTimeFirst(b, i)
	case at(b, i+2) == '/' || at(b, i+1) == '/':
		return s.scanSlashes(b, i)
	case at(b, i+2) == '-' || at(b, i+1) == '-':
		return s.scanDayMonth(b, i)
	}
	return false
}

// scanMonth reads "Jan _2 15:04:05" with what may follow, "Jan _2 2006
// 15:04:05", and "jan/02/2006 15:04:05" of RouterOS.
func (s *stamp) scanMonth(b []byte, i int) bool {
	s.month = scanMonthName(b, i)
	if s.month == 0 {
		return false
	}
	i += 3
	if at(b, i) == '/' {
		var ok bool
		if s.day, i, ok = scanNumber(b, i+1, 2); !ok {
			return false
		}
		if at(b, i) == '/' {
			if s.year, i, ok = scanNumber(b, i+1, 4); !ok {
				return false
			}
		}
		s.shape = slashed
		return at(b, i) == ' ' && s.scanClock(b, i+1) && s.suffix(b)
	}
	if at(b, i) != ' ' {
		return false
	}
	i = skipSpaces(b, i)
	day, j, ok := scanNumber(b, i, 2)
	if !ok || at(b, j) != ' ' {
		return false
	}
	s.day = day
	j++
	if s.scanClock(b, j) {
		return s.suffix(b)
	}
	year, j, ok := scanNumber(b, skipSpaces(b, j), 4)
	if !ok || year < 1000 || s.year != 0 || at(b, j) != ' ' || !s.scanClock(b, j+1) {
		return false
	}
	s.year = year
	return s.suffix(b)
}

// scanWeekday reads a name of a day before the month: "Wed Jul 27 ...".
func (s *stamp) scanWeekday(b []byte, i int) bool {
	if len(b)-i < 8 || b[i+3] != ' ' {
		return false
	}
	switch string(b[i : i+3]) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return s.scanMonth(b, i+4)
	}
	return false
}

// scanYearFirst reads "2006 Jan _2 15:04:05".
func (s *stamp) scanYearFirst(b []byte, i int) bool {
	year, j, ok := scanNumber(b, i, 4)
	s.year, s.shape = year, yearFirst
	return ok && s.scanMonth(b, j+1)
}

// iso reads "2006-01-02T15:04:05" with a blank, a comma or nothing else in
// place of the T, slashes in place of the dashes, and one digit where two are
// usual; fraction and zone may follow.
func (s *stamp) iso(b []byte, i int) bool {
	s.begin(isoT)
	year, j, ok := scanNumber(b, i, 4)
	if !ok || j != i+4 {
		return false
	}
	s.year = year
	sep := at(b, j)
	if isAlpha(at(b, j+1)) { // 2018-Nov-12, and 2018-Nov- 9
		s.month = scanMonthName(b, j+1)
		j += 4
	} else {
		s.month, j, ok = scanNumber(b, j+1, 2)
	}
	if !ok || at(b, j) != sep {
		return false
	}
	if at(b, j+1) == ' ' {
		j++
	}
	if s.day, j, ok = scanNumber(b, j+1, 2); !ok {
		return false
	}
	switch at(b, j) {
	case 'T', 't':
	case ' ', ',', '\t':
		s.shape = isoBlank
	default:
		return false
	}
	if sep == '/' {
		s.shape = slashed
	}
	if s.shape != isoT {
		j = skipSpaces(b, j+1) - 1
	}
	return s.scanClock(b, j+1) && s.suffix(b)
}

// scanTimeFirst reads a time of day, and the date that may follow it:
// "15:04:05 01/02/2006 UTC" (ZTE).
func (s *stamp) scanTimeFirst(b []byte, i int) bool {
	if !s.scanClock(b, i) {
		return false
	}
	s.shape = timeOfDay
	if at(b, s.end) == ' ' && at(b, s.end+3) == '/' && at(b, s.end+6) == '/' {
		if s.scanAmerican(b, s.end+1); s.day == 0 {
			return false
		}
		s.shape = timeFirst
	}
	return s.suffix(b)
}

// scanSlashes reads "01/02/2006:15:04:05" (NetScaler), with a blank in place of
// the colon, and "01/02-15:04:05" (Snort).
func (s *stamp) scanSlashes(b []byte, i int) bool {
	if at(b, i+5) == '-' && at(b, i+2) == '/' {
		var ok1, ok2 bool
		s.month, _, ok1 = scanNumber(b, i, 2)
		s.day, _, ok2 = scanNumber(b, i+3, 2)
		s.shape = slashed
		return ok1 && ok2 && s.scanClock(b, i+6) && s.suffix(b)
	}
	j := s.scanAmerican(b, i)
	if s.day == 0 || (at(b, j) != ':' && at(b, j) != ' ') {
		return false
	}
	s.shape = american
	return s.scanClock(b, j+1) && s.suffix(b)
}

// scanAmerican reads "01/02/2006", month first unless that cannot be, and
// returns the place behind it. day stays 0 if it is none.
func (s *stamp) scanAmerican(b []byte, i int) int {
	month, j, ok1 := scanNumber(b, i, 2)
	if at(b, j) != '/' {
		return i
	}
	day, j, ok2 := scanNumber(b, j+1, 2)
	if at(b, j) != '/' {
		return i
	}
	year, j, ok3 := scanNumber(b, j+1, 4)
	if !ok1 || !ok2 || !ok3 || year < 1000 {
		return i
	}
	if month > 12 {
		month, day = day, month
	}
	s.year, s.month, s.day, s.end = year, month, day, j
	return j
}

// scanDayMonth reads "02-Jan-2006 15:04:05".
func (s *stamp) scanDayMonth(b []byte, i int) bool {
	day, j, ok := scanNumber(b, i, 2)
	s.month = scanMonthName(b, j+1)
	if !ok || s.month == 0 || at(b, j+4) != '-' {
		return false
	}
	year, j, ok := scanNumber(b, j+5, 4)
	if !ok || year < 1000 || at(b, j) != ' ' {
		return false
	}
	s.year, s.day, s.shape = year, day, dayMonth
	return s.scanClock(b, j+1) && s.suffix(b)
}

// scanClock reads "15:04:05" and a fraction behind ".", ",", or ":" and three
// digits (H3C), to the microsecond. Zyxel pads with blanks: " 9: 4: 5".
func (s *stamp) scanClock(b []byte, i int) bool {
	if len(b)-i < 7 {
		return false
	}
	if len(b)-i >= 8 && b[i+2] == ':' && b[i+5] == ':' {
		h, ok1 := twoDigits(b[i], b[i+1])
		m, ok2 := twoDigits(b[i+3], b[i+4])
		sec, ok3 := twoDigits(b[i+6], b[i+7])
		if !ok1 || !ok2 || !ok3 {
			return false
		}
		s.hour, s.min, s.sec = h, m, sec
		i += 8
	} else {
		if b[i+1] != ':' || len(b)-i < 7 || b[i+4] != ':' { // 9:04:05
			return false
		}
		m, ok2 := twoDigits(b[i+2], b[i+3])
		sec, ok3 := twoDigits(b[i+5], b[i+6])
		if !isDigit(b[i]) || !ok2 || !ok3 {
			return false
		}
		s.hour, s.min, s.sec = int(b[i]-'0'), m, sec
		i += 7
	}
	if i < len(b) {
		switch c := b[i]; {
		case (c == '.' || c == ',') && isDigit(at(b, i+1)):
			i = s.scanFraction(b, i+1)
		case c == ':' && isDigit(at(b, i+1)) && isDigit(at(b, i+2)) && isDigit(at(b, i+3)) && at(b, i+4) == ' ':
			i = s.scanFraction(b, i+1)
		}
	}
	s.end = i
	return true
}

// scanFraction reads the digits of a second at i, and a second group of them
// (Huawei writes "270.1"), and returns the place behind.
func (s *stamp) scanFraction(b []byte, i int) int {
	unit := 100_000
	for ; i < len(b) && isDigit(b[i]); i++ {
		s.usec += int(b[i]-'0') * unit
		unit /= 10
	}
	if at(b, i) == '.' && isDigit(at(b, i+1)) {
		for i++; i < len(b) && isDigit(b[i]); i++ {
		}
	}
	return i
}
