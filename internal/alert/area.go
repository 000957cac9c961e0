package alert

import (
	"net/netip"
	"slices"
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
	// areaSome is how long after some ONUs came back people are told that others
	// did not; where most did, they are called.
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
	CallAt  int64    `json:"call_at"`  // when they are called again, since it came back after it was over, or became much worse; 0 = they are not

	CalledAt int64 `json:"called_at"` // when they were called last, 0 = not yet
	Fresh    int   `json:"fresh"`     // ONUs that were lost long after that
	Rest     bool  `json:"rest"`      // most came back, and people were or will be called for those that did not
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
	e.onus.unsure = true
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
		a.gone(e)
	}
	if u.PON != "" && len(a.PONs) < maxPONs && !slices.Contains(a.PONs, u.PON) {
		a.PONs = append(a.PONs, u.PON)
	}
}

// gone counts a member that is lost.
func (a *area) gone(e *Engine) {
	a.down++
	if a.CalledAt == 0 || e.now <= a.CalledAt+ponWindow.Microseconds() {
		return // it is one trouble
	}
	if a.Fresh++; a.Fresh == together {
		a.call(e)
	}
}

// call lets people be called again: three ONUs that have been off for days must
// not hide that sixty more go off.
func (a *area) call(e *Engine) {
	if a.CallAt == 0 && a.CalledAt != 0 {
		a.CallAt = max(a.CalledAt+e.limits[e.set.kindPlace[kindArea]].cooldown, e.now+areaGather.Microseconds())
		if a.DueAt != 0 && a.CallAt <= e.now+areaGather.Microseconds() {
			a.DueAt = max(a.DueAt, a.CallAt) // one message is enough
		}
		a.changed, e.onus.unsure = true, true
	}
}

// lost takes note that one of the members is lost, or the PON.
func (a *area) lost(e *Engine, r *syslog.Record) {
	a.changed, e.onus.unsure = true, true
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
	a.changed, e.onus.unsure = true, true
	a.inc.UpdatedAt = r.ReceivedAt
	if a.inc.State != IncidentOpen {
		return
	}
	if a.down == 0 && !a.PONDown {
		a.last.keep(r)
		a.end(e, IncidentCleared)
		return
	}
	due := e.now + areaSome.Microseconds()
	if !a.Rest && a.ToldAt != 0 && a.CallAt == 0 && a.down*2 <= len(a.members) {
		a.Rest, a.CallAt = true, due
		if a.DueAt > e.now+areaAgain.Microseconds() {
			a.DueAt = due // one message is enough
		}
	} else if a.DueAt == 0 {
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
	if ev.Kind == kindPON && !a.PONDown {
		a.PONDown = true
		if e.now > a.CalledAt+ponWindow.Microseconds() {
			a.call(e)
		}
	}
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
