package alert

import (
	"cmp"
	"slices"
	"strings"
)

// takeONUs adds what changed about ONUs and areas to d.
func (e *Engine) takeONUs(d *Decisions) {
	for _, u := range e.onus.changed {
		u.changed = false
		if !u.gone {
			d.States = append(d.States, e.onuState(u))
		}
	}
	e.onus.changed = e.onus.changed[:0]
	for _, a := range e.onus.areas {
		if a.changed {
			a.changed = false
			d.Incidents = append(d.Incidents, a.snapshot(e))
			d.States = append(d.States, a.state())
		}
	}
}

func (e *Engine) onuState(u *onu) State {
	s := State{Key: u.key, FirstAt: u.LostAt, LastAt: u.LostAt, ONU: new(ONUState)}
	*s.ONU = u.ONUState
	if u.last.set {
		s.Last = &Notice{Severity: u.last.severity, At: u.last.at, Position: u.last.position, Text: strings.ToValidUTF8(string(u.last.text), "?")}
	}
	return s
}

// onuStates returns all that is remembered of ONUs and areas.
func (e *Engine) onuStates() []State {
	var all []State
	for _, u := range e.onus.all {
		all = append(all, e.onuState(u))
	}
	slices.SortFunc(all, func(a, b State) int {
		return cmp.Or(a.Device.Compare(b.Device), cmp.Compare(a.Object, b.Object))
	})
	for _, a := range e.onus.areas {
		all = append(all, a.state())
	}
	return all
}

// restoreONUs takes over what is about ONUs and areas, and returns the rest.
func (e *Engine) restoreONUs(states []State) []State {
	areas := map[int64]*area{}
	for _, s := range states {
		if s.Area != nil && s.Incident != nil {
			a := restoreArea(&s)
			areas[a.inc.ID] = a
			e.onus.areas = append(e.onus.areas, a)
			e.next = max(e.next, a.inc.ID)
		}
	}
	slices.SortFunc(e.onus.areas, func(a, b *area) int { return cmp.Compare(a.inc.ID, b.inc.ID) })
	var rest []State
	for _, s := range states {
		switch {
		case s.ONU != nil:
			u := &onu{key: s.Key, ONUState: *s.ONU, last: sampleOf(s.Last)}
			if u.Area != 0 && areas[u.Area] == nil {
				e.gone = append(e.gone, s.Key)
				continue
			}
			e.onus.add(u)
			switch {
			case u.Area != 0:
				areas[u.Area].members = append(areas[u.Area].members, u)
			default:
				d := e.onus.devices[u.key.Device]
				if d == nil {
					d = &terminal{}
					e.onus.devices[u.key.Device] = d
				}
				d.alone = append(d.alone, u)
			}
		case s.Area == nil:
			rest = append(rest, s)
		}
	}
	e.onus.sortPending()
	e.onus.unsure = true
	byLoss := func(a, b *onu) int {
		return cmp.Or(cmp.Compare(a.LostAt, b.LostAt), cmp.Compare(a.key.Object, b.key.Object))
	}
	for _, d := range e.onus.devices {
		slices.SortFunc(d.alone, byLoss)
	}
	for _, a := range e.onus.areas {
		slices.SortFunc(a.members, byLoss)
		for _, u := range a.members {
			if u.BackAt == 0 {
				a.down++
			}
		}
		if a.inc.State == IncidentOpen {
			a.count()
		}
	}
	return rest
}
