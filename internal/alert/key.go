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
	return short(strings.Join(parts, " "))
}

// title returns the Title of the rule for a message, "" if it has none.
func (r *Rule) title(m *syslog.Record, object string, d query.Directory) string {
	if r.Title == "" {
		return ""
	}
	name, site := "", ""
	if d != nil {
		name, site = d.Device(m.Source)
	}
	if name == "" {
		name = m.Source.Unmap().String()
	}
	groups := r.Query.Groups(m)
	var b strings.Builder
	for rest := r.Title; rest != ""; {
		before, after, _ := strings.Cut(rest, "{")
		b.WriteString(before)
		field, end, ok := strings.Cut(after, "}")
		if !ok {
			break
		}
		value := groups[field]
		switch field {
		case "device":
			value = name
		case "site":
			value = site
		case "object":
			value = object
		case "message":
			value = string(m.Text())
		}
		b.WriteString(value[:min(len(value), 200)])
		rest = end
	}
	return string(visible(nil, []byte(b.String())))
}

// TitleFields returns what may stand in braces in the Title of a rule whose
// query finds these groups.
func TitleFields(groups []string) []string {
	return append([]string{"device", "site", "object", "message"}, groups...)
}

// Fields returns the names in braces in a title; ok is false if a brace is not
// closed.
func Fields(title string) (names []string, ok bool) {
	for {
		_, after, found := strings.Cut(title, "{")
		if !found {
			return names, true
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			return names, false
		}
		names, title = append(names, name), rest
	}
}
