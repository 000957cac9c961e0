package alert

import (
	"strings"
	"time"

	"github.com/logboom/logboom/internal/pack"
	"github.com/logboom/logboom/internal/syslog"
)

// maxVendors bounds the devices whose vendor is remembered; beyond, that of the
// one that showed it first is forgotten.
const maxVendors = 20_000

// A reason is why something happened, as far as it can be told.
type reason struct {
	cause      string // "power", "fibre", "operator"; "" = unknown
	confidence int    // per cent
	doubt      string
	title      string // of the rule, filled in
}

// Kinds that this package itself adds to those of vendors' packs.
const (
	kindArea    = "onu_area" // several ONUs of one PON or OLT are lost together
	kindSilence = "silence"  // a device says nothing any more
	kindONU     = "onu_"     // begins the kinds of one ONU
	kindPON     = "pon_down" // a whole PON
	kindOutage  = "pon_mass_power"
)

// mostOfONU is the severity that an ONU's messages are shown as at most: error.
// OLTs call the loss of one customer MAJOR or CRITICAL, as that of a PON.
const mostOfONU = 3

// ownKinds are what is noticed without a message that says so.
var ownKinds = []pack.KindInfo{
	{Kind: kindArea, Title: "ONUs lost", Severity: 2, Alarm: true},
	{Kind: kindSilence, Title: "Device silent", Severity: 3, Alarm: true},
}

// addKinds gives every kind of trouble a place. One with the name of a rule of
// people's own is theirs to judge.
func (s *Set) addKinds() {
	s.kinds = append(append([]pack.KindInfo(nil), ownKinds...), pack.Kinds()...)
	base := len(s.rules) + len(s.words.rules)
	for i, k := range s.kinds {
		if p, ok := s.byName[k.Title]; !k.Alarm || ok && p < len(s.rules) || k.Kind == kindSilence && s.noSilence {
			continue
		}
		s.kindPlace[k.Kind] = base + i
		s.byName[kindKey(k.Kind)] = base + i
	}
}

// kindKey is the name under which troubles of a kind are kept over restarts.
// Word rules may have the name that people see.
func kindKey(kind string) string { return "\x00" + kind }

// Nothing ends these: they happen, and pass. One failed login is no news.
var passing = map[string]struct {
	threshold int
	within    time.Duration
}{"reboot": {}, "attack": {}, "login_fail": {5, 5 * time.Minute}}

func (s *Set) kindLimits(k *pack.KindInfo) limits {
	l := limits{name: k.Title, key: kindKey(k.Kind), kind: k.Kind, threshold: 1, within: DefaultWithin.Microseconds(), cooldown: s.cooldown.Microseconds(), severity: k.Severity}
	p, passes := passing[k.Kind]
	l.clears = !passes
	if p.threshold > 0 {
		l.threshold, l.within = p.threshold, p.within.Microseconds()
	}
	if k.Kind == kindSilence {
		l.hold = silenceHold.Microseconds()
	}
	return l
}

// places returns how many there are.
func (s *Set) places() int { return len(s.rules) + len(s.words.rules) + len(s.kinds) }

// event judges a message that a vendor's pack understands: no word of it counts.
func (e *Engine) event(r *syslog.Record, ev *pack.Event) {
	if ev.Proves && e.vendors[r.Source] != ev.Vendor {
		e.prove(r.Source, ev.Vendor)
	}
	said := *r
	if ev.Severity < pack.NoSeverity {
		said.Severity = ev.Severity
	}
	if strings.HasPrefix(ev.Kind, kindONU) {
		said.Severity = max(said.Severity, mostOfONU)
	}
	switch ev.State {
	case pack.Info:
		if i, ok := e.set.kindPlace[ev.Kind]; ok && ev.Cause == operator {
			e.meant(place{i, r.Source, objectOf(ev)})
		}
	case pack.Raise:
		e.raised(&said, ev)
	case pack.Clear:
		e.cleared(&said, ev)
	}
}

func (e *Engine) raised(r *syslog.Record, ev *pack.Event) {
	switch object := onuOf(ev); {
	case ev.Kind == kindPON || ev.Kind == kindOutage:
		e.ponLost(r, ev)
	case object != "" && isLoss(ev.Kind):
		e.onuLost(r, ev, object)
	default:
		if i, ok := e.set.kindPlace[ev.Kind]; ok {
			p := place{i, r.Source, objectOf(ev)}
			if until, ok := e.intended[p]; ok && e.now <= until {
				return
			}
			e.why = reason{cause: ev.Cause}
			e.raise(p, r)
			e.why = reason{}
		}
	}
}

func (e *Engine) cleared(r *syslog.Record, ev *pack.Event) {
	kinds := ev.Clears
	if len(kinds) == 0 {
		kinds = []string{ev.Kind}
	}
	object := onuOf(ev)
	for _, kind := range kinds {
		switch {
		case kind == kindPON || kind == kindOutage:
			e.ponBack(r, ev)
		case object != "" && isLoss(kind):
			e.onuBack(r, object)
		default:
			if i, ok := e.set.kindPlace[kind]; ok {
				e.clear(place{i, r.Source, objectOf(ev)}, r)
			}
		}
	}
}

// operator is the cause of what somebody has meant to happen.
const operator = "operator"

// What somebody does on purpose, as shutting a port, is often told once more as
// if it had happened by itself, within intendedFor. At most maxIntended are
// remembered.
const (
	intendedFor = 5 * time.Second
	maxIntended = 1000
)

// meant takes note that somebody does p on purpose.
func (e *Engine) meant(p place) {
	if len(e.intended) >= maxIntended {
		clear(e.intended)
	}
	p.object = intern(p.object)
	e.intended[p] = e.now + intendedFor.Microseconds()
}

// isLoss reports whether a kind says that an ONU is gone.
func isLoss(kind string) bool { return kind == "onu_power" || kind == "onu_los" || kind == "onu_down" }

// ponOf returns the PON of an event for people, "" if it has none.
func ponOf(ev *pack.Event) string {
	if ev.PON == "" {
		return ""
	}
	return short("PON " + ev.PON)
}

// onuOf returns the ONU of an event for people: its place, or else its serial
// number, in at most maxObject bytes; "" if it is of none.
func onuOf(ev *pack.Event) string {
	switch {
	case ev.PON != "" && ev.ONU != "":
		return short("PON " + ev.PON + " ONU " + ev.ONU)
	case ev.ONU != "":
		return short("ONU " + ev.ONU)
	case ev.Serial != "" && strings.HasPrefix(ev.Kind, kindONU):
		return short("ONU " + ev.Serial)
	}
	return ""
}

// objectOf returns what of the device an event is about.
func objectOf(ev *pack.Event) string {
	object := onuOf(ev)
	if object == "" {
		object = ponOf(ev)
	}
	if ev.Port == "" {
		return object
	}
	return short(strings.TrimSpace(object + " " + ev.Port))
}
