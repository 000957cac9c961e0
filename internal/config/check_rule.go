package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

const (
	maxHold     = 24 * time.Hour
	maxTitle    = 300 // bytes of a text
	maxExamples = 100 // of a rule
	maxKeys     = 8
)

// clearTime reads a clear that is a time, as "10m".
func clearTime(text string) (d time.Duration, ok bool) {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	return d, err == nil
}

// incidentKeys checks what makes incidents of a rule's messages.
func (c checker) incidentKeys(pl place, r *Rule) {
	if d, ok := clearTime(r.Clear); ok {
		c.duration(pl, "clear", d, time.Second, maxCooldown)
	} else if r.Clear != "" {
		c.query(pl, "clear", r.Clear)
	}
	if r.Hold != 0 {
		c.duration(pl, "hold", r.Hold, time.Second, maxHold)
		if d, ok := clearTime(r.Clear); ok && d <= r.Hold {
			c.add(pl, "clear", "", Problem{Have: quote(r.Clear), Want: fmt.Sprintf("must be longer than hold, %v: or else everything is over before people are told", r.Hold)})
		}
	}
	if r.Schedule != "" {
		if _, err := alert.ParseSchedule(r.Schedule); err != nil {
			c.add(pl, "schedule", "", Problem{Have: quote(r.Schedule), Want: err.Error()})
		}
	}
	if r.Severity != "" {
		if _, ok := syslog.ParseSeverity(r.Severity); !ok {
			c.add(pl, "severity", "", Problem{Have: quote(r.Severity), Want: "must be emerg, alert, crit, err, warning, notice, info or debug"})
		}
	}
	q, err := query.ParseRule(r.Query)
	if err != nil {
		return // told already
	}
	groups := q.GroupNames()
	if len(r.Key) > maxKeys {
		c.add(pl, "key", "", Problem{Have: fmt.Sprintf("%d parts", len(r.Key)), Want: fmt.Sprintf("must be at most %d", maxKeys)})
	}
	for i, name := range r.Key {
		if !slices.Contains(append([]string{"device", "app", "host"}, groups...), name) {
			c.add(pl, "key", fmt.Sprintf("#%d", i+1), Problem{Have: quote(name), Want: `must be "device", "app", "host" or a named group of a regular expression in query`,
				Hint: `for example query = '/ONU (?P<onu>\d+) lost/' and key = ["onu"]`})
		}
	}
	c.clearFinds(pl, r, groups)
	c.title(pl, r.Text, groups)
	c.examples(pl, r)
}

// clearFinds checks that a message that ends a trouble tells which one, where
// the query finds the groups.
func (c checker) clearFinds(pl place, r *Rule, groups []string) {
	if _, isTime := clearTime(r.Clear); isTime || r.Clear == "" {
		return
	}
	q, err := query.ParseRule(r.Clear)
	if err != nil {
		return // told already
	}
	for _, name := range r.Key {
		if slices.Contains(groups, name) && !slices.Contains(q.GroupNames(), name) {
			c.add(pl, "clear", "", Problem{Have: quote(r.Clear), Want: fmt.Sprintf("finds no %q, which key tells troubles apart by: it would never end one", name),
				Hint: fmt.Sprintf(`name it in a regular expression, as in clear = '/(?P<%s>\S+) is up/'`, name)})
		}
	}
}

// title checks the text of a rule.
func (c checker) title(pl place, text string, groups []string) {
	if len(text) > maxTitle {
		c.add(pl, "text", "", Problem{Have: fmt.Sprintf("%d bytes", len(text)), Want: fmt.Sprintf("must be at most %d", maxTitle)})
		return
	}
	names, ok := alert.Fields(text)
	if !ok {
		c.add(pl, "text", "", Problem{Have: quote(text), Want: "has a { without its }"})
	}
	may := alert.TitleFields(groups)
	var unknown []string
	for _, name := range names {
		if !slices.Contains(may, name) {
			unknown = append(unknown, quote("{"+name+"}"))
		}
	}
	if len(unknown) > 0 {
		c.add(pl, "text", "", Problem{Have: strings.Join(unknown, ", "), Want: "there is no such field; there are {" + strings.Join(may, "}, {") + "}"})
	}
}

