package alert

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// Limits of what an engine remembers. Beyond them the trouble that has been
// silent longest is forgotten, after what it held back was told.
const (
	maxTroubles = 20_000
	maxArrivals = 1_000_000 // in the windows of all troubles together
)

// openFor is how long a trouble that only a message can clear is remembered
// when nothing is heard of it.
const openFor = 7 * 24 * time.Hour

// An Engine turns messages into decisions. It is for one goroutine.
//
// Its clock is the newest of the times it was given, so that what it decides
// follows from what it was given alone.
type Engine struct {
	set    *Set
	limits []limits // by place of the rule
	scan   scan
	there  []uint64 // by the sieve of the set
	table  table
	now    int64 // µs since 1970 UTC

	notices []Notice
	changed []*trouble
	gone    []Key
	evicted int64
}

// NewEngine returns an engine that remembers nothing. set must not be nil.
func NewEngine(set *Set) *Engine {
	e := &Engine{set: set, table: newTable()}
	for i := range len(set.rules) + len(set.words.rules) {
		e.limits = append(e.limits, set.limits(i))
	}
	e.table.open = make([]int, len(e.limits))
	return e
}

// Observe takes note of one message; it came at r.ReceivedAt. Messages are to
// be given in the order of the store.
func (e *Engine) Observe(r *syslog.Record) {
	e.now = max(e.now, r.ReceivedAt)
	if e.table.next() <= e.now {
		e.expire()
	}
	said := query.Said(&r.Message)
	if e.own(r, said) {
		return
	}
	if i, ok := e.set.words.find(&e.scan, said); ok {
		e.raise(len(e.set.rules)+i, r)
	}
}

