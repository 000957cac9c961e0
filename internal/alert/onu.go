package alert

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/pack"
	"github.com/logboom/logboom/internal/syslog"
)

// How ONUs that are lost become incidents. An operator proved the rule by
// pulling plugs: a dying gasp with the loss, in either order, is the customer's
// power; a loss alone is the fibre. Datagrams overtake each other and come
// together, so people are told when it has settled.
const (
	// onuHold is for how long an ONU has to be lost before people are told. The
	// dying gasp comes at most 4 s after the loss.
	onuHold = 5 * time.Second
	// ponWindow is within which time ONUs of one PON, oltWindow those of one
	// OLT, are lost together.
	ponWindow = time.Minute
	oltWindow = 10 * time.Second
	// together is how many of them make an area.
	together = 3
	// maxONUs bounds the ONUs that are watched because they are lost. What
	// comes beyond is judged one by one. One device has at most as many of them
	// as there is room left for others.
	maxONUs = 20_000
)

// onuRule is the rule under which ONUs that are lost are kept over restarts.
const onuRule = "\x00onu"

// An ONUState is an ONU that is lost, or was lost with others that still are.
type ONUState struct {
	PON    string `json:"pon"`     // "PON 0/6/6"; "" = unknown
	Gasp   bool   `json:"gasp"`    // it said that its power is gone
	Signal bool   `json:"signal"`  // the OLT said that its signal is gone
	LostAt int64  `json:"lost_at"` // µs since 1970 UTC
	BackAt int64  `json:"back_at"` // 0 = it is not
	DueAt  int64  `json:"due_at"`  // when people are to be told; 0 = they were, or it is part of Area
	Area   int64  `json:"area"`    // incident; 0 = none
}

// An onu is an ONU that is watched.
type onu struct {
	ONUState
	key     Key
	last    sample // newest message, until people were told
	changed bool
	gone    bool
}

// onus are the ONUs that are watched, and the areas.
type onus struct {
	all     map[Key]*onu
	pending []dueONU // in the order of when; those of which people are not to be told then any more are passed over
	devices map[netip.Addr]*terminal
	count   map[netip.Addr]int // of all, by device
	areas   []*area            // in the order of their numbers
	areaDue int64              // first deadline of the areas
	unsure  bool               // areaDue may have changed
	changed []*onu
}

// A terminal is a device with ONUs that are lost.
type terminal struct {
	alone []*onu // not part of an area, in the order of LostAt
}

func newONUs() onus {
	return onus{all: map[Key]*onu{}, devices: map[netip.Addr]*terminal{}, count: map[netip.Addr]int{}, areaDue: never}
}

func (o *onus) has(k Key) bool { return o.all[k] != nil }

// room reports whether one more ONU of a device can be watched.
func (o *onus) room(device netip.Addr) bool { return o.count[device] < maxONUs-len(o.all) }

func (o *onus) add(u *onu) {
	o.all[u.key] = u
	o.count[u.key.Device]++
}

func (o *onus) remove(u *onu) {
	if o.all[u.key] != u {
		return
	}
	delete(o.all, u.key)
	if o.count[u.key.Device]--; o.count[u.key.Device] == 0 {
		delete(o.count, u.key.Device)
	}
}

// A dueONU is an ONU of which people are to be told at a time.
type dueONU struct {
	at int64
	*onu
}

// stale reports whether that is not so any more.
func (d *dueONU) stale() bool { return d.gone || d.DueAt != d.at }

// wait lets u be told when it is due.
func (o *onus) wait(u *onu) {
	if len(o.pending) > 2*maxONUs {
		o.pending = slices.DeleteFunc(o.pending, func(d dueONU) bool { return d.stale() })
	}
	o.pending = append(o.pending, dueONU{u.DueAt, u})
}

// next returns when something is to be done.
func (o *onus) next() int64 {
	for len(o.pending) > 0 && o.pending[0].stale() {
		o.pending = o.pending[1:]
	}
	if o.unsure {
		o.unsure, o.areaDue = false, never
		for _, a := range o.areas {
			o.areaDue = min(o.areaDue, a.deadline())
		}
	}
	if len(o.pending) > 0 {
		return min(o.areaDue, o.pending[0].at)
	}
	return o.areaDue
}

