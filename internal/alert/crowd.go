package alert

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// When people are told of a crowd.
const (
	crowdGather = time.Minute      // it gathers its devices, before they are told
	crowdAgain  = 10 * time.Minute // they are not told that it has grown, or that some are back
	// crowdSlack is how long after the newest message of its first devices
	// others may have spoken and still have gone quiet with them.
	crowdSlack = 10 * time.Minute
)

// A SilentState is what the engine remembers of devices that have gone quiet
// together, beside their incident.
type SilentState struct {
	Where    string        `json:"where"`    // site; "" = of any
	Expected int           `json:"expected"` // devices that were expected to speak; 0 = it is not about most of them
	SinceAt  int64         `json:"since_at"` // newest message of the first of them, µs since 1970 UTC
	Members  []quietMember `json:"members"`  // in the order in which they were noticed
	ToldAt   int64         `json:"told_at"`  // people were told last; 0 = not yet
	DueAt    int64         `json:"due_at"`   // when they are to be told, 0 = nothing new
}

type quietMember struct {
	Device    netip.Addr `json:"device"`
	Name      string     `json:"name,omitempty"`
	Site      string     `json:"site,omitempty"`
	LastAt    int64      `json:"last_at"`
	NoticedAt int64      `json:"noticed_at"`
	BackAt    int64      `json:"back_at,omitempty"` // 0 = not
}

// A crowd is one incident of several devices that have gone quiet together.
type crowd struct {
	SilentState
	inc     Incident
	changed bool
}

// crowdFor returns the crowd that a device has gone quiet with, nil if none: it
// was not heard since then, or is of the same site and noticed soon after.
func (e *Engine) crowdFor(m *quietMember) *crowd {
	for _, c := range e.quiet.crowds {
		if (c.Where == "" || c.Where == m.Site) && m.LastAt <= c.SinceAt+crowdSlack.Microseconds() {
			return c
		}
	}
	return nil
}

// newCrowd returns a crowd of a site, which nobody was told of.
func (e *Engine) newCrowd(site string) *crowd {
	c := &crowd{inc: *e.newIncident(&e.limits[e.quiet.rule], place{rule: e.quiet.rule})}
	c.Where, c.inc.Site, c.inc.OpenedAt = site, site, e.now
	if site != "" {
		c.inc.Object = "site " + site
	}
	e.quiet.crowds = append(e.quiet.crowds, c)
	return c
}

// anyCrowd returns the newest crowd of any site that is about now.
func (e *Engine) anyCrowd() *crowd {
	for _, c := range slices.Backward(e.quiet.crowds) {
		if c.Where == "" && c.recent(e.now) > 0 {
			return c
		}
	}
	return e.newCrowd("")
}

// gatherAll makes the devices of troubles members.
func (c *crowd) gatherAll(e *Engine, list []*trouble) {
	for _, t := range list {
		name, site := e.set.shown(t.place.device)
		m := quietMember{Device: t.place.device, Name: name, Site: site, LastAt: t.firstAt, NoticedAt: t.lastAt}
		c.SinceAt = max(c.SinceAt, m.LastAt)
		e.merge(t, &c.inc)
		c.add(e, m)
	}
}

// swallow makes another crowd part of c.
func (e *Engine) swallow(c, other *crowd) {
	c.SinceAt = max(c.SinceAt, other.SinceAt)
	for _, m := range other.Members {
		if m.BackAt == 0 {
			c.add(e, m)
		}
	}
	other.inc.State, other.inc.Into = IncidentMerged, c.inc.ID
	other.inc.ClearedAt = e.now
	if other.ToldAt != 0 {
		other.tell(e, KindMore, syslog.Position{})
	}
	other.drop(e)
}

// add makes a device a member.
func (c *crowd) add(e *Engine, m quietMember) {
	e.quiet.in[m.Device] = c
	c.Members = append(c.Members, m)
	c.inc.Count++
	c.inc.OpenedAt = min(c.inc.OpenedAt, m.LastAt)
	c.inc.UpdatedAt = e.now
	c.inc.Severity = e.limits[e.quiet.rule].severity
	c.news(e)
}

// news takes note that people are to be told of something.
func (c *crowd) news(e *Engine) {
	c.changed = true
	due := e.now + crowdGather.Microseconds()
	if c.ToldAt != 0 {
		due = max(due, c.ToldAt+crowdAgain.Microseconds())
	}
	if c.DueAt == 0 || due < c.DueAt {
		c.DueAt = due
	}
}

// back takes note that a member is heard again.
func (c *crowd) back(e *Engine, device netip.Addr, at syslog.Position) {
	delete(e.quiet.in, device)
	i := slices.IndexFunc(c.Members, func(m quietMember) bool { return m.Device == device && m.BackAt == 0 })
	c.Members[i].BackAt = e.now
	c.inc.UpdatedAt = e.now
	c.changed = true
	if c.down() > 0 {
		if c.ToldAt != 0 {
			c.news(e)
		}
		return
	}
	c.inc.State, c.inc.ClearedAt = IncidentCleared, e.now
	if c.ToldAt != 0 {
		c.tell(e, KindClear, at)
	}
	c.drop(e)
}

