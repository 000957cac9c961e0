package alert

import (
	"time"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/syslog"
)

// openFor is how long a trouble that only a message can clear is remembered
// when nothing is heard of it.
const openFor = 7 * 24 * time.Hour

// flapFor is for how long after its end, or after its last message where
// nothing ends it, a trouble that comes back is the same incident.
const flapFor = 30 * time.Minute

// raise counts a message that fits the rule of p. r.ReceivedAt is when it came.
func (e *Engine) raise(p place, r *syslog.Record) {
	l := &e.limits[p.rule]
	p = e.table.room(p)
	t := e.table.get(p)
	if t == nil {
		p.object = intern(p.object)
		t = e.table.add(p)
		t.firstAt = r.ReceivedAt
	}
	e.touch(t, r)
	t.count++
	again := t.inc != nil && t.inc.State != IncidentOpen
	if t.inc != nil {
		if again {
			t.inc.State, t.inc.ClearedAt = IncidentOpen, 0
			t.inc.Flaps++
		}
		t.inc.Count++
		t.inc.Severity = min(t.inc.Severity, r.Severity, l.severity)
		t.inc.Last = r.Position
	}
	t.open = true
	t.over.set = false
	switch {
	case t.pending != 0:
		t.last.keep(r)
	case t.notifiedAt != 0 && e.now < t.notifiedAt+l.cooldown:
		t.last.keep(r)
		if again && !t.told && t.held == 0 {
			e.tell(t, &t.last, KindMore, 1, 0)
			e.notices[len(e.notices)-1].Again = true // they believe that it is over
		}
		t.held++
	default:
		e.arrive(t, l, r)
	}
	e.table.schedule(t, e.deadline(t))
	e.bound()
}

// maxObject bounds the name of an object, in bytes.
const maxObject = 120

// short cuts the name of an object.
func short(s string) string {
	if len(s) <= maxObject {
		return s
	}
	n := maxObject
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// intern makes a short string that does not hold on to a message.
func intern(s string) string { return string([]byte(short(s))) }

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
	count := len(t.window)
	t.window = nil
	e.table.arrivals -= kept
	if l.hold > 0 && !t.told {
		t.pending = e.now + l.hold
		t.last.keep(r)
		return
	}
	var s sample
	s.keep(r)
	e.announce(t, l, &s, count)
}

// announce tells that t holds, count messages after people were told of nothing.
func (e *Engine) announce(t *trouble, l *limits, s *sample, count int) {
	kind := KindAlert
	if t.told && l.clears {
		kind = KindMore // they know, and it is not over
	}
	e.incident(t, s)
	e.tell(t, s, kind, count+t.held, t.held)
	t.notifiedAt, t.held, t.told, t.last.set = e.now, 0, true, false
}

// incident makes t an incident, if it is none yet.
func (e *Engine) incident(t *trouble, s *sample) {
	if t.inc != nil {
		return
	}
	l := &e.limits[t.place.rule]
	t.inc = e.newIncident(l, t.place)
	t.inc.OpenedAt, t.inc.Count = t.firstAt, t.count
	t.inc.Severity = min(s.severity, l.severity)
	t.inc.First, t.inc.Last = s.position, s.position
}

// newIncident returns an open incident with the next number.
func (e *Engine) newIncident(l *limits, p place) *Incident {
	e.next++
	i := &Incident{
		ID: e.next, Rule: l.name, Kind: l.kind, Device: p.device, Object: p.object, State: IncidentOpen, Severity: 7, Notify: l.notify,
		Cause: e.why.cause, Confidence: e.why.confidence, Doubt: e.why.doubt, Title: e.why.title,
	}
	i.DeviceName, i.Site = e.set.shown(p.device)
	return i
}

// clear ends the trouble at p, if there is one.
func (e *Engine) clear(p place, r *syslog.Record) {
	t := e.table.get(p)
	if t == nil || !t.open {
		return
	}
	e.touch(t, r)
	t.open = false
	if t.inc != nil {
		t.inc.State, t.inc.ClearedAt = IncidentCleared, e.now
	}
	switch {
	case t.notifiedAt == 0:
		e.forget(t) // nobody heard of it
		return
	case t.pending != 0:
		t.pending, t.last.set = 0, false
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
	case t.pending != 0:
		return t.pending
	case t.notifiedAt == 0:
		return t.touched + l.within
	case t.held > 0:
		return t.notifiedAt + l.cooldown
	case t.open && e.quietFor(t) > 0:
		return max(t.touched+e.quietFor(t), e.now)
	case t.open && l.clears:
		return max(t.touched, t.notifiedAt) + openFor.Microseconds()
	}
	return max(t.notifiedAt+l.cooldown, t.touched+flapFor.Microseconds())
}

// quietFor returns for how long nothing is to be heard of t until it is over, 0
// = only a message ends it. Of many others no message says that all are back.
func (e *Engine) quietFor(t *trouble) int64 {
	if t.place.object == manyObjects {
		return flapFor.Microseconds()
	}
	return e.limits[t.place.rule].quiet
}

