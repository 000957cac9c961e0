package silence

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Limits of a [Watch].
const (
	// MaxDevices bounds the devices that are watched. Anybody can make up
	// senders: at the bound those make room that spoke least.
	MaxDevices = 20_000
	// saveEvery is how often the habit of one device is given to be stored, if
	// nothing else than time has changed.
	saveEvery = 10 * time.Minute
	// nearby is how long devices that were named still count as expected.
	nearby = time.Hour
)

// A Quiet is a device that has been quiet for longer than it may.
type Quiet struct {
	Device  netip.Addr
	LastAt  int64         // newest message; of a device that never spoke, since when it could
	Allowed time.Duration // for how long it may be quiet
	Set     bool          // people have set Allowed, it was not learned
}

// A Watch looks after all devices. It is for one goroutine.
type Watch struct {
	devices map[netip.Addr]*device
	latest  *device // that spoke: devices say several things in a row
	set     func(netip.Addr) (time.Duration, bool)
	since   int64 // everything was heard from here on
	gone    []netip.Addr
	refused int64
	urgent  bool // a habit is to be stored before the next message is done with
}

type device struct {
	Habit
	changed bool
	savedAt int64
	since   int64 // it is expected to speak from then on; 0 = from the beginning
}

// New returns a watch that knows no device. set returns for how long people
// allow a device to be quiet, 0 = as long as it likes; ok is false if they say
// nothing of it.
func New(set func(netip.Addr) (d time.Duration, ok bool)) *Watch {
	return &Watch{devices: map[netip.Addr]*device{}, set: set}
}

// Restore takes over habits that were stored, as far as there is room.
func (w *Watch) Restore(habits []Habit, now int64) {
	w.latest = nil
	for _, h := range habits {
		if len(w.devices) >= MaxDevices {
			break
		}
		w.devices[h.Device] = &device{Habit: h, savedAt: now}
	}
	w.Again(now)
}

// Again begins anew: what was said before now may have been missed. Every
// device has its whole time from now on. It is to be called at the start, after
// the clock was set or the machine slept, and while messages may not come in.
func (w *Watch) Again(now int64) { w.since = now }

// Heard takes note of a message of a device.
func (w *Watch) Heard(a netip.Addr, at int64) {
	d := w.latest
	if d == nil || d.Device != a {
		if d = w.devices[a]; d == nil {
			if len(w.devices) >= MaxDevices {
				w.refused++
				return
			}
			d = &device{Habit: Habit{Device: a}} // to be stored soon
			w.devices[a] = d
		}
		w.latest = d
	}
	d.learn(at, d.LastAt >= w.since)
	if d.Told {
		d.Told, d.savedAt, w.urgent = false, 0, true
	}
	d.changed = true
}

// Expect says that devices are to speak that may never have done so, from now
// on; those that are known already stay as they are.
func (w *Watch) Expect(devices []netip.Addr, now int64) {
	for _, a := range devices {
		if w.devices[a] == nil && len(w.devices) < MaxDevices {
			w.devices[a] = &device{Habit: Habit{Device: a}, since: now}
		}
	}
}

// Urgent reports whether habits should be stored now: a device that was named
// has spoken, and would not be named again after a crash.
func (w *Watch) Urgent() bool { return w.urgent }

// Due returns the devices that have been quiet for longer than they may, each
// once until it is heard again, in the order of their newest messages; and how
// many are expected to speak, these too.
func (w *Watch) Due(now int64) (quiet []Quiet, expected int) {
	for a, d := range w.devices {
		allowed, set := w.set(a)
		ok := allowed > 0
		if !set {
			allowed, ok = d.Allowed()
		}
		if !ok {
			continue
		}
		silent := now - max(d.LastAt, w.since, d.since)
		if !d.Told || silent < (allowed+nearby).Microseconds() {
			expected++
		}
		if d.Told || silent < allowed.Microseconds() {
			continue
		}
		d.Told, d.changed, d.savedAt = true, true, 0
		at := d.LastAt
		if at == 0 {
			at = max(w.since, d.since) // it never spoke
		}
		quiet = append(quiet, Quiet{a, at, allowed, set})
	}
	slices.SortFunc(quiet, func(a, b Quiet) int { return cmp.Or(cmp.Compare(a.LastAt, b.LastAt), a.Device.Compare(b.Device)) })
	return quiet, expected
}

// Allowed returns for how long a device may be quiet from its newest message
// on; set says that people have set that. ok is false if it may as long as it
// likes.
func (w *Watch) Allowed(a netip.Addr) (allowed time.Duration, set, ok bool) {
	if allowed, set = w.set(a); set {
		return allowed, true, allowed > 0
	}
	if d := w.devices[a]; d != nil {
		allowed, ok = d.Allowed()
	}
	return allowed, false, ok
}

// Changed returns at most n habits that are to be stored now, and the devices
// to be forgotten. With all, habits need not wait.
func (w *Watch) Changed(now int64, n int, all bool) (habits []Habit, gone []netip.Addr) {
	w.makeRoom()
	w.urgent = false
	for _, d := range w.devices {
		if len(habits) == n {
			break
		}
		if d.changed && (all || now < d.savedAt || now-d.savedAt >= saveEvery.Microseconds()) {
			d.changed, d.savedAt = false, now
			habits = append(habits, d.Habit)
		}
	}
	gone, w.gone = w.gone, nil
	return habits, gone
}

// makeRoom forgets a quarter of the devices when there are nearly too many:
// those that spoke least, and of them those that were silent longest.
func (w *Watch) makeRoom() {
	if len(w.devices) < MaxDevices*9/10 {
		return
	}
	all := make([]*device, 0, len(w.devices))
	for a, d := range w.devices {
		if _, set := w.set(a); !set {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *device) int {
		return cmp.Or(cmp.Compare(a.Now.Talks+a.Before.Talks, b.Now.Talks+b.Before.Talks), cmp.Compare(a.LastAt, b.LastAt), a.Device.Compare(b.Device))
	})
	for _, d := range all[:min(len(all), MaxDevices/4)] {
		if d.Now.Talks+d.Before.Talks >= 2*talkDay {
			break // they have earned their place
		}
		delete(w.devices, d.Device)
		w.latest = nil
		w.gone = append(w.gone, d.Device)
	}
}

// Len returns how many devices are watched, 0 to [MaxDevices].
func (w *Watch) Len() int { return len(w.devices) }

// Refused returns how many messages came of devices that there is no room for.
func (w *Watch) Refused() int64 { return w.refused }

// A Presence is what others may know of a device.
type Presence struct {
	LastAt  int64         // newest message
	Allowed time.Duration // for how long it may be quiet; 0 = as long as it likes
	Set     bool          // people have set that
	Silent  bool          // it was named since LastAt
}

// Presences returns all devices that are watched.
func (w *Watch) Presences() map[netip.Addr]Presence {
	all := make(map[netip.Addr]Presence, len(w.devices))
	for a, d := range w.devices {
		p := Presence{LastAt: d.LastAt, Silent: d.Told}
		p.Allowed, p.Set, _ = w.Allowed(a)
		all[a] = p
	}
	return all
}