// down returns how many are not back.
func (c *crowd) down() (n int) {
	for i := range c.Members {
		if c.Members[i].BackAt == 0 {
			n++
		}
	}
	return n
}

// recent returns how many of those that are not back were noticed not long ago.
func (c *crowd) recent(now int64) (n int) {
	for i := range c.Members {
		if m := &c.Members[i]; m.BackAt == 0 && now-m.NoticedAt <= quietSite.Microseconds() {
			n++
		}
	}
	return n
}

// deadline returns when something is to be done.
func (c *crowd) deadline() int64 {
	if c.DueAt != 0 {
		return c.DueAt
	}
	return c.inc.UpdatedAt + openFor.Microseconds()
}

// settle does what is due.
func (c *crowd) settle(e *Engine) {
	if c.DueAt == 0 {
		c.inc.State, c.inc.ClearedAt = IncidentExpired, e.now
		c.drop(e)
		return
	}
	kind := KindMore
	if c.ToldAt == 0 {
		kind = KindAlert
	}
	c.DueAt, c.ToldAt, c.changed = 0, e.now, true
	c.tell(e, kind, syslog.Position{})
}

// drop forgets the crowd.
func (c *crowd) drop(e *Engine) {
	for _, m := range c.Members {
		if e.quiet.in[m.Device] == c {
			delete(e.quiet.in, m.Device)
		}
	}
	e.ends = append(e.ends, c.snapshot())
	e.gone = append(e.gone, c.key())
	e.quiet.crowds = slices.DeleteFunc(e.quiet.crowds, func(o *crowd) bool { return o == c })
}

func (c *crowd) tell(e *Engine, kind Kind, at syslog.Position) {
	if kind == KindAlert {
		c.inc.Alarms++
	}
	i := c.snapshot()
	n := Notice{Kind: kind, Rule: i.Rule, Site: i.Site, Severity: i.Severity, Text: i.Text, At: e.now, Count: 1, Position: at, Notify: i.Notify, Incident: &i}
	n.Text = i.Title + ": " + i.quietList()
	if i.Text != "" {
		n.Text = i.Text + " " + n.Text
	}
	n.Text = string(visible(nil, []byte(n.Text)))
	if kind == KindClear {
		n.Text = fmt.Sprintf("all %d are heard again after %s", i.Total, span(i.ClearedAt-i.OpenedAt))
	}
	e.notices = append(e.notices, n)
}

// snapshot returns the incident as it is now.
func (c *crowd) snapshot() Incident {
	i := c.inc
	i.Total, i.Down = len(c.Members), c.down()
	i.Members = nil
	for _, m := range c.Members[:min(len(c.Members), MaxMembers)] {
		name := m.Device.String()
		if m.Name != "" {
			name = m.Name + " (" + name + ")"
		}
		i.Members = append(i.Members, Member{Object: name, At: m.LastAt, BackAt: m.BackAt})
	}
	i.Title, i.Text = c.words(i.Total)
	return i
}

// words says what happened to n devices, for people, and what to ask.
func (c *crowd) words(n int) (title, text string) {
	switch {
	case c.Expected > 0 && n >= c.Expected:
		return "All devices silent", "no device is heard: is the network of this server all right?"
	case c.Expected > 0:
		return fmt.Sprintf("%d of %d devices silent", n, c.Expected), "most devices are not heard: is the network of this server all right?"
	case c.Where != "":
		return string(visible(nil, fmt.Appendf(nil, "%d devices of site %s silent", n, c.Where))), ""
	}
	return fmt.Sprintf("%d devices silent", n), ""
}

// quietList names the devices of a crowd that are not back: "silent 3 of 12:
// OLT North (10.0.0.1), 10.0.0.2, 10.0.0.3".
func (i *Incident) quietList() string {
	if i.Down == 0 {
		return fmt.Sprintf("all %d are heard again", i.Total)
	}
	var names []string
	for _, m := range i.Members {
		if m.BackAt == 0 && len(names) < listed/2 {
			names = append(names, m.Object)
		}
	}
	s := fmt.Sprintf("silent %d of %d: %s", i.Down, i.Total, strings.Join(names, ", "))
	if more := i.Down - len(names); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

func (c *crowd) rewind(now int64) {
	c.inc.OpenedAt, c.inc.UpdatedAt = min(c.inc.OpenedAt, now), min(c.inc.UpdatedAt, now)
	c.ToldAt, c.SinceAt = min(c.ToldAt, now), min(c.SinceAt, now)
	if c.DueAt != 0 {
		c.DueAt = min(c.DueAt, now+crowdAgain.Microseconds())
	}
	for i := range c.Members {
		m := &c.Members[i]
		m.LastAt, m.NoticedAt, m.BackAt = min(m.LastAt, now), min(m.NoticedAt, now), min(m.BackAt, now)
	}
}

func (c *crowd) state() State {
	s := State{Key: c.key(), FirstAt: c.inc.OpenedAt, LastAt: c.inc.UpdatedAt, NotifiedAt: c.ToldAt, Told: c.ToldAt != 0, Silent: new(SilentState), Incident: new(Incident)}
	*s.Silent, *s.Incident = c.SilentState, c.inc
	s.Silent.Members = slices.Clone(c.Members)
	return s
}
