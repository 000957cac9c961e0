package alert

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/pack"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// Limits of what an engine remembers. Beyond them the trouble that has been
// silent longest is forgotten, after what it held back was told.
const (
	maxTroubles = 20_000
	maxArrivals = 1_000_000 // in the windows of all troubles together
)

// An Engine turns messages into decisions. It is for one goroutine.
//
// Its clock is the newest of the times it was given, so that what it decides
// follows from what it was given alone.
type Engine struct {
	set    *Set
	limits []limits // by place of the rule
	scan   scan
	reader *pack.Reader // nil: without packs of vendors
	there  []uint64     // by the sieve of the set
	table  table
	onus   onus
	quiet  quiet
	now    int64 // µs since 1970 UTC
	next   int64 // number of the newest incident
	lostAt int64 // messages were lost last
	why    reason

	intended map[place]int64 // until when what people do there raises nothing

	vendors map[netip.Addr]string // of devices that have shown it, at most maxVendors
	shown   []netip.Addr          // the same devices, in the order in which they did

	notices []Notice
	changed []*trouble
	ends    []Incident // that are over and forgotten
	gone    []Key
	proven  map[netip.Addr]string // vendors, since the last Take
	evicted int64
}

// NewEngine returns an engine that remembers nothing. set must not be nil.
func NewEngine(set *Set) *Engine {
	e := &Engine{set: set, table: newTable(), onus: newONUs(), quiet: newQuiet(set), vendors: map[netip.Addr]string{}, intended: map[place]int64{}}
	for i := range set.places() {
		e.limits = append(e.limits, set.limits(i))
	}
	if set.packs != nil {
		e.reader = set.packs.NewReader()
	}
	e.table.open = make([]int, len(e.limits))
	return e
}

// Observe takes note of one message; it came at r.ReceivedAt. Messages are to
// be given in the order of the store.
func (e *Engine) Observe(r *syslog.Record) {
	e.runTo(r.ReceivedAt)
	if e.quiet.any(e) {
		e.heard(r.Source, r.Position)
	}
	said := query.Said(&r.Message)
	if e.own(r, said) {
		return
	}
	if e.reader != nil && e.reader.Sift(r) {
		if ev, ok := e.reader.Choose(e.vendors[r.Source]); ok {
			e.event(r, &ev)
			return
		}
	}
	if i, ok := e.set.words.find(&e.scan, said); ok {
		e.raise(place{rule: len(e.set.rules) + i, device: r.Source}, r)
	}
}

// runTo moves the clock on and does what is due until then, each thing at its
// time, so that it does not matter how often the engine is told the time.
func (e *Engine) runTo(now int64) {
	for {
		due := min(e.table.next(), e.onus.next(), e.quiet.next())
		if due > now {
			break
		}
		e.now = max(e.now, due)
		e.expire()
		e.settle()
		e.settleQuiet()
	}
	e.now = max(e.now, now)
}

// own judges r by the rules that people wrote, and reports whether any of them
// fits.
func (e *Engine) own(r *syslog.Record, said []byte) (fits bool) {
	rules, sieve := e.set.rules, e.set.sieve
	if len(rules) == 0 {
		return false
	}
	e.there = sieve.Read(e.there, said)
	for i := range rules {
		rule := &rules[i]
		raises, clears := sieve.May(e.there, i), rule.Clear != nil && sieve.May(e.there, len(rules)+i)
		if !raises && (!clears || e.table.open[i] == 0) || !rule.from(r.Source) {
			continue
		}
		raises = raises && rule.Schedule.contains(r.ReceivedAt, e.set.zone) && rule.Query.Match(r, e.set.directory)
		if clears && (raises || e.table.open[i] > 0) && rule.Clear.Match(r, e.set.directory) {
			e.clear(place{i, r.Source, rule.object(r, rule.Clear)}, r)
			fits = true
		} else if raises {
			object := rule.object(r, rule.Query)
			e.why.title = rule.title(r, object, e.set.directory)
			e.raise(place{i, r.Source, object}, r)
			e.why.title = ""
			fits = true
		}
	}
	return fits
}

// Advance tells the engine that it is now, in µs since 1970 UTC: cooldowns end,
// and people are told of what was held back. It is to be called every second or
// so. A clock that was set back makes cooldowns begin anew.
func (e *Engine) Advance(now int64) {
	if now < e.now-time.Second.Microseconds() {
		e.rewind(now)
	}
	e.runTo(now)
}

// Pending returns the number of notices that [Engine.Take] would return.
func (e *Engine) Pending() int { return len(e.notices) }

// Troubles returns how many troubles are remembered, 0 to 20,000.
func (e *Engine) Troubles() int { return e.table.len() }

// Evicted returns how many troubles were forgotten for want of room.
func (e *Engine) Evicted() int64 { return e.evicted }

// Overruns returns how many messages took too much work to be judged to the end
// and therefore alarmed; see maxWork. Any goroutine may ask.
func (e *Engine) Overruns() int64 { return e.scan.overrun.Load() }

// Resume makes the next incident follow the one of this number.
func (e *Engine) Resume(newest int64) { e.next = max(e.next, newest) }

