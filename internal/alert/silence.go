package alert

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// When devices that have gone quiet become incidents.
const (
	// silenceHold is how long a silence has to last, from when it was noticed,
	// before people are told: those that went quiet together are noticed one
	// after the other.
	silenceHold = 2 * time.Minute
	// siteTogether devices of one site that are noticed within quietSite, and
	// anyTogether of all within quietAny, are one incident.
	siteTogether = 3
	anyTogether  = 5
	quietSite    = time.Hour
	quietAny     = 10 * time.Minute
)

// A Silence is a device that says nothing any more. Package silence finds it.
type Silence struct {
	Device   netip.Addr
	LastAt   int64         // its newest message, µs since 1970 UTC
	Allowed  time.Duration // for how long it may be quiet
	Set      bool          // people have set Allowed; it was not learned
	Expected int           // devices that were expected to speak, this one too; 0 = unknown
}

// text says it for people at now.
func (s *Silence) text(now int64) string {
	why := "as a rule it speaks at least every " + span(s.Allowed.Microseconds())
	if s.Set {
		why = "silent_after is " + span(s.Allowed.Microseconds())
	}
	return fmt.Sprintf("nothing heard for %s; %s", span(now-s.LastAt), why)
}

// quiet are the devices that have gone quiet. One alone is a trouble like
// others; those that went together are a crowd.
type quiet struct {
	rule   int // place of the kind; -1 = people do not want to hear of it
	crowds []*crowd
	in     map[netip.Addr]*crowd // devices that are not back
}

func newQuiet(s *Set) quiet {
	rule, ok := s.kindPlace[kindSilence]
	if !ok {
		rule = -1
	}
	return quiet{rule: rule, in: map[netip.Addr]*crowd{}}
}

// any reports whether any device has gone quiet.
func (q *quiet) any(e *Engine) bool { return len(q.in) > 0 || q.rule >= 0 && e.table.open[q.rule] > 0 }

// Silent tells the engine that a device has gone quiet. Of one that is known to
// be it does nothing, so that it may be told again after a crash.
func (e *Engine) Silent(s Silence) {
	if e.quiet.rule < 0 || e.quiet.in[s.Device] != nil || len(e.quiet.in) >= maxTroubles {
		return
	}
	if t := e.table.get(place{rule: e.quiet.rule, device: s.Device}); t != nil && t.open {
		return
	}
	name, site := e.set.shown(s.Device)
	m := quietMember{Device: s.Device, Name: name, Site: site, LastAt: s.LastAt, NoticedAt: e.now}
	if c := e.crowdFor(&m); c != nil {
		c.add(e, m)
	} else {
		e.quietAlone(s)
	}
	e.gather(site, s.Expected)
}

// quietAlone makes a silence a trouble of its own.
func (e *Engine) quietAlone(s Silence) {
	p := place{rule: e.quiet.rule, device: s.Device}
	r := &syslog.Record{ReceivedAt: e.now, Source: s.Device}
	r.Raw, r.Severity = []byte(s.text(e.now)), e.limits[p.rule].severity
	e.raise(p, r)
	if t := e.table.get(p); t != nil {
		t.firstAt = s.LastAt // it is silent from then on
	}
}

// gather makes a crowd of devices that have gone quiet together, if they are
// enough. expected devices were to speak.
func (e *Engine) gather(site string, expected int) {
	all, ofSite, sudden := e.alone(quietSite, ""), 0, 0
	for _, t := range all {
		if _, s := e.set.shown(t.place.device); s == site {
			ofSite++
		}
		if e.now-t.lastAt <= quietAny.Microseconds() {
			sudden++
		}
	}
	silent := len(all)
	for _, c := range e.quiet.crowds {
		silent += c.recent(e.now)
	}
	switch {
	case silent >= siteTogether && expected > 0 && silent*2 >= expected:
		c := e.anyCrowd()
		for _, other := range slices.Clone(e.quiet.crowds) {
			if other != c && other.recent(e.now) > 0 {
				e.swallow(c, other)
			}
		}
		c.gatherAll(e, all)
		if c.Expected != expected {
			c.Expected = max(c.Expected, expected)
			c.news(e)
		}
	case site != "" && ofSite >= siteTogether:
		e.newCrowd(site).gatherAll(e, e.alone(quietSite, site))
	case sudden >= anyTogether:
		e.newCrowd("").gatherAll(e, e.alone(quietAny, ""))
	}
}