// expire does what is due about troubles.
func (e *Engine) expire() {
	for e.table.next() <= e.now {
		t := e.table.first()
		l := &e.limits[t.place.rule]
		switch {
		case t.pending != 0:
			t.pending = 0
			e.announce(t, l, &t.last, max(t.count-t.held, 1))
		case t.held > 0:
			e.release(t)
			t.notifiedAt, t.told = e.now, true
			if t.over.set {
				e.tell(t, &t.over, KindClear, t.count, 0)
				t.told, t.over.set = false, false
			}
		case t.open && e.quietFor(t) > 0 && t.notifiedAt != 0:
			e.ended(t)
		default:
			e.forget(t)
			continue
		}
		e.change(t)
		e.table.schedule(t, e.deadline(t))
	}
}

// ended clears t because nothing was heard of it for the time that its rule
// gives.
func (e *Engine) ended(t *trouble) {
	t.open, t.touched = false, e.now
	if t.inc != nil {
		t.inc.State, t.inc.ClearedAt = IncidentCleared, e.now
	}
	if t.told {
		s := sample{set: true, severity: 6, at: e.now, position: t.inc.Last, text: []byte("no more such messages")}
		e.tell(t, &s, KindClear, t.count, 0)
		t.told = false
	}
}

// release tells what t holds back. People who were told that it is over are
// called once more if it is not.
func (e *Engine) release(t *trouble) {
	kind := KindMore
	if t.open && !t.told {
		kind = KindAlert
	}
	e.tell(t, &t.last, kind, t.held, t.held-1)
	t.held, t.last.set = 0, false
}

// forget ends what is known of t.
func (e *Engine) forget(t *trouble) {
	if t.inc != nil {
		if t.inc.State == IncidentOpen {
			t.inc.State, t.inc.ClearedAt = IncidentExpired, e.now
		}
		e.ends = append(e.ends, e.snapshot(t))
	}
	e.gone = append(e.gone, e.key(t))
	e.table.remove(t)
	if u := e.onus.all[Key{onuRule, t.place.device, t.place.object}]; u != nil && u.Area == 0 && u.DueAt == 0 {
		e.dropONU(u)
	}
}

// bound keeps the table within its limits.
func (e *Engine) bound() {
	for e.table.len() > maxTroubles || e.table.arrivals > maxArrivals && e.table.len() > 1 {
		t := e.table.oldest()
		if t.held > 0 {
			e.release(t)
		}
		if t.inc != nil && t.open {
			t.inc.State, t.inc.ClearedAt, t.inc.Doubt = IncidentExpired, e.now, doubtGivenUp
			if t.told {
				s := sample{set: true, severity: 6, at: e.now, position: t.inc.Last, text: []byte(t.inc.Text)}
				e.tell(t, &s, KindMore, 1, 0)
			}
		}
		e.forget(t)
		e.evicted++
	}
}

// doubtGivenUp is why the end of an incident says nothing.
const doubtGivenUp = "given up, since too many were open at a time: it may not be over"

func (e *Engine) key(t *trouble) Key {
	return Key{e.limits[t.place.rule].key, t.place.device, t.place.object}
}

// tell adds a notice that shows the message s.
func (e *Engine) tell(t *trouble, s *sample, kind Kind, count, more int) {
	n := e.notice(t, s)
	n.Kind, n.Count, n.More = kind, count, more
	if t.inc != nil {
		if kind != KindClear {
			t.inc.Text = n.Text
		}
		if kind == KindAlert {
			t.inc.Alarms++
		}
		i := e.snapshot(t)
		n.Incident = &i
	}
	e.notices = append(e.notices, n)
}

// snapshot returns the incident of t as it is now.
func (e *Engine) snapshot(t *trouble) Incident {
	i := *t.inc
	i.UpdatedAt = t.lastAt
	if t.last.set && i.State == IncidentOpen {
		i.Text = string(visible(nil, t.last.text))
	}
	return i
}

func (e *Engine) notice(t *trouble, s *sample) Notice {
	l := &e.limits[t.place.rule]
	n := Notice{
		Kind: KindAlert, Rule: l.name, Device: t.place.device, Severity: min(s.severity, l.severity),
		Text: string(visible(nil, s.text)), At: s.at, MadeAt: e.now, Count: 1, Position: s.position, Notify: l.notify,
	}
	n.DeviceName, n.Site = e.set.shown(t.place.device)
	return n
}

// state returns t as it is kept over restarts.
func (e *Engine) state(t *trouble) State {
	s := State{
		Key: e.key(t), FirstAt: t.firstAt, LastAt: t.lastAt, NotifiedAt: t.notifiedAt,
		Count: t.count, Held: t.held, Open: t.open, Told: t.told, Window: append([]int64(nil), t.window...), Pending: t.pending,
	}
	if t.last.set {
		n := e.notice(t, &t.last)
		s.Last = &n
	}
	if t.over.set {
		n := e.notice(t, &t.over)
		s.Over = &n
	}
	if t.inc != nil {
		i := *t.inc
		s.Incident = &i
	}
	return s
}
