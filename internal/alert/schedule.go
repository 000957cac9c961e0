package alert

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Schedule says when a rule is in force: on some days of the week, between
// two times of the day. From the later to the earlier time it goes over
// midnight and belongs to the day on which it begins.
type Schedule struct {
	days     [7]bool // Sunday first
	from, to int     // minutes since midnight; equal = all day
}

var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseSchedule reads "mon-fri 08:00-18:00", "sat,sun", "22:00-06:00". The error
// is for people.
func ParseSchedule(text string) (*Schedule, error) {
	s := &Schedule{days: [7]bool{true, true, true, true, true, true, true}}
	fields := strings.Fields(strings.ToLower(text))
	if len(fields) == 0 || len(fields) > 2 {
		return nil, fmt.Errorf(`must be days, times or both, as in "mon-fri 08:00-18:00", "sat,sun" or "22:00-06:00"`)
	}
	if c := fields[0][0]; c < '0' || c > '9' {
		if err := s.setDays(fields[0]); err != nil {
			return nil, err
		}
		fields = fields[1:]
	}
	if len(fields) == 0 {
		return s, nil
	}
	from, to, ok := strings.Cut(fields[0], "-")
	var ok1, ok2 bool
	s.from, ok1 = clock(from)
	s.to, ok2 = clock(to)
	if !ok || !ok1 || !ok2 || len(fields) > 1 {
		return nil, fmt.Errorf(`%q is no time of the day as in "08:00-18:00"`, strings.Join(fields, " "))
	}
	if s.from == s.to {
		return nil, fmt.Errorf("%q is no time at all, or all of it: for whole days give days alone, as in \"sat,sun\"", fields[0])
	}
	return s, nil
}

func (s *Schedule) setDays(text string) error {
	s.days = [7]bool{}
	for part := range strings.SplitSeq(text, ",") {
		first, last, span := strings.Cut(part, "-")
		a, ok := weekday(first)
		b := a
		if span && ok {
			b, ok = weekday(last)
		}
		if !ok {
			return fmt.Errorf("%q is no day of the week; they are mon, tue, wed, thu, fri, sat and sun, and mon-fri from one to another", part)
		}
		for d := a; ; d = (d + 1) % 7 {
			s.days[d] = true
			if d == b {
				break
			}
		}
	}
	return nil
}

func weekday(text string) (int, bool) {
	for i, d := range weekdays {
		if text == d {
			return i, true
		}
	}
	return 0, false
}

// clock reads hours and minutes, 00:00 to 24:00.
func clock(text string) (minutes int, ok bool) {
	h, m, found := strings.Cut(text, ":")
	hour, err1 := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	if !found || len(m) != 2 || err1 != nil || err2 != nil || hour < 0 || hour > 24 || minute < 0 || minute > 59 || hour == 24 && minute > 0 {
		return 0, false
	}
	return hour*60 + minute, true
}

// contains reports whether the rule is in force at a time in µs since 1970 UTC.
func (s *Schedule) contains(at int64, zone *time.Location) bool {
	if s == nil {
		return true
	}
	t := time.UnixMicro(at).In(zone)
	day, minute := int(t.Weekday()), t.Hour()*60+t.Minute()
	if s.from > s.to && minute < s.to {
		return s.days[(day+6)%7] // since yesterday
	}
	if !s.days[day] {
		return false
	}
	switch {
	case s.from == s.to:
		return true
	case s.from < s.to:
		return minute >= s.from && minute < s.to
	}
	return minute >= s.from
}