func (o *onus) rewind(now int64) {
	for _, u := range o.all {
		u.LostAt = min(u.LostAt, now)
		if u.DueAt != 0 {
			u.DueAt = min(u.DueAt, now+onuHold.Microseconds())
		}
	}
	o.sortPending()
	o.unsure = true
	for _, a := range o.areas {
		a.rewind(now)
	}
}

// sortPending makes pending anew.
func (o *onus) sortPending() {
	o.pending = nil
	for _, u := range o.all {
		if u.DueAt != 0 {
			o.pending = append(o.pending, dueONU{u.DueAt, u})
		}
	}
	slices.SortFunc(o.pending, func(a, b dueONU) int {
		return cmp.Or(cmp.Compare(a.at, b.at), a.key.Device.Compare(b.key.Device), cmp.Compare(a.key.Object, b.key.Object))
	})
}

func (e *Engine) changeONU(u *onu) {
	if !u.changed {
		u.changed = true
		e.onus.changed = append(e.onus.changed, u)
	}
}

// onuLost takes note that an ONU is lost.
func (e *Engine) onuLost(r *syslog.Record, ev *pack.Event, object string) {
	k := Key{onuRule, r.Source, object}
	u := e.onus.all[k]
	if u == nil {
		if !e.onus.room(r.Source) {
			e.evicted++
			e.raiseKind(ev.Kind, r, manyObjects)
			return
		}
		k.Object = intern(object)
		u = &onu{key: k, ONUState: ONUState{PON: intern(ponOf(ev))}}
		e.onus.add(u)
	}
	e.changeONU(u)
	if u.LostAt == 0 || u.BackAt != 0 {
		if u.Area != 0 && u.BackAt != 0 {
			e.areaOf(u).gone(e)
		}
		u.LostAt, u.BackAt, u.Gasp, u.Signal = e.now, 0, false, false
	}
	u.Gasp = u.Gasp || ev.Kind == "onu_power" || ev.Cause == "power"
	u.Signal = u.Signal || ev.Kind == "onu_los" || ev.Cause == "fibre"
	switch {
	case u.Area != 0:
		e.areaOf(u).lost(e, r)
	case u.DueAt != 0:
		u.last.keep(r)
	case e.told(u):
		if u.LostAt == e.now {
			e.single(u)
		}
		e.raiseONU(u, r) // once more
	default:
		u.last.keep(r)
		e.join(u, r)
	}
}

// join makes u part of an area that is open, or of a new one if there are
// enough, or lets it wait.
func (e *Engine) join(u *onu, r *syslog.Record) {
	if a := e.openArea(u); a != nil {
		a.add(e, u)
		a.lost(e, r)
		return
	}
	d := e.single(u)
	u.DueAt = e.now + onuHold.Microseconds()
	e.onus.wait(u)
	if with := d.lostWith(u, e.now); len(with) >= together {
		e.newArea(u, with, r)
	}
}

// single makes u one of those that are not part of an area, the newest.
func (e *Engine) single(u *onu) *terminal {
	d := e.onus.devices[u.key.Device]
	if d == nil {
		d = &terminal{}
		e.onus.devices[u.key.Device] = d
	}
	d.alone = slices.DeleteFunc(d.alone, func(o *onu) bool { return o == u || e.now-o.LostAt > ponWindow.Microseconds() })
	d.alone = append(d.alone, u)
	return d
}

// lostWith returns the ONUs that were lost together with u, u among them.
func (d *terminal) lostWith(u *onu, now int64) []*onu {
	var pon, all []*onu
	for _, o := range d.alone {
		if o.PON != "" && o.PON == u.PON {
			pon = append(pon, o)
		}
		if now-o.LostAt <= oltWindow.Microseconds() {
			all = append(all, o)
		}
	}
	if len(pon) >= together {
		return pon
	}
	return all
}

// notAlone takes u out of those that are not part of an area.
func (e *Engine) notAlone(u *onu) {
	u.DueAt = 0
	d := e.onus.devices[u.key.Device]
	if d == nil {
		return
	}
	if d.alone = slices.DeleteFunc(d.alone, func(o *onu) bool { return o == u }); len(d.alone) == 0 {
		delete(e.onus.devices, u.key.Device)
	}
}