// examples runs a rule on its own examples.
func (c checker) examples(pl place, r *Rule) {
	if len(r.Examples) > maxExamples {
		c.add(pl, "examples", "", Problem{Have: fmt.Sprintf("%d of them", len(r.Examples)), Want: fmt.Sprintf("must be at most %d", maxExamples)})
		return
	}
	if len(r.Examples) == 0 {
		return
	}
	rule, err := r.compile()
	if err != nil {
		return // told already
	}
	parser := syslog.NewParser()
	for i, x := range r.Examples {
		kind, message, _ := strings.Cut(x, ":")
		message = strings.TrimSpace(message)
		hit, clear := tryRule(&rule, parser, message)
		p := Problem{Have: quote(x)}
		switch kind = strings.TrimSpace(kind); {
		case kind != "hit" && kind != "miss" && kind != "clear" || message == "":
			p.Want = `must begin with "hit: ", "miss: " or "clear: ", and go on with a message`
		case kind == "clear" && !clear:
			p.Want = "does not end the trouble, as it should"
			p.Hint = "change clear or the example"
		case kind == "hit" && clear:
			p.Want = "ends the trouble, where it should raise it"
			p.Hint = "change clear or the example"
		case kind == "hit" && !hit:
			p.Want = "is not found by the query, as it should"
			p.Hint = "change query or the example"
		case kind == "miss" && (hit || clear):
			p.Want = "is found, as it should not"
			p.Hint = "change query, clear or the example"
		default:
			continue
		}
		c.add(pl, "examples", fmt.Sprintf("#%d", i+1), p)
	}
}

// tryRule reads a message as if a device had sent it, and says whether the rule
// finds it and whether it ends the trouble.
func tryRule(r *alert.Rule, parser *syslog.Parser, message string) (hit, clear bool) {
	record := syslog.Record{ReceivedAt: exampleTime, Source: netip.AddrFrom4([4]byte{192, 0, 2, 1})}
	parser.Parse(&record.Message, []byte(message), exampleTime, time.UTC)
	return r.Query.Match(&record, nil), r.Clear != nil && r.Clear.Match(&record, nil)
}

// exampleTime is when the messages of examples come, in µs since 1970 UTC.
const exampleTime = 1_750_000_000_000_000

// compile makes the rule of package alert.
func (r *Rule) compile() (alert.Rule, error) {
	q, err := query.ParseRule(r.Query)
	if err != nil {
		return alert.Rule{}, fmt.Errorf("query of rule %q: %w", r.Name, err)
	}
	rule := alert.Rule{
		Name: r.Name, Text: r.Query, Query: q, Devices: r.Device,
		Threshold: r.Threshold, Within: r.Within, Cooldown: r.Cooldown, Notify: r.Notify, Hold: r.Hold, Title: r.Text,
		Key: slices.DeleteFunc(slices.Clone(r.Key), func(s string) bool { return s == "device" }),
	}
	if d, ok := clearTime(r.Clear); ok {
		rule.Quiet = d
	} else if r.Clear != "" {
		if rule.Clear, err = query.ParseRule(r.Clear); err != nil {
			return alert.Rule{}, fmt.Errorf("clear of rule %q: %w", r.Name, err)
		}
	}
	if r.Schedule != "" {
		if rule.Schedule, err = alert.ParseSchedule(r.Schedule); err != nil {
			return alert.Rule{}, fmt.Errorf("schedule of rule %q: %w", r.Name, err)
		}
	}
	if n, ok := syslog.ParseSeverity(r.Severity); ok {
		rule.Severity = &n
	}
	return rule, nil
}
