package config

import (
	"errors"
	"strings"
	"time"
	_ "time/tzdata" // Windows, and small Linux systems, have no zones of their own
	"unicode"
)

// loadZone returns the zone of a name: "Local", "UTC" or one of the IANA
// database, such as "Asia/Dhaka".
func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, errors.New("no zone is named")
	}
	return time.LoadLocation(name)
}

// zoneProblem says what is wrong with the name of a zone, nil if nothing is.
func zoneProblem(name string) *Problem {
	if _, err := loadZone(name); err == nil {
		return nil
	}
	p := &Problem{Have: quote(name), Want: `must be "Local", "UTC" or the name of a time zone such as "Asia/Dhaka"`}
	switch likely := likelyZone(name); {
	case likely != "":
		p.Hint = "did you mean " + quote(likely) + "?"
	case strings.ContainsAny(name, "+-") && strings.IndexFunc(name, unicode.IsDigit) >= 0:
		p.Hint = "a zone is named by its city, because the offset may change with summer time"
	case strings.HasSuffix(name, "Time"):
		p.Hint = "names of Windows are not known here; the list is at en.wikipedia.org/wiki/List_of_tz_database_time_zones"
	default:
		p.Hint = "the list is at en.wikipedia.org/wiki/List_of_tz_database_time_zones"
	}
	return p
}

// likelyZone writes name the way zones are written and returns it if it is one.
func likelyZone(name string) string {
	name = strings.ReplaceAll(strings.TrimSpace(name), " ", "_")
	if len(name) > 40 {
		return ""
	}
	candidates := []string{strings.ToUpper(name)}
	var b strings.Builder
	up := true
	for _, r := range strings.ToLower(name) {
		if up {
			r = unicode.ToUpper(r)
		}
		up = r == '/' || r == '_' || r == '-'
		b.WriteRune(r)
	}
	candidates = append(candidates, b.String())
	if !strings.Contains(name, "/") {
		for _, area := range []string{"Africa", "America", "Asia", "Australia", "Europe", "Pacific", "Atlantic", "Indian"} {
			candidates = append(candidates, area+"/"+b.String())
		}
	}
	for _, c := range candidates {
		if _, err := loadZone(c); err == nil {
			return c
		}
	}
	return ""
}