// onuBack takes note that an ONU is there.
func (e *Engine) onuBack(r *syslog.Record, object string) {
	u := e.onus.all[Key{onuRule, r.Source, object}]
	if u == nil {
		for _, kind := range lossKinds {
			e.clearKind(kind, r, object) // of those that were too many
		}
		return
	}
	if u.BackAt != 0 {
		return
	}
	told := e.told(u)
	u.BackAt = e.now
	e.changeONU(u)
	if u.Area != 0 {
		a := e.areaOf(u)
		a.down--
		if a.Fresh > 0 && u.LostAt > a.CalledAt {
			a.Fresh--
		}
		a.back(e, r)
		return
	}
	e.dropONU(u)
	if told {
		for _, kind := range lossKinds {
			e.clearKind(kind, r, object)
		}
	}
}

var lossKinds = []string{"onu_power", "onu_los", "onu_down"}

func (e *Engine) raiseKind(kind string, r *syslog.Record, object string) {
	if i, ok := e.set.kindPlace[kind]; ok {
		e.raise(place{i, r.Source, object}, r)
	}
}

func (e *Engine) clearKind(kind string, r *syslog.Record, object string) {
	if i, ok := e.set.kindPlace[kind]; ok {
		e.clear(place{i, r.Source, object}, r)
	}
}

// told reports whether u has an incident of its own.
func (e *Engine) told(u *onu) bool {
	return u.DueAt == 0 && u.Area == 0 && u.BackAt == 0 && u.LostAt != 0 && u.key.Rule == onuRule && e.ownTrouble(u) != nil
}

// ownTrouble returns the open trouble that u has alone, nil if none.
func (e *Engine) ownTrouble(u *onu) *trouble {
	for _, kind := range lossKinds {
		if i, ok := e.set.kindPlace[kind]; ok {
			if t := e.table.get(place{i, u.key.Device, u.key.Object}); t != nil && t.open {
				return t
			}
		}
	}
	return nil
}

// dropONU forgets u.
func (e *Engine) dropONU(u *onu) {
	u.gone = true
	e.notAlone(u)
	e.onus.remove(u)
	e.gone = append(e.gone, u.key)
}

// settle tells what is due about ONUs and areas.
func (e *Engine) settle() {
	for len(e.onus.pending) > 0 && e.onus.pending[0].at <= e.now {
		d := e.onus.pending[0]
		e.onus.pending = e.onus.pending[1:]
		if d.stale() {
			continue
		}
		u := d.onu
		u.DueAt = 0
		e.changeONU(u)
		r := u.last.record(u.key.Device)
		u.last.set = false
		e.raiseONU(u, &r)
	}
	for i := 0; i < len(e.onus.areas); i++ {
		a := e.onus.areas[i]
		if a.deadline() <= e.now && a.settle(e) {
			i-- // it is gone
		}
	}
}

// raiseONU makes an incident of one ONU, or adds to it.
func (e *Engine) raiseONU(u *onu, r *syslog.Record) {
	kind := "onu_down"
	switch {
	case u.Gasp:
		kind, e.why = "onu_power", reason{cause: "power", confidence: 95}
	case u.Signal:
		kind, e.why = "onu_los", reason{cause: "fibre", confidence: 60}
		if e.lostNear(u.LostAt) {
			e.why.confidence, e.why.doubt = 30, doubtLost
		}
	}
	if t := e.ownTrouble(u); t != nil {
		e.raise(t.place, r)
	} else {
		e.raiseKind(kind, r, u.key.Object)
	}
	e.why = reason{}
}

// doubtLost is why a loss alone proves less.
const doubtLost = "messages were lost at that time, a dying gasp may be among them"

// lostNear reports whether messages were lost near the time at.
func (e *Engine) lostNear(at int64) bool {
	return e.lostAt != 0 && max(at-e.lostAt, e.lostAt-at) <= time.Minute.Microseconds()
}

// record returns the message of s as far as it was kept.
func (s *sample) record(device netip.Addr) syslog.Record {
	r := syslog.Record{ReceivedAt: s.at, Source: device, Position: s.position}
	r.Raw, r.Severity = s.text, s.severity
	return r
}