// own judges r by the rules that people wrote, and reports whether any of them
// fits.
func (e *Engine) own(r *syslog.Record, said []byte) (fits bool) {
	rules, sieve := e.set.rules, e.set.sieve
	if len(rules) == 0 {
		return false
	}
	e.there = sieve.read(e.there, said)
	for i := range rules {
		rule := &rules[i]
		raises, clears := sieve.may(e.there, i), rule.Clear != nil && sieve.may(e.there, len(rules)+i)
		if !raises && (!clears || e.table.open[i] == 0) || !rule.from(r.Source) {
			continue
		}
		raises = raises && rule.Query.Match(r, e.set.directory)
		if clears && (raises || e.table.open[i] > 0) && rule.Clear.Match(r, e.set.directory) {
			e.clear(i, r)
			fits = true
		} else if raises {
			e.raise(i, r)
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
	e.now = max(e.now, now)
	e.expire()
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

// Take returns what was decided since the last call.
func (e *Engine) Take() Decisions {
	d := Decisions{Notices: e.notices}
	for _, t := range e.changed {
		t.changed = false
		if !t.forgotten {
			d.States = append(d.States, e.state(t))
		}
	}
	for _, k := range e.gone {
		if !e.table.has(e.set, k) {
			d.Gone = append(d.Gone, k)
		}
	}
	e.notices, e.changed, e.gone = nil, e.changed[:0], nil
	return d
}

// States returns everything that is remembered, for another engine to restore.
func (e *Engine) States() []State {
	var all []State
	for t := e.table.oldest(); t != nil; t = e.table.after(t) {
		all = append(all, e.state(t))
	}
	return all
}

// Restore takes over what an engine remembered, perhaps with another set. What
// was held back for a rule that there is no more is told.
func (e *Engine) Restore(states []State) {
	states = slices.Clone(states)
	slices.SortStableFunc(states, func(a, b State) int { return cmp.Compare(a.LastAt, b.LastAt) })
	for _, s := range states {
		i, ok := e.set.byName[s.Rule]
		if !ok {
			if s.Held > 0 && s.Last != nil {
				n := *s.Last
				n.Kind, n.Count, n.More = KindMore, s.Held, s.Held-1
				e.notices = append(e.notices, n)
			}
			e.gone = append(e.gone, s.Key)
			continue
		}
		t := e.table.add(place{i, s.Device})
		t.firstAt, t.lastAt, t.notifiedAt, t.touched = s.FirstAt, s.LastAt, s.NotifiedAt, s.LastAt
		t.count, t.held, t.open, t.told = s.Count, s.Held, s.Open, s.Told
		t.window = slices.Clone(s.Window)
		e.table.arrivals += len(t.window)
		t.last, t.over = sampleOf(s.Last), sampleOf(s.Over)
		e.table.schedule(t, e.deadline(t))
		e.bound()
	}
}

// raise counts a message that fits rule i.
func (e *Engine) raise(i int, r *syslog.Record) {
	l := &e.limits[i]
	t := e.table.get(place{i, r.Source})
	if t == nil {
		t = e.table.add(place{i, r.Source})
		t.firstAt = r.ReceivedAt
	}
	e.touch(t, r)
	t.count++
	t.open = true
	t.over.set = false
	if t.notifiedAt != 0 && e.now < t.notifiedAt+l.cooldown {
		t.held++
		t.last.keep(r)
	} else {
		e.arrive(t, l, r)
	}
	e.table.schedule(t, e.deadline(t))
	e.bound()
}

// arrive counts a message outside a cooldown towards the threshold, and alerts
// when it is reached.
func (e *Engine) arrive(t *trouble, l *limits, r *syslog.Record) {
	kept := len(t.window)
	if kept > 0 && t.window[kept-1] > r.ReceivedAt+l.within {
		t.window = nil // the clock was set back
	}
	for len(t.window) > 0 && t.window[0] <= r.ReceivedAt-l.within {
		t.window = t.window[1:]
	}
	t.window = append(t.window, r.ReceivedAt)
	if len(t.window) < l.threshold {
		e.table.arrivals += len(t.window) - kept
		return
	}
	var s sample
	s.keep(r)
	e.tell(t, &s, KindAlert, len(t.window)+t.held, t.held)
	t.window = nil
	e.table.arrivals -= kept
	t.notifiedAt, t.held, t.told, t.last.set = e.now, 0, true, false
}

// clear ends the trouble of rule i, if there is one.
func (e *Engine) clear(i int, r *syslog.Record) {
	t := e.table.get(place{i, r.Source})
	if t == nil || !t.open {
		return
	}
	e.touch(t, r)
	t.open = false
	switch {
	case t.notifiedAt == 0:
		e.forget(t) // nobody heard of it
		return
	case t.held > 0:
		t.over.keep(r) // first people have to hear that it was open again
	case t.told:
		var s sample
		s.keep(r)
		e.tell(t, &s, KindClear, t.count, 0)
		t.told = false
	}
	e.table.schedule(t, e.deadline(t))
}

// touch makes t the newest of the troubles.
func (e *Engine) touch(t *trouble, r *syslog.Record) {
	t.lastAt, t.touched = r.ReceivedAt, e.now
	e.table.renew(t)
	e.change(t)
}

func (e *Engine) change(t *trouble) {
	if !t.changed {
		t.changed = true
		e.changed = append(e.changed, t)
	}
}

// deadline returns when something is to be done about t.
func (e *Engine) deadline(t *trouble) int64 {
	l := &e.limits[t.place.rule]
	switch {
	case t.notifiedAt == 0:
		return t.touched + l.within
	case t.held == 0 && t.open && l.clears:
		return max(t.touched, t.notifiedAt) + openFor.Microseconds()
	}
	return t.notifiedAt + l.cooldown
}

// rewind moves the times that lie after now to now.
func (e *Engine) rewind(now int64) {
	e.now = now
	for t := e.table.oldest(); t != nil; t = e.table.after(t) {
		t.touched, t.notifiedAt = min(t.touched, now), min(t.notifiedAt, now)
		e.table.schedule(t, e.deadline(t))
	}
}

// expire does what is due.
func (e *Engine) expire() {
	for e.table.next() <= e.now {
		t := e.table.first()
		if t.held == 0 {
			e.forget(t)
			continue
		}
		e.release(t)
		t.notifiedAt, t.told = e.now, true
		if t.over.set {
			e.tell(t, &t.over, KindClear, t.count, 0)
			t.told, t.over.set = false, false
		}
		e.change(t)
		e.table.schedule(t, e.deadline(t))
	}
}

// release tells what t holds back.
func (e *Engine) release(t *trouble) {
	e.tell(t, &t.last, KindMore, t.held, t.held-1)
	t.held, t.last.set = 0, false
}

func (e *Engine) forget(t *trouble) {
	e.gone = append(e.gone, e.key(t))
	e.table.remove(t)
}

// bound keeps the table within its limits.
func (e *Engine) bound() {
	for e.table.len() > maxTroubles || e.table.arrivals > maxArrivals && e.table.len() > 1 {
		t := e.table.oldest()
		if t.held > 0 {
			e.release(t)
		}
		e.forget(t)
		e.evicted++
	}
}

func (e *Engine) key(t *trouble) Key {
	return Key{e.limits[t.place.rule].name, t.place.device}
}

// tell adds a notice that shows the message s.
func (e *Engine) tell(t *trouble, s *sample, kind Kind, count, more int) {
	n := e.notice(t, s)
	n.Kind, n.Count, n.More = kind, count, more
	e.notices = append(e.notices, n)
}

func (e *Engine) notice(t *trouble, s *sample) Notice {
	l := &e.limits[t.place.rule]
	n := Notice{
		Kind: KindAlert, Rule: l.name, Device: t.place.device, Severity: min(s.severity, l.severity),
		Text: string(visible(nil, s.text)), At: s.at, Count: 1, Position: s.position, Notify: l.notify,
	}
	if e.set.directory != nil {
		n.DeviceName, n.Site = e.set.directory.Device(t.place.device)
	}
	return n
}

// state returns t as it is kept over restarts.
func (e *Engine) state(t *trouble) State {
	s := State{
		Key: e.key(t), FirstAt: t.firstAt, LastAt: t.lastAt, NotifiedAt: t.notifiedAt,
		Count: t.count, Held: t.held, Open: t.open, Told: t.told, Window: slices.Clone(t.window),
	}
	if t.last.set {
		n := e.notice(t, &t.last)
		s.Last = &n
	}
	if t.over.set {
		n := e.notice(t, &t.over)
		s.Over = &n
	}
	return s
}

// never is later than all times.
const never = math.MaxInt64
