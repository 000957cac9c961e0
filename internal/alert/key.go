package alert

import (
	"strings"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// object returns what of the device a message is about, by the Key of the rule:
// the values that its query finds, as "port 0/1 onu 7".
func (r *Rule) object(m *syslog.Record, q *query.Query) string {
	if len(r.Key) == 0 {
		return ""
	}
	groups := q.Groups(m)
	var parts []string
	for _, name := range r.Key {
		value := groups[name]
		switch {
		case value != "":
		case name == "app":
			value = string(m.Get(m.AppName))
		case name == "host":
			value = string(m.Get(m.Hostname))
		}
		if value != "" {
			parts = append(parts, name+" "+string(visible(nil, []byte(value[:min(len(value), 60)]))))
		}
	}
	return strings.Join(parts, " ")
}
