// Package alert decides which messages people must hear of, and when. It does
// no I/O and reads no clock: an [Engine] observes stored messages and returns
// [Decisions], which its owner stores together with how far it has read, so
// that a crash neither repeats an alert nor forgets one.
//
// Three things raise alerts: rules that people write in the query language
// ([Rule]), plain words that they list (keywords), and shipped packs, which are
// word rules that know what is harmless (packs/*.toml). A message that a rule
// of one's own fits is judged by such rules alone; of keywords and packs the
// first that fits counts, so that one message is one alert.
//
// All of them look at the text of a message without its header: what a device
// calls itself cannot raise an alarm.
package alert

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/logboom/logboom/internal/pack"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/sieve"
)

// Defaults of what is left at zero.
const (
	DefaultCooldown = 5 * time.Minute
	DefaultWithin   = time.Minute
)

// A Rule says which messages people are told of, and how often.
type Rule struct {
	Name    string         // not empty, unlike all others
	Text    string         // of Query, as configured
	Query   *query.Query   // made by [query.ParseRule]; must not be nil
	Devices []netip.Prefix // only messages from here; empty = all devices

	Threshold int           // messages of one device within Within that make an alert; 0 and 1 = each does
	Within    time.Duration // slides, by arrival; 0 = DefaultWithin
	Cooldown  time.Duration // after an alert, how long more of the same device are held back and counted; 0 = that of the Set

	Clear  *query.Query  // a message that fits ends the trouble, and wins over Query; nil = none does
	Quiet  time.Duration // without such messages, that ends the trouble; 0 = no time does
	Hold   time.Duration // how long it has to last before people are told; 0 = they are told at once
	Key    []string      // what makes two messages the same trouble, beside the device: named groups of regular expressions in Query and Clear, "app", "host"; empty = nothing
	Notify []string      // names of notifiers; empty = all

	Schedule *Schedule // when it is in force; nil = always
	Severity *uint8    // shown as at least this; nil = as the message says
	Title    string    // what people read, with {device}, {site}, {object}, {message} and the groups of Key; "" = the name
}

// Options are what a [Set] is made of.
type Options struct {
	Keywords  []string // plain words, any case
	Packs     []string // names, see [Packs]
	Rules     []Rule
	Vendors   *pack.Set       // what vendors' equipment says; nil = nothing is known of it
	Cooldown  time.Duration   // of keywords and packs, and of rules without one; 0 = DefaultCooldown
	Directory query.Directory // names of devices; may be nil
	NoSilence bool            // people do not want to hear of devices that have gone quiet
	// Called returns what a device is called that has no name in Directory, to be
	// shown only: rules do not see it. It must not wait. nil = nothing.
	Called   func(netip.Addr) string
	Location *time.Location // of schedules; nil = UTC
}

// A Set is what is watched for. It does not change, so that engines in several
// goroutines may share it.
type Set struct {
	rules     []Rule
	words     *matcher
	sieve     *sieve.Sieve // of the queries of rules, then of what clears them
	packs     *pack.Set
	kinds     []pack.KindInfo
	kindPlace map[string]int // kind -> place; absent = people do not want to hear of it
	cooldown  time.Duration
	directory query.Directory
	called    func(netip.Addr) string
	noSilence bool
	zone      *time.Location
	byName    map[string]int // place of a rule: first the rules, then the word rules, then the kinds of vendors' packs
}

// NewSet makes a Set. A rule with the name of a shipped one takes its place.
// Errors name the rule, keyword or pack and are for people.
func NewSet(o Options) (*Set, error) {
	s := &Set{rules: o.Rules, packs: o.Vendors, cooldown: o.Cooldown, directory: o.Directory, called: o.Called, noSilence: o.NoSilence, zone: o.Location, byName: map[string]int{}, kindPlace: map[string]int{}}
	if s.zone == nil {
		s.zone = time.UTC
	}
	if s.cooldown == 0 {
		s.cooldown = DefaultCooldown
	}
	for i, r := range o.Rules {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("alert rule %q: %w", r.Name, err)
		}
		if _, ok := s.byName[r.Name]; ok {
			return nil, fmt.Errorf("alert rule %q: there is another rule of this name", r.Name)
		}
		s.byName[r.Name] = i
	}
	all, err := wordRules(o.Packs, o.Keywords)
	if err != nil {
		return nil, err
	}
	var words []wordRule
	for _, w := range all {
		if _, taken := s.byName[w.name]; !taken {
			s.byName[w.name] = len(o.Rules) + len(words)
			words = append(words, w)
		}
	}
	if s.words, err = newMatcher(words); err != nil {
		return nil, err
	}
	s.addKinds()
	queries := make([]*query.Query, 2*len(o.Rules))
	for i, r := range o.Rules {
		queries[i], queries[len(o.Rules)+i] = r.Query, r.Clear
	}
	s.sieve = sieve.New(needs(queries))
	return s, nil
}