// Vendor tells the engine whose equipment a device is.
func (e *Engine) Vendor(device netip.Addr, vendor string) {
	if _, ok := e.vendors[device]; !ok {
		if len(e.shown) >= maxVendors {
			e.prove(e.shown[0], "") // it shows it once more
			e.shown = e.shown[1:]
		}
		e.shown = append(e.shown, device)
	}
	e.vendors[device] = vendor
}

// prove takes note that a device has shown whose equipment it is, or that this
// is forgotten.
func (e *Engine) prove(device netip.Addr, vendor string) {
	if vendor != "" {
		e.Vendor(device, vendor)
	} else {
		delete(e.vendors, device)
	}
	if e.proven == nil {
		e.proven = map[netip.Addr]string{}
	}
	e.proven[device] = vendor
}

// Lost tells the engine that messages were lost, at a time in µs since 1970
// UTC: what did not come then proves nothing.
func (e *Engine) Lost(at int64) { e.lostAt = max(e.lostAt, at) }

// Take returns what was decided since the last call.
func (e *Engine) Take() Decisions {
	d := Decisions{Notices: e.notices}
	for _, t := range e.changed {
		t.changed = false
		if !t.forgotten {
			d.States = append(d.States, e.state(t))
			if t.inc != nil {
				d.Incidents = append(d.Incidents, e.snapshot(t))
			}
		}
	}
	e.takeONUs(&d)
	e.takeQuiet(&d)
	d.Incidents = append(d.Incidents, e.ends...)
	d.Vendors = e.proven
	for _, k := range e.gone {
		if !e.table.has(e.set, k) && !e.onus.has(k) {
			d.Gone = append(d.Gone, k)
		}
	}
	e.notices, e.changed, e.gone, e.ends, e.proven = nil, e.changed[:0], nil, nil, nil
	return d
}

// States returns everything that is remembered, for another engine to restore.
func (e *Engine) States() []State {
	var all []State
	for t := e.table.oldest(); t != nil; t = e.table.after(t) {
		all = append(all, e.state(t))
	}
	return append(append(all, e.onuStates()...), e.quietStates()...)
}

// Forget ends the incidents of open that the engine remembers nothing of, as
// after what was stored of their troubles was lost. It is to be called after
// Restore.
func (e *Engine) Forget(open []Incident) {
	known := map[int64]bool{}
	for _, t := range e.table.all {
		if t.inc != nil {
			known[t.inc.ID] = true
		}
	}
	for _, a := range e.onus.areas {
		known[a.inc.ID] = true
	}
	for _, c := range e.quiet.crowds {
		known[c.inc.ID] = true
	}
	for _, i := range open {
		if !known[i.ID] && i.State == IncidentOpen {
			i.State, i.ClearedAt = IncidentExpired, i.UpdatedAt
			e.ends = append(e.ends, i)
		}
	}
}

// Restore takes over what an engine remembered, perhaps with another set. What
// was held back for a rule that there is no more is told.
func (e *Engine) Restore(states []State) {
	states = slices.Clone(states)
	slices.SortStableFunc(states, func(a, b State) int { return cmp.Compare(a.LastAt, b.LastAt) })
	states = e.restoreQuiet(e.restoreONUs(states))
	for _, s := range states {
		if s.Incident != nil {
			e.next = max(e.next, s.Incident.ID)
		}
		i, ok := e.set.byName[s.Rule]
		if !ok {
			if s.Held > 0 && s.Last != nil {
				n := *s.Last
				n.Kind, n.Count, n.More = KindMore, s.Held, s.Held-1
				e.notices = append(e.notices, n)
			}
			e.gone = append(e.gone, s.Key)
			if s.Incident != nil {
				end := *s.Incident
				if end.State == IncidentOpen {
					end.State, end.ClearedAt = IncidentExpired, s.LastAt
				}
				e.ends = append(e.ends, end)
			}
			continue
		}
		t := e.table.add(place{i, s.Device, s.Object})
		t.firstAt, t.lastAt, t.notifiedAt, t.touched = s.FirstAt, s.LastAt, s.NotifiedAt, s.LastAt
		t.count, t.held, t.open, t.told = s.Count, s.Held, s.Open, s.Told
		t.window = slices.Clone(s.Window)
		e.table.arrivals += len(t.window)
		t.last, t.over = sampleOf(s.Last), sampleOf(s.Over)
		t.pending = s.Pending
		if s.Incident != nil {
			inc := *s.Incident
			t.inc = &inc
		}
		e.table.schedule(t, e.deadline(t))
		e.bound()
	}
}

// rewind moves the times that lie after now to now.
func (e *Engine) rewind(now int64) {
	e.now = now
	for t := e.table.oldest(); t != nil; t = e.table.after(t) {
		t.touched, t.notifiedAt = min(t.touched, now), min(t.notifiedAt, now)
		if t.pending != 0 {
			t.pending = min(t.pending, now+e.limits[t.place.rule].hold)
		}
		e.table.schedule(t, e.deadline(t))
	}
	e.onus.rewind(now)
	e.quiet.rewind(now)
}

// never is later than all times.
const never = math.MaxInt64
