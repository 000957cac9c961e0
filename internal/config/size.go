package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Size is a number of bytes, written as "16MB". 1 KB is 1024 bytes.
type Size int64

// sizeUnits are the units that are understood, largest first. Each may also be
// written as one letter or as KiB, MiB and so on, in any case.
var sizeUnits = []struct {
	name  string
	bytes Size
}{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}}

// String returns s in the largest unit that leaves no fraction: "64KB".
func (s Size) String() string {
	if s == 0 {
		return ""
	}
	for _, u := range sizeUnits {
		if s%u.bytes == 0 {
			return strconv.FormatInt(int64(s/u.bytes), 10) + u.name
		}
	}
	return ""
}

// errSize and errDuration say what is accepted, for a Problem's Want.
var (
	errSize     = errors.New(`must be a size such as "64KB", "16MB" or "1.5GB"`)
	errDuration = errors.New(`must be a duration such as "100ms", "30s", "5m", "12h" or "7d"`)
)

// parseSize reads what String writes, and fractions. Empty and "0" are 0; any
// other number needs a unit. The error is errSize.
func parseSize(text string) (Size, error) {
	t := strings.ToUpper(strings.TrimSpace(text))
	if t == "" || t == "0" {
		return 0, nil
	}
	n := strings.TrimRight(t, "BIKMGT")
	unit := strings.TrimSuffix(strings.Replace(t[len(n):], "IB", "B", 1), "B")
	value, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
	if err != nil || value < 0 || strings.ContainsAny(n, "EXPN_") || len(n) == len(t) {
		return 0, errSize
	}
	for _, u := range sizeUnits {
		if strings.TrimSuffix(u.name, "B") == unit {
			if value *= float64(u.bytes); value >= math.MaxInt64 {
				return 0, errSize
			}
			return Size(math.Round(value)), nil
		}
	}
	return 0, errSize
}

// maxDays keeps days within what a time.Duration can hold.
const maxDays = 100_000

// parseDuration reads what time.ParseDuration reads, and days before it: "7d",
// "1d12h". The error is errDuration.
func parseDuration(text string) (time.Duration, error) {
	t := strings.TrimSpace(text)
	var d time.Duration
	if days, rest, ok := strings.Cut(t, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil || n > maxDays {
			return 0, errDuration
		}
		d = time.Duration(n) * 24 * time.Hour
		if t = rest; t == "" {
			return d, nil
		}
	}
	rest, err := time.ParseDuration(t)
	if err != nil || rest < 0 {
		return 0, errDuration
	}
	if d += rest; d < 0 {
		return 0, errDuration
	}
	return d, nil
}

// formatDuration is the shortest text that parseDuration reads as d.
func formatDuration(d time.Duration) string {
	switch {
	case d <= 0:
		return "0s"
	case d%(24*time.Hour) == 0:
		return strconv.FormatInt(int64(d/(24*time.Hour)), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