func (r *Rule) check() error {
	switch {
	case r.Name == "":
		return fmt.Errorf("it needs a name")
	case r.Query == nil:
		return fmt.Errorf("it needs a query")
	case r.Threshold < 0 || r.Within < 0 || r.Cooldown < 0:
		return fmt.Errorf("threshold, within and cooldown cannot be negative")
	}
	return nil
}

// from reports whether the rule is for messages of a.
func (r *Rule) from(a netip.Addr) bool {
	for _, p := range r.Devices {
		if p.Contains(a) {
			return true
		}
	}
	return len(r.Devices) == 0
}

// limits are the part of a rule that says how often people are told.
type limits struct {
	name      string
	key       string // under which troubles are kept over restarts
	threshold int
	within    int64 // µs
	cooldown  int64 // µs
	clears    bool
	quiet     int64  // µs without a message, that end it; 0 = they do not
	hold      int64  // µs
	kind      string // of package pack; "" = of a rule or word
	severity  uint8  // messages are shown as at least this
	notify    []string
}

// limits returns those of the rule at place i of the set.
func (s *Set) limits(i int) limits {
	if i < len(s.rules) {
		r := &s.rules[i]
		l := limits{
			name: r.Name, key: r.Name, threshold: max(r.Threshold, 1), within: r.Within.Microseconds(), cooldown: r.Cooldown.Microseconds(),
			clears: r.Clear != nil || r.Quiet > 0, severity: 7, notify: r.Notify, hold: r.Hold.Microseconds(), quiet: r.Quiet.Microseconds(),
		}
		if r.Severity != nil {
			l.severity = *r.Severity
		}
		if l.within == 0 {
			l.within = DefaultWithin.Microseconds()
		}
		if l.cooldown == 0 {
			l.cooldown = s.cooldown.Microseconds()
		}
		return l
	}
	if k := i - len(s.rules) - len(s.words.rules); k >= 0 {
		return s.kindLimits(&s.kinds[k])
	}
	w := &s.words.rules[i-len(s.rules)]
	return limits{name: w.name, key: w.name, threshold: max(w.threshold, 1), within: w.within.Microseconds(), cooldown: s.cooldown.Microseconds(), severity: w.severity}
}

// shown returns the name and site of a device for people.
func (s *Set) shown(a netip.Addr) (name, site string) {
	if !a.IsValid() {
		return "", "" // several devices
	}
	if s.directory != nil {
		name, site = s.directory.Device(a)
	}
	if name == "" && s.called != nil {
		name = s.called(a)
	}
	return name, site
}

// A Watch describes one thing that is watched for, for lists.
type Watch struct {
	Name   string `json:"name"`
	Source string `json:"source"` // "rule", "keyword", "pack pon", "vendors" or "silence"
	Query  string `json:"query"`  // of a rule; "" for others
}

// Watches lists what is watched for: rules, then packs, then keywords.
func (s *Set) Watches() []Watch {
	var list []Watch
	for _, r := range s.rules {
		list = append(list, Watch{r.Name, "rule", r.Text})
	}
	for _, k := range s.kinds {
		switch _, on := s.kindPlace[k.Kind]; {
		case k.Kind == kindSilence && on:
			list = append(list, Watch{k.Title, "silence", ""})
		case k.Kind != kindSilence && s.packs != nil && k.Alarm:
			list = append(list, Watch{k.Title, "vendors", ""})
		}
	}
	for _, w := range s.words.rules {
		list = append(list, Watch{w.name, w.source, ""})
	}
	return list
}

// needs returns what each of queries needs, nothing for nil.
func needs(queries []*query.Query) [][][]string {
	all := make([][][]string, len(queries))
	for i, q := range queries {
		if q != nil {
			all[i] = q.Needs()
		}
	}
	return all
}
