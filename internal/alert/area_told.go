package alert

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// deadline returns when something is to be done.
func (a *area) deadline() int64 {
	switch {
	case a.inc.State != IncidentOpen:
		return a.inc.ClearedAt + flapFor.Microseconds()
	case a.CallAt != 0 && (a.DueAt == 0 || a.CallAt < a.DueAt):
		return a.CallAt
	case a.DueAt != 0:
		return a.DueAt
	}
	return a.inc.UpdatedAt + openFor.Microseconds()
}

// settle does what is due, and reports whether the area is gone.
func (a *area) settle(e *Engine) (gone bool) {
	if a.inc.State != IncidentOpen {
		a.drop(e)
		return true
	}
	called := a.CallAt != 0 && a.CallAt <= e.now
	if a.DueAt == 0 && !called {
		a.end(e, IncidentExpired)
		return false
	}
	a.changed = true
	kind := KindMore
	if a.ToldAt == 0 || called {
		kind, a.CallAt, a.CalledAt, a.Fresh = KindAlert, 0, e.now, 0
	}
	a.DueAt, e.onus.unsure = 0, true
	a.tell(e, kind)
	a.ToldAt = e.now
	return false
}

// end ends the area, which lets go of its members; people are told if they
// know of it.
func (a *area) end(e *Engine, state IncidentState) {
	a.count()
	a.inc.State, a.inc.ClearedAt, a.DueAt, a.CallAt, a.Fresh, a.Rest, a.changed = state, e.now, 0, 0, 0, false, true
	e.onus.unsure = true
	a.inc = a.snapshot(e)
	for _, u := range a.members {
		e.dropONU(u)
	}
	a.members, a.down, a.PONDown, a.Mass = nil, 0, false, false
	if state == IncidentCleared && a.ToldAt != 0 {
		a.tell(e, KindClear)
	}
}

// giveUpArea makes room for one more: for one that is over, else for the
// oldest, of which people are told that nobody looks after it any more.
func (e *Engine) giveUpArea() {
	e.evicted++
	for _, a := range e.onus.areas {
		if a.inc.State != IncidentOpen {
			a.drop(e)
			return
		}
	}
	a := e.onus.areas[0]
	a.end(e, IncidentExpired)
	a.inc.Doubt = doubtGivenUp
	if a.ToldAt != 0 {
		a.tell(e, KindMore)
	}
	a.drop(e)
}

// drop forgets the area, which is over.
func (a *area) drop(e *Engine) {
	e.ends = append(e.ends, a.inc)
	e.gone = append(e.gone, a.key())
	e.onus.unsure = true
	e.onus.areas = slices.DeleteFunc(e.onus.areas, func(o *area) bool { return o == a })
}

func (a *area) tell(e *Engine, kind Kind) {
	if kind == KindAlert {
		a.inc.Alarms++
	}
	i := a.snapshot(e)
	e.notices = append(e.notices, Notice{
		Kind: kind, Rule: i.Rule, Device: i.Device, DeviceName: i.DeviceName, Site: i.Site, Severity: i.Severity,
		Text: i.Text, At: a.last.at, MadeAt: e.now, Count: i.Count, Position: i.Last, Notify: i.Notify, Incident: &i,
	})
}

// snapshot returns the incident as it is now.
func (a *area) snapshot(e *Engine) Incident {
	if a.members == nil && a.inc.State != IncidentOpen {
		return a.inc
	}
	a.count()
	a.doubt(e)
	i := a.inc
	if a.last.set {
		i.Text = string(visible(nil, a.last.text))
	}
	members := slices.Clone(a.members)
	slices.SortFunc(members, func(a, b *onu) int {
		return cmp.Or(cmp.Compare(a.LostAt, b.LostAt), cmp.Compare(a.key.Object, b.key.Object))
	})
	i.Members = nil
	for _, u := range members[:min(len(members), MaxMembers)] {
		m := Member{Object: u.key.Object, At: u.LostAt, BackAt: u.BackAt}
		if u.Gasp {
			m.Cause = "power"
		}
		i.Members = append(i.Members, m)
	}
	return i
}

func (a *area) key() Key { return Key{areaRule, a.inc.Device, strconv.FormatInt(a.inc.ID, 10)} }

func (a *area) rewind(now int64) {
	a.inc.OpenedAt, a.inc.UpdatedAt = min(a.inc.OpenedAt, now), min(a.inc.UpdatedAt, now)
	a.ToldAt, a.CalledAt, a.inc.ClearedAt = min(a.ToldAt, now), min(a.CalledAt, now), min(a.inc.ClearedAt, now)
	if a.DueAt != 0 {
		a.DueAt = min(a.DueAt, now+areaSome.Microseconds())
	}
	if a.CallAt != 0 {
		a.CallAt = min(a.CallAt, now+areaSome.Microseconds())
	}
}

func (a *area) state() State {
	s := State{Key: a.key(), FirstAt: a.inc.OpenedAt, LastAt: a.inc.UpdatedAt, Told: a.ToldAt != 0 && a.inc.State == IncidentOpen, Area: new(AreaState), Incident: new(Incident)}
	*s.Area, *s.Incident = a.AreaState, a.inc
	if a.last.set {
		s.Last = &Notice{Severity: a.last.severity, At: a.last.at, Position: a.last.position, Text: strings.ToValidUTF8(string(a.last.text), "?")}
	}
	return s
}

func restoreArea(s *State) *area {
	a := &area{AreaState: *s.Area, inc: *s.Incident, last: sampleOf(s.Last)}
	if a.CalledAt == 0 {
		a.CalledAt = a.ToldAt // of a version that did not note it
	}
	return a
}
