package syslog

import "time"

const secondsPerDay = 86400

// A clock makes times of stamps: it knows the time of receipt and the zone of
// the device, and remembers years and offsets between messages.
type clock struct {
	now int64 // seconds since 1970 UTC
	loc *time.Location

	year               int // the year of now in UTC
	yearFrom, yearTill int64

	zone  *zone // of loc; nil for UTC
	zones map[*time.Location]*zone
}

// maxZones bounds what a clock remembers; beyond it begins anew.
const maxZones = 64

// at sets the time of receipt, in µs, and the zone of the device.
func (c *clock) at(now int64, loc *time.Location) {
	c.now = floorDiv(now, 1e6)
	if loc == c.loc {
		return
	}
	c.loc, c.zone = loc, nil
	if loc == nil || loc == time.UTC {
		return
	}
	z := c.zones[loc]
	if z == nil {
		if c.zones == nil || len(c.zones) >= maxZones {
			c.zones = make(map[*time.Location]*zone)
		}
		z = &zone{loc: loc}
		c.zones[loc] = z
	}
	c.zone = z
}

// resolve returns the time that s stands for, in µs since 1970 UTC, NoTime if
// it is none. b is where s was read.
func (c *clock) resolve(s *stamp, b []byte) int64 {
	if s.hour > 23 || s.min > 59 || s.sec > 60 {
		return NoTime
	}
	seconds := int64(s.hour*3600 + s.min*60 + s.sec)
	var t int64
	var ok bool
	switch {
	case s.year != 0:
		if !validDate(s.year, s.month, s.day) {
			return NoTime
		}
		t, ok = c.toUTC(s, b, daysFromCivil(s.year, s.month, s.day)*secondsPerDay+seconds), true
	case s.month != 0:
		t, ok = c.nearestYear(s, b, seconds)
	case s.shape == timeOfDay:
		t, ok = c.nearestDay(s, b, seconds), true
	}
	if !ok {
		return NoTime
	}
	return t*1e6 + int64(s.usec)
}

// nearestYear gives s the year that brings it nearest to now.
func (c *clock) nearestYear(s *stamp, b []byte, seconds int64) (t int64, ok bool) {
	if c.now < c.yearFrom || c.now >= c.yearTill {
		c.year = yearOf(c.now)
		c.yearFrom = daysFromCivil(c.year, 1, 1) * secondsPerDay
		c.yearTill = daysFromCivil(c.year+1, 1, 1) * secondsPerDay
	}
	const halfYear = 182 * secondsPerDay
	for _, year := range [...]int{c.year, c.year - 1, c.year + 1} {
		if !validDate(year, s.month, s.day) {
			continue
		}
		u := c.toUTC(s, b, daysFromCivil(year, s.month, s.day)*secondsPerDay+seconds)
		if year == c.year && abs(u-c.now) <= halfYear {
			return u, true
		}
		if !ok || abs(u-c.now) < abs(t-c.now) {
			t, ok = u, true
		}
	}
	return t, ok
}

// nearestDay gives a time of day the day that brings it nearest to now.
func (c *clock) nearestDay(s *stamp, b []byte, seconds int64) int64 {
	today := floorDiv(c.now, secondsPerDay) * secondsPerDay
	t := c.toUTC(s, b, today+seconds)
	for _, other := range [...]int64{-1, 1} {
		if u := c.toUTC(s, b, today+other*secondsPerDay+seconds); abs(u-c.now) < abs(t-c.now) {
			t = u
		}
	}
	return t
}

// toUTC turns a local time, as seconds since 1970 of the local calendar, into
// seconds since 1970 UTC.
func (c *clock) toUTC(s *stamp, b []byte, local int64) int64 {
	switch s.zone {
	case zoneOffset:
		return local - s.offset
	case zoneName:
		if c.zone != nil {
			if t, ok := c.zone.named(local, c.now, b[s.zoneAt:s.zoneAt+s.zoneLen]); ok {
				return t
			}
		}
		if s.known {
			return nearest(local-s.offsets.a, local-s.offsets.b, c.now)
		}
	}
	if c.zone == nil {
		return local
	}
	return c.zone.unix(local, c.now)
}

// A zone finds offsets in a time.Location, and remembers for how long the
// present one holds.
type zone struct {
	loc        *time.Location
	name       string // in use at present
	offset     int64
	from, till int64   // UTC: between these name and offset hold
	foreign    [8]byte // the last name that this zone never has
}

// unix returns the UTC of a local time. Of two that it may be, where clocks go
// back, it returns the one nearer to now, and the same where there is none,
// where clocks go forward.
func (z *zone) unix(local, now int64) int64 {
	if now < z.from || now >= z.till {
		z.learn(now)
	}
	if t := local - z.offset; t >= z.from+secondsPerDay && t < z.till-secondsPerDay {
		return t
	}
	before, after := z.offsetAt(local-secondsPerDay), z.offsetAt(local+secondsPerDay)
	t, u := local-before, local-after
	if before == after {
		return t
	}
	fits, alsoFits := z.offsetAt(t) == before, z.offsetAt(u) == after
	switch {
	case fits && !alsoFits:
		return t
	case alsoFits && !fits:
		return u
	}
	return nearest(t, u, now)
}

// named returns the UTC of a local time in the season in which this zone goes
// by name. ok is false if it never does.
func (z *zone) named(local, now int64, name []byte) (t int64, ok bool) {
	if now < z.from || now >= z.till {
		z.learn(now)
	}
	if z.name == string(name) {
		return local - z.offset, true
	}
	if n := len(name); string(z.foreign[:n]) == string(name) && z.foreign[n] == 0 { // names have 5 letters at most
		return 0, false
	}
	for _, away := range [...]int64{0, -182 * secondsPerDay, 182 * secondsPerDay} {
		n, offset := time.Unix(local+away, 0).In(z.loc).Zone()
		if n == string(name) {
			return local - int64(offset), true
		}
	}
	z.foreign = [8]byte{}
	copy(z.foreign[:], name)
	return 0, false
}

func (z *zone) offsetAt(t int64) int64 {
	_, offset := time.Unix(t, 0).In(z.loc).Zone()
	return int64(offset)
}

// learn sets the offset that holds at now and its bounds.
func (z *zone) learn(now int64) {
	t := time.Unix(now, 0).In(z.loc)
	name, offset := t.Zone()
	z.name, z.offset, z.foreign = name, int64(offset), [8]byte{}
	const never = 1 << 60
	z.from, z.till = -never, never
	from, till := t.ZoneBounds()
	if !from.IsZero() {
		z.from = from.Unix()
	}
	if !till.IsZero() {
		z.till = till.Unix()
	}
}

// nearest returns whichever of t and u is nearer to now.
func nearest(t, u, now int64) int64 {
	if abs(u-now) < abs(t-now) {
		return u
	}
	return t
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

func floorDiv(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}

// monthDays are the days of each month, January first, of a year without
// February 29.
var monthDays = [13]uint8{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func validDate(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 || year < 1 {
		return false
	}
	return day <= int(monthDays[month]) || month == 2 && day == 29 && year%4 == 0 && (year%100 != 0 || year%400 == 0)
}

// daysFromCivil returns the days from 1970-01-01 to a date of the Gregorian
// calendar. Howard Hinnant, chrono-compatible low-level date algorithms.
func daysFromCivil(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return int64(era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468)
}

// yearOf returns the year of t seconds since 1970 UTC.
func yearOf(t int64) int { return time.Unix(t, 0).UTC().Year() }
