package pack

import (
	"fmt"
	"strconv"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// prove tries each rule on its own examples, as messages of its vendor.
func (s *Set) prove() error {
	r := s.NewReader()
	p := syslog.NewParser()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixMicro()
	read := func(line, vendor string) (Event, *compiled) {
		var m syslog.Record
		p.Parse(&m.Message, []byte(line), now, time.UTC)
		return r.read(&m, vendor)
	}
	for _, c := range s.rules {
		for _, e := range c.from.Hit {
			event, by := read(e.line, c.vendor)
			// Somebody's own rules stand before ours and may take our lines.
			if by != c && (by == nil || by.from.ours || !c.from.ours) {
				return c.from.fail("it must find %q, but %s", e.line, taken(by))
			}
			if by == c {
				if err := event.differs(e.want); err != nil {
					return c.from.fail("of %q %w", e.line, err)
				}
			}
		}
		for _, e := range c.from.Miss {
			if _, by := read(e.line, c.vendor); by == c {
				return c.from.fail("it must not find %q, but does", e.line)
			}
		}
	}
	return nil
}

func taken(by *compiled) string {
	if by == nil {
		return "no rule does"
	}
	return fmt.Sprintf("rule %d of pack %s (%s %s) does", by.from.number, by.from.file, by.from.Kind, by.from.State)
}

// differs says in what e is not as an example wants it.
func (e *Event) differs(want map[string]string) error {
	for _, key := range wanted {
		w, ok := want[key]
		if !ok {
			continue
		}
		var got string
		switch key {
		case "kind":
			got = e.Kind
		case "state":
			got = e.State.String()
		case "pon":
			got = e.PON
		case "onu":
			got = e.ONU
		case "serial":
			got = e.Serial
		case "port":
			got = e.Port
		case "cause":
			got = e.Cause
		case "severity":
			got = strconv.Itoa(int(e.Severity))
		}
		if got != w {
			return fmt.Errorf("it reads %s %q, but the example says %q", key, got, w)
		}
	}
	return nil
}
