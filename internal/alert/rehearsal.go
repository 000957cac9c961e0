package alert

import (
	"net/netip"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// Limits of what a rehearsal keeps. What is beyond them is counted.
const (
	maxRehearsedDays = 4000 // some eleven years
	maxCauses        = 4096 // devices, rules and texts that are counted, each
	maxNoisiest      = 10   // of each that are told
	maxToldOf        = 1 << 16
)

const (
	// rehearsalStep is how far time goes on at once, in µs: as often as the
	// server looks what is due.
	rehearsalStep = int64(time.Second / time.Microsecond)
	// mostSteps is how many steps a time without messages takes at most: a gap
	// beyond a day is walked in larger ones.
	mostSteps = 24 * 60 * 60
	// rehearsalTake is after how many messages at most the decisions are taken.
	rehearsalTake = 4096
)

// RehearsalOptions say what is rehearsed.
type RehearsalOptions struct {
	Only     string         // count what this rule sends and nothing else; "" = all
	Location *time.Location // in which days begin; nil = UTC
	Notices  int            // newest notices that are kept; 0 = none
	// Counted tells that not all messages are observed, but those alone that a
	// rule may find: [Rehearsal.Count] is told how many there were.
	Counted bool
}

// A Rehearsal finds out what a [Set] would have sent, had it been in force when
// stored messages came. It remembers nothing of what was before the first of
// them. It is for one goroutine.
type Rehearsal struct {
	o      RehearsalOptions
	engine *Engine
	last   int64 // when the newest message came, µs since 1970 UTC; 0 = none yet
	tick   int64 // up to when time has gone on
	since  int   // messages observed since decisions were taken

	report Rehearsed
	days   map[int]*RehearsedDay // by YYYYMMDD
	day    *RehearsedDay         // that of dayFrom to dayTo
	dayFrom,
	dayTo int64
	hour    RehearsedHour     // the one that notices are counted in
	newest  []RehearsedNotice // a ring, once it is full
	devices tally[netip.Addr]
	rules   tally[string]
	texts   tally[Cause]
	named   map[netip.Addr][2]string // devices whose name or site is known, of those counted
	toldOf  map[int64]int            // messages that notices of an incident have stood for, by its number
}

// NewRehearsal returns a Rehearsal of s, which must not be nil.
func NewRehearsal(s *Set, o RehearsalOptions) *Rehearsal {
	if o.Location == nil {
		o.Location = time.UTC
	}
	return &Rehearsal{
		o: o, engine: NewEngine(s), days: map[int]*RehearsedDay{},
		devices: newTally[netip.Addr](maxCauses), rules: newTally[string](maxCauses), texts: newTally[Cause](maxCauses),
		named: map[netip.Addr][2]string{}, toldOf: map[int64]int{},
	}
}

// A Rehearsed is what a rehearsal has found out.
type Rehearsed struct {
	From     int64 `json:"from"`     // when the first message came, or as asked for, µs since 1970 UTC
	To       int64 `json:"to"`       // up to when was rehearsed
	Messages int64 `json:"messages"` // that came in this time
	Told     int64 `json:"told"`     // of them, those that notices stand for
	Notices  int64 `json:"notices"`  // that would have been sent
	Alerts   int64 `json:"alerts"`   // of them, those that call people; the others say what was added, or is over

	Days    []RehearsedDay    `json:"days"`    // with messages or notices, oldest first
	Busiest RehearsedHour     `json:"busiest"` // the hour with most alerts; 0 = there is none
	Devices []Cause           `json:"devices"` // the noisiest, by notices
	Rules   []Cause           `json:"rules"`
	Texts   []Cause           `json:"texts"`
	Newest  []RehearsedNotice `json:"newest"` // newest notices, oldest first

	LeftOff int64    `json:"left_off"` // notices that are not among Newest
	Stopped bool     `json:"stopped"`  // the time was up at To
	Notes   []string `json:"notes"`    // what could not be read, in words
}

// A RehearsedDay sums up what would have been sent on a day.
type RehearsedDay struct {
	Day      int   `json:"day"`      // YYYYMMDD
	Messages int64 `json:"messages"` // that came
	Alerts   int64 `json:"alerts"`   // notices by kind: those that call people,
	More     int64 `json:"more"`     // what is added to them,
	Clears   int64 `json:"clears"`   // and that it is over
}

// A RehearsedHour is an hour of the clock with how often it would have called.
type RehearsedHour struct {
	At     int64 `json:"at"` // when it begins, µs since 1970 UTC
	Alerts int64 `json:"alerts"`
}

// Notices returns how many notices would have been sent on d.
func (d *RehearsedDay) Notices() int64 { return d.Alerts + d.More + d.Clears }

// A Cause is a device, a rule, or a text of a rule, whose numbers are folded,
// with what it would have sent.
type Cause struct {
	Device     string `json:"device,omitempty"` // address
	DeviceName string `json:"device_name,omitempty"`
	Site       string `json:"site,omitempty"`
	Rule       string `json:"rule,omitempty"`
	Text       string `json:"text,omitempty"` // as by Fold
	Notices    int64  `json:"notices"`
	Told       int64  `json:"told"` // messages that the notices stand for
}

// A RehearsedNotice is a notice with when it would have been sent.
type RehearsedNotice struct {
	SentAt     int64  `json:"sent_at"` // µs since 1970 UTC, to about a second
	At         int64  `json:"at"`      // of the message it shows
	Kind       Kind   `json:"kind"`
	Rule       string `json:"rule"`
	Device     string `json:"device"` // address; "" = none
	DeviceName string `json:"device_name"`
	Object     string `json:"object"` // what of the device, "PON 0/6/6 ONU 67"; "" = all of it
	Site       string `json:"site"`
	Severity   uint8  `json:"severity"`
	Count      int    `json:"count"`   // messages that it stands for
	Text       string `json:"text"`    // as in Notice
	Message    string `json:"message"` // id of the message, "20261122:1"
}

func rehearsed(n *Notice, sentAt int64) RehearsedNotice {
	r := RehearsedNotice{
		SentAt: sentAt, At: n.At, Kind: n.Kind, Rule: n.Rule, DeviceName: n.DeviceName, Site: n.Site,
		Severity: n.Severity, Count: n.Count, Text: n.Text, Message: n.Position.String(),
	}
	if n.Device.IsValid() {
		r.Device = n.Device.String()
	}
	if n.Incident != nil {
		r.Object = n.Incident.Object
	}
	return r
}

// Observe takes note of a message. They are to be given in the order of the
// store.
func (h *Rehearsal) Observe(r *syslog.Record) {
	h.advance(r.ReceivedAt)
	if !h.o.Counted {
		h.report.Messages++
		h.dayOf(r.ReceivedAt).Messages++
	}
	h.engine.Observe(r)
	h.last = r.ReceivedAt
	if h.since++; h.since >= rehearsalTake {
		h.take(h.last)
	}
}

// Count says that so many messages came on a day, YYYYMMDD.
func (h *Rehearsal) Count(day int, messages int64) {
	if messages > 0 {
		h.report.Messages += messages
		h.dayNumber(day).Messages += messages
	}
}

// advance lets time go on to now, second by second, so that what is held back
// is told when it would have been.
func (h *Rehearsal) advance(now int64) {
	if h.last == 0 {
		h.report.From, h.tick = now, now
		return
	}
	if now-h.tick < rehearsalStep && now >= h.tick-rehearsalStep {
		return
	}
	h.take(h.last)
	for step := max(rehearsalStep, (now-h.tick)/mostSteps); h.tick+step <= now; {
		h.tick += step
		h.engine.Advance(h.tick)
		h.take(h.tick)
	}
	// A clock that was set back, or what a large step has left over.
	if now < h.tick || now-h.tick >= rehearsalStep {
		h.tick = now
		h.engine.Advance(now)
		h.take(now)
	}
}

// End lets time go on to the time to, and returns what was found out: the
// rehearsal is over. from and to are in µs since 1970 UTC; 0 is the time of the
// first and of the newest message.
func (h *Rehearsal) End(from, to int64) *Rehearsed {
	if to == 0 {
		to = h.last
	}
	if h.last != 0 && to > h.last {
		h.advance(to)
		h.take(h.last)
		h.engine.Advance(to)
	}
	h.take(max(h.last, to))
	r := &h.report
	if from != 0 {
		r.From = from
	}
	r.To = to
	r.Notes = []string{}
	r.Days = h.daysInOrder()
	r.Devices = h.devices.noisiest(func(a netip.Addr) Cause {
		c := Cause{Device: a.String(), DeviceName: h.named[a][0], Site: h.named[a][1]}
		if !a.IsValid() {
			c.Device = "unknown"
		}
		return c
	})
	r.Rules = h.rules.noisiest(func(name string) Cause { return Cause{Rule: name} })
	r.Texts = h.texts.noisiest(func(c Cause) Cause { return c })
	n := 0
	if len(h.newest) == h.o.Notices && n < len(h.newest) {
		n = int(r.Notices % int64(h.o.Notices))
	}
	r.Newest = append(append(make([]RehearsedNotice, 0, len(h.newest)), h.newest[n:]...), h.newest[:n]...)
	r.LeftOff = r.Notices - int64(len(r.Newest))
	return r
}

// Last returns when the newest message came, µs since 1970 UTC; 0 if there was
// none.
func (h *Rehearsal) Last() int64 { return h.last }

// take counts what was decided up to now.
func (h *Rehearsal) take(now int64) {
	h.since = 0
	d := h.engine.Take()
	for i := range d.Notices {
		if n := &d.Notices[i]; h.o.Only == "" || n.Rule == h.o.Only {
			h.note(n, now)
		}
	}
}

// told returns how many messages n stands for that no notice before it did:
// what is told of an area counts all of them each time.
func (h *Rehearsal) told(n *Notice) int64 {
	i := n.Incident
	switch {
	case n.Kind == KindClear:
		return 0
	case i == nil:
		return int64(n.Count)
	case i.Into != 0:
		h.toldOf[i.Into] += h.toldOf[i.ID]
		delete(h.toldOf, i.ID)
		return 0
	}
	before, known := h.toldOf[i.ID]
	if !known && len(h.toldOf) >= maxToldOf {
		return int64(n.Count)
	}
	h.toldOf[i.ID] = max(before, i.Count)
	return int64(max(0, i.Count-before))
}

// note counts one notice.
func (h *Rehearsal) note(n *Notice, now int64) {
	if h.o.Notices > 0 {
		if sent := rehearsed(n, now); len(h.newest) < h.o.Notices {
			h.newest = append(h.newest, sent)
		} else {
			h.newest[h.report.Notices%int64(h.o.Notices)] = sent
		}
	}
	h.report.Notices++
	told := h.told(n)
	switch day := h.dayOf(now); n.Kind {
	case KindClear:
		day.Clears++
	case KindMore:
		day.More++
	default:
		day.Alerts++
		h.report.Alerts++
		h.call(now)
	}
	h.report.Told += told
	h.devices.add(n.Device, told)
	h.rules.add(n.Rule, told)
	h.texts.add(Cause{Rule: n.Rule, Text: Fold(n.Text)}, told)
	if (n.DeviceName != "" || n.Site != "") && len(h.named) < 2*maxCauses {
		h.named[n.Device] = [2]string{n.DeviceName, n.Site}
	}
}
