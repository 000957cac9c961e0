package syslog

import "strconv"

// RFC 5424 section 6.2.1, tables 1 and 2, with the names of syslog.conf.
var (
	facilityNames = [24]string{
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
		"ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
	}
	severityNames = [8]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
)

// severityAliases are the other words that people and devices use.
var severityAliases = [...]struct {
	name     string
	severity uint8
}{
	{"emergency", 0}, {"panic", 0}, {"critical", 2}, {"error", 3}, {"warn", 4}, {"informational", 6},
	{"information", 6}, {"notification", 5}, {"major", 2}, {"minor", 4}, {"fatal", 0},
}

// FacilityName returns the short name of a facility, "kern" to "local7"; the
// number for a value above 23.
func FacilityName(f uint8) string {
	if int(f) < len(facilityNames) {
		return facilityNames[f]
	}
	return strconv.Itoa(int(f))
}

// SeverityName returns the short name of a severity, "emerg" (0) to "debug"
// (7); the number for a value above 7.
func SeverityName(s uint8) string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return strconv.Itoa(int(s))
}

// ParseSeverity reads a severity: its number from 0 to 7, its short name or a
// common other word for it, in any case. ok is false for anything else.
func ParseSeverity(s string) (severity uint8, ok bool) {
	if len(s) == 1 && s[0] >= '0' && s[0] <= '7' {
		return s[0] - '0', true
	}
	for i, name := range severityNames {
		if equalFold(s, name) {
			return uint8(i), true
		}
	}
	for _, a := range severityAliases {
		if equalFold(s, a.name) {
			return a.severity, true
		}
	}
	return 0, false
}

// ParseFacility reads a facility: its number from 0 to 23 or its name, in any
// case; "security" is auth. ok is false for anything else.
func ParseFacility(s string) (facility uint8, ok bool) {
	for i, name := range facilityNames {
		if equalFold(s, name) {
			return uint8(i), true
		}
	}
	if equalFold(s, "security") {
		return 4, true
	}
	if n, err := strconv.ParseUint(s, 10, 8); err == nil && n < 24 && (s[0] != '0' || len(s) == 1) {
		return uint8(n), true
	}
	return 0, false
}

// equalFold compares a text with a name in lower case, in any ASCII case.
func equalFold[T string | []byte](s T, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
