package console

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// errTime is what [ParseTime] returns, with the text, for what is no time.
var errTime = errors.New(`expected a time such as "-1h", "-7d", "today", "yesterday", "14:30", "2026-11-22", "2026-11-22 14:30" or "2026-11-22T14:30:00Z"`)

// layouts of times without a zone: they are of the zone of the store.
var layouts = []string{
	"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02", "20060102",
}

// ParseTime reads a time as people write it, and returns µs since 1970 UTC.
//
// "-90s", "-30m", "-1h", "-7d" and "-2w" count back from now; "now", "today"
// and "yesterday" (the midnights at which they begin), a time of today ("14:30"),
// a day, and a day with a time are of loc; RFC 3339 brings its own zone; a whole
// number of 14 digits or more is already µs. Empty is 0: no limit.
func ParseTime(text string, now time.Time, loc *time.Location) (int64, error) {
	s := strings.TrimSpace(text)
	if loc == nil {
		loc = time.UTC
	}
	now = now.In(loc)
	midnight := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, loc)
	}
	switch strings.ToLower(s) {
	case "":
		return 0, nil
	case "now":
		return now.UnixMicro(), nil
	case "today":
		return midnight(0).UnixMicro(), nil
	case "yesterday":
		return midnight(-1).UnixMicro(), nil
	}
	if back, ok := strings.CutPrefix(s, "-"); ok {
		if d, ok := duration(back); ok {
			return now.Add(-d).UnixMicro(), nil
		}
	}
	if len(s) >= 14 {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
			return n, nil
		}
	}
	// A "+" of an offset arrives as a space where somebody forgot to escape it.
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00"} {
		for _, try := range []string{s, strings.Replace(s, " ", "+", 1)} {
			if t, err := time.Parse(layout, try); err == nil {
				return t.UnixMicro(), nil
			}
		}
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil {
			return t.UnixMicro(), nil
		}
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, loc).UnixMicro(), nil
		}
	}
	return 0, fmt.Errorf("%q is no time: %w", text, errTime)
}

// ParseSince reads since when, as people write it: "90m", "24h", "7d" and "2w"
// count back from now, all else is read by [ParseTime]. It returns µs since 1970
// UTC, 0 for an empty text.
func ParseSince(text string, now time.Time, loc *time.Location) (int64, error) {
	if d, ok := duration(strings.TrimSpace(text)); ok {
		return now.Add(-d).UnixMicro(), nil
	}
	at, err := ParseTime(text, now, loc)
	if err != nil {
		return 0, fmt.Errorf(`%q is no time: expected how far back, such as "12h", "7d" or "2w", or a time such as "yesterday" or "2026-11-22"`, text)
	}
	return at, nil
}

// duration reads "90s", "1h30m", "7d", "2w".
func duration(s string) (time.Duration, bool) {
	unit := time.Duration(0)
	switch {
	case strings.HasSuffix(s, "d"):
		unit = 24 * time.Hour
	case strings.HasSuffix(s, "w"):
		unit = 7 * 24 * time.Hour
	default:
		d, err := time.ParseDuration(s)
		return d, err == nil && d >= 0
	}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 16)
	return time.Duration(n) * unit, err == nil && n <= 36500
}
