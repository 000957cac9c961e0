package alert

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/pack"
	"github.com/logboom/logboom/internal/syslog"
)

// When people are told of an area.
const (
	// areaGather is how long an area gathers its ONUs before people are told,
	// and areaAgain for how long they are not told that it has grown.
	areaGather = 5 * time.Second
	areaAgain  = time.Minute
	// areaSome is how long after some ONUs came back people are told that
	// others did not.
	areaSome = 10 * time.Minute
	// maxAreas bounds the areas of all devices; the oldest is given up.
	maxAreas = 1000
	// maxPONs bounds the PONs that an area takes ONUs of.
	maxPONs = 512
)

// areaRule is the rule under which areas are kept over restarts.
const areaRule = "\x00area"

// An AreaState is what the engine remembers of an area beside its incident.
type AreaState struct {
	PONs    []string `json:"pons"`     // whose ONUs it takes
	PONDown bool     `json:"pon_down"` // the OLT said that the PON is down
	Mass    bool     `json:"mass"`     // the OLT said that many are without power
	ToldAt  int64    `json:"told_at"`  // µs since 1970 UTC; 0 = not yet
	DueAt   int64    `json:"due_at"`   // when people are to be told, 0 = nothing new
	CallAt  int64    `json:"call_at"`  // it came back after they were told that it is over: when they are called again; 0 = it did not
}

// An area is one incident of several ONUs of a device that are lost together,
// or of a PON that is down.
type area struct {
	AreaState
	inc     Incident
	members []*onu
	down    int // members that are not back
	last    sample
	changed bool
}

func (e *Engine) areaOf(u *onu) *area {
	for _, a := range e.onus.areas {
		if a.inc.ID == u.Area {
			return a
		}
	}
	return nil
}

// openArea returns the area that an ONU that is lost now belongs to, nil if none.
func (e *Engine) openArea(u *onu) *area {
	for _, a := range e.onus.areas {
		if a.inc.Device != u.key.Device || a.inc.State != IncidentOpen {
			continue
		}
		if u.PON != "" && slices.Contains(a.PONs, u.PON) || len(a.PONs) != 1 && a.young(e) {
			return a
		}
	}
	return nil
}

// young reports whether what else is lost on the device is of the same trouble.
func (a *area) young(e *Engine) bool { return e.now-a.inc.OpenedAt <= oltWindow.Microseconds() }

// newArea makes one incident of ONUs that were lost together.
func (e *Engine) newArea(u *onu, with []*onu, r *syslog.Record) {
	a := e.area(u.key.Device, u.PON, r)
	if a == nil {
		return // people do not want to hear of areas
	}
	for _, o := range slices.Clone(with) {
		e.take(o, a)
	}
	a.lost(e, r)
}

// area returns an open area of a device, made or taken up again: that of the
// PON, if it was over not long ago.
func (e *Engine) area(device netip.Addr, pon string, r *syslog.Record) *area {
	i, ok := e.set.kindPlace[kindArea]
	if !ok {
		return nil
	}
	for _, a := range e.onus.areas {
		if a.inc.Device == device && pon != "" && slices.Contains(a.PONs, pon) {
			if a.inc.State != IncidentOpen {
				a.inc.State, a.inc.ClearedAt, a.inc.Members = IncidentOpen, 0, nil
				a.inc.Flaps++
				if due := a.ToldAt + e.limits[i].cooldown; e.now >= due {
					a.ToldAt = 0 // they are to be called once more
				} else {
					a.DueAt = e.now + areaGather.Microseconds()
					a.CallAt = max(due, a.DueAt)
				}
			}
			return a
		}
	}
	for _, a := range e.onus.areas {
		if a.inc.Device == device && a.inc.State == IncidentOpen && a.young(e) {
			return a // it is more than one PON
		}
	}
	if len(e.onus.areas) >= maxAreas {
		e.giveUpArea()
	}
	a := &area{inc: *e.newIncident(&e.limits[i], place{rule: i, device: device})}
	a.inc.OpenedAt, a.inc.First = e.now, r.Position
	e.onus.areas = append(e.onus.areas, a)
	return a
}

// take makes u, and the incident that it may have, part of a.
func (e *Engine) take(u *onu, a *area) {
	t := e.ownTrouble(u)
	a.add(e, u)
	if t != nil {
		e.merge(t, &a.inc)
	}
}

// merge makes the incident of t part of another.
func (e *Engine) merge(t *trouble, into *Incident) {
	if t.inc != nil {
		t.inc.State, t.inc.Into, t.inc.ClearedAt = IncidentMerged, into.ID, e.now
		into.OpenedAt = min(into.OpenedAt, t.inc.OpenedAt)
		if t.told {
			s := sample{set: true, severity: 6, at: e.now, position: t.inc.Last, text: []byte(t.inc.Text)}
			e.tell(t, &s, KindMore, 1, 0)
		}
	}
	t.held, t.pending = 0, 0
	e.forget(t)
}

// add makes u a member.
func (a *area) add(e *Engine, u *onu) {
	e.notAlone(u)
	u.Area = a.inc.ID
	u.last.set = false
	e.changeONU(u)
	a.members = append(a.members, u)
	if u.BackAt == 0 {
		a.down++
	}
	if u.PON != "" && len(a.PONs) < maxPONs && !slices.Contains(a.PONs, u.PON) {
		a.PONs = append(a.PONs, u.PON)
	}
}