// alone returns the troubles of devices that were noticed within a time, of a
// site or, for "", of all.
func (e *Engine) alone(within time.Duration, site string) (list []*trouble) {
	if e.table.open[e.quiet.rule] == 0 {
		return nil
	}
	for t := e.table.oldest(); t != nil; t = e.table.after(t) {
		if t.place.rule != e.quiet.rule || !t.open || e.now-t.lastAt > within.Microseconds() {
			continue
		}
		if _, s := e.set.shown(t.place.device); site == "" || s == site {
			list = append(list, t)
		}
	}
	return list
}

// Heard tells the engine that a device is heard again. Of its messages the
// engine sees that itself.
func (e *Engine) Heard(device netip.Addr, at int64) {
	e.runTo(at)
	if e.quiet.any(e) {
		e.heard(device, syslog.Position{})
	}
}

func (e *Engine) heard(device netip.Addr, at syslog.Position) {
	if c := e.quiet.in[device]; c != nil {
		c.back(e, device, at)
		return
	}
	if e.quiet.rule < 0 {
		return
	}
	p := place{rule: e.quiet.rule, device: device}
	if t := e.table.get(p); t != nil && t.open {
		r := &syslog.Record{ReceivedAt: e.now, Source: device, Position: at}
		r.Raw, r.Severity = []byte("heard again after "+span(e.now-t.firstAt)), 5
		e.clear(p, r)
	}
}

// Silences returns how many devices are known to be silent.
func (e *Engine) Silences() int {
	n := len(e.quiet.in)
	if e.quiet.rule >= 0 {
		n += len(e.alone(openFor, ""))
	}
	return n
}

func (q *quiet) next() int64 {
	next := int64(never)
	for _, c := range q.crowds {
		next = min(next, c.deadline())
	}
	return next
}

func (q *quiet) rewind(now int64) {
	for _, c := range q.crowds {
		c.rewind(now)
	}
}

// settleQuiet tells what is due about crowds.
func (e *Engine) settleQuiet() {
	for _, c := range slices.Clone(e.quiet.crowds) {
		if c.deadline() <= e.now {
			c.settle(e)
		}
	}
}

// takeQuiet adds what changed about crowds to d.
func (e *Engine) takeQuiet(d *Decisions) {
	for _, c := range e.quiet.crowds {
		if c.changed {
			c.changed = false
			d.States = append(d.States, c.state())
			d.Incidents = append(d.Incidents, c.snapshot())
		}
	}
}

func (e *Engine) quietStates() (all []State) {
	for _, c := range e.quiet.crowds {
		all = append(all, c.state())
	}
	return all
}

// restoreQuiet takes over crowds, and returns the rest.
func (e *Engine) restoreQuiet(states []State) (rest []State) {
	for _, s := range states {
		switch {
		case s.Silent == nil:
			rest = append(rest, s)
		case s.Incident == nil || e.quiet.rule < 0:
			e.gone = append(e.gone, s.Key)
			if s.Incident != nil {
				end := *s.Incident
				end.State, end.ClearedAt = IncidentExpired, s.LastAt
				e.ends = append(e.ends, end)
				e.next = max(e.next, end.ID)
			}
		default:
			c := &crowd{SilentState: *s.Silent, inc: *s.Incident}
			c.Members = slices.Clone(c.Members)
			e.next = max(e.next, c.inc.ID)
			e.quiet.crowds = append(e.quiet.crowds, c)
			for _, m := range c.Members {
				if m.BackAt == 0 {
					e.quiet.in[m.Device] = c
				}
			}
		}
	}
	slices.SortFunc(e.quiet.crowds, func(a, b *crowd) int { return int(a.inc.ID - b.inc.ID) })
	return rest
}

// quietRule is the rule under which crowds are kept over restarts.
const quietRule = "\x00silence"

func (c *crowd) key() Key { return Key{Rule: quietRule, Object: strconv.FormatInt(c.inc.ID, 10)} }