// lost takes note that one of the members is lost, or the PON.
func (a *area) lost(e *Engine, r *syslog.Record) {
	a.changed = true
	a.last.keep(r)
	a.inc.Count++
	a.inc.Last, a.inc.UpdatedAt = r.Position, r.ReceivedAt
	a.inc.Severity = min(a.inc.Severity, r.Severity, e.limits[e.set.kindPlace[kindArea]].severity)
	due := e.now + areaGather.Microseconds()
	if a.ToldAt != 0 {
		due = max(due, a.ToldAt+areaAgain.Microseconds())
	}
	if a.DueAt == 0 || due < a.DueAt {
		a.DueAt = due
	}
}

// back takes note that one of the members is back, or the PON.
func (a *area) back(e *Engine, r *syslog.Record) {
	a.changed = true
	a.inc.UpdatedAt = r.ReceivedAt
	if a.inc.State != IncidentOpen {
		return
	}
	if a.down == 0 && !a.PONDown {
		a.last.keep(r)
		a.end(e, IncidentCleared)
		return
	}
	if due := e.now + areaSome.Microseconds(); a.DueAt == 0 {
		a.DueAt = due
	}
}

// count brings the numbers of the incident up to date.
func (a *area) count() {
	a.inc.Total, a.inc.Down = len(a.members), a.down
	gasps, signals := 0, 0
	for _, u := range a.members {
		if u.Gasp {
			gasps++
		} else if u.Signal {
			signals++
		}
	}
	a.inc.Object = ""
	if len(a.PONs) == 1 {
		a.inc.Object = a.PONs[0]
	}
	n := len(a.members)
	a.inc.Cause, a.inc.Confidence = "", 0
	switch {
	case a.Mass && n == 0:
		a.inc.Cause, a.inc.Confidence = "power", 90
	case n > 0 && gasps == n:
		a.inc.Cause, a.inc.Confidence = "power", 95
	case n > 0 && gasps*5 >= n*4:
		a.inc.Cause, a.inc.Confidence = "power", 80
	case n > 0 && signals == n:
		a.inc.Cause, a.inc.Confidence = "fibre", 90
	case n > 0 && signals*5 >= n*4:
		a.inc.Cause, a.inc.Confidence = "fibre", 70
	}
}

// doubt lowers the confidence of an area when messages were lost.
func (a *area) doubt(e *Engine) {
	a.inc.Doubt = ""
	if a.inc.Cause == "fibre" && e.lostNear(a.inc.OpenedAt) {
		a.inc.Confidence, a.inc.Doubt = min(a.inc.Confidence, 50), doubtLost
	}
}

// ponLost takes note that a whole PON is down.
func (e *Engine) ponLost(r *syslog.Record, ev *pack.Event) {
	pon := ponOf(ev)
	if pon == "" {
		if i, ok := e.set.kindPlace[ev.Kind]; ok {
			e.raise(place{i, r.Source, objectOf(ev)}, r)
		}
		return
	}
	a := e.area(r.Source, pon, r)
	if a == nil {
		return
	}
	if len(a.PONs) < maxPONs && !slices.Contains(a.PONs, pon) {
		a.PONs = append(a.PONs, intern(pon))
	}
	a.PONDown = a.PONDown || ev.Kind == kindPON
	a.Mass = a.Mass || ev.Kind == kindOutage
	if d := e.onus.devices[r.Source]; d != nil { // those that were lost just before
		for _, u := range slices.Clone(d.alone) {
			if u.PON == pon && e.now-u.LostAt <= ponWindow.Microseconds() {
				e.take(u, a)
			}
		}
	}
	a.lost(e, r)
}

// ponBack takes note that a PON is up. Its ONUs say themselves when they are
// back; not all equipment lets them.
func (e *Engine) ponBack(r *syslog.Record, ev *pack.Event) {
	pon := ponOf(ev)
	for _, a := range e.onus.areas {
		if a.inc.Device != r.Source || pon == "" || !slices.Contains(a.PONs, pon) || a.inc.State != IncidentOpen {
			continue
		}
		a.PONDown, a.Mass = false, false
		a.back(e, r)
		return
	}
	if i, ok := e.set.kindPlace[ev.Kind]; ok {
		e.clear(place{i, r.Source, objectOf(ev)}, r)
	}
}

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
		kind, a.CallAt = KindAlert, 0
	}
	a.DueAt = 0
	a.tell(e, kind)
	a.ToldAt = e.now
	return false
}

// end ends the area, which lets go of its members; people are told if they
// know of it.
func (a *area) end(e *Engine, state IncidentState) {
	a.count()
	a.inc.State, a.inc.ClearedAt, a.DueAt, a.CallAt, a.changed = state, e.now, 0, 0, true
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
	e.onus.areas = slices.DeleteFunc(e.onus.areas, func(o *area) bool { return o == a })
}

func (a *area) tell(e *Engine, kind Kind) {
	if kind == KindAlert {
		a.inc.Alarms++
	}
	i := a.snapshot(e)
	e.notices = append(e.notices, Notice{
		Kind: kind, Rule: i.Rule, Device: i.Device, DeviceName: i.DeviceName, Site: i.Site, Severity: i.Severity,
		Text: i.Text, At: a.last.at, Count: i.Count, Position: i.Last, Notify: i.Notify, Incident: &i,
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
	a.ToldAt, a.inc.ClearedAt = min(a.ToldAt, now), min(a.inc.ClearedAt, now)
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
	return &area{AreaState: *s.Area, inc: *s.Incident, last: sampleOf(s.Last)}
}
