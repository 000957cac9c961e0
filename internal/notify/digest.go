package notify

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/alert"
)

// A digest is what several notes have in common, for one message that counts
// them.
type digest struct {
	alerts   int // notes, without those of kind clear
	cleared  int // notes of kind clear
	over     int // of the alerts, those of incidents that are over
	messages int // of devices, that the alerts stand for
	from, to int64
	groups   []group // worst first, then most
}

// A group is the notes of one rule on one device, alerts or clears.
type group struct {
	rule     string
	device   netip.Addr
	name     string // of the device, may be empty
	clear    bool
	count    int   // notes
	over     int   // of the alerts, those of incidents that are over
	severity uint8 // the worst
	from, to int64 // µs since 1970 UTC
	text     string

	incidents []*alert.Incident // each once, as it is known newest
}

// about returns what a group is about: its incidents, those that are open first,
// or else its newest text.
func (g *group) about() string {
	if len(g.incidents) == 0 {
		return g.text
	}
	slices.SortStableFunc(g.incidents, func(a, b *alert.Incident) int {
		if a.Over() != b.Over() {
			return map[bool]int{true: 1, false: -1}[a.Over()]
		}
		return cmp.Compare(a.Severity, b.Severity)
	})
	var parts []string
	for _, i := range g.incidents {
		s := fmt.Sprintf("#%d %s", i.ID, i.What())
		if i.Over() && !g.clear {
			s += ", over"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

// digestOf groups notes. They need not be in order.
func digestOf(notes []alert.Note) digest {
	type key struct {
		rule   string
		device netip.Addr
		clear  bool
	}
	var d digest
	at := make(map[key]int)
	for i := range notes {
		n := &notes[i].Notice
		k := key{n.Rule, n.Device, n.Kind == alert.KindClear}
		if k.clear {
			d.cleared++
		} else {
			d.alerts++
			d.messages += max(1, n.Count)
		}
		over := !k.clear && n.Incident != nil && n.Incident.Over()
		if over {
			d.over++
		}
		if i == 0 || n.At < d.from {
			d.from = n.At
		}
		d.to = max(d.to, n.At)

		j, ok := at[k]
		if !ok {
			j = len(d.groups)
			at[k] = j
			d.groups = append(d.groups, group{
				rule: n.Rule, device: n.Device, clear: k.clear,
				severity: n.Severity, from: n.At, to: n.At,
			})
		}
		g := &d.groups[j]
		g.count++
		if over {
			g.over++
		}
		if i := n.Incident; i != nil {
			k := slices.IndexFunc(g.incidents, func(o *alert.Incident) bool { return o.ID == i.ID })
			switch {
			case k < 0:
				g.incidents = append(g.incidents, i)
			case g.incidents[k].UpdatedAt <= i.UpdatedAt:
				g.incidents[k] = i
			}
		}
		g.severity = min(g.severity, n.Severity)
		g.from = min(g.from, n.At)
		if n.At >= g.to {
			g.to, g.text, g.name = n.At, n.Text, n.DeviceName
		}
	}
	slices.SortStableFunc(d.groups, func(a, b group) int {
		if a.clear != b.clear {
			if a.clear {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(a.severity, b.severity), cmp.Compare(b.count, a.count), cmp.Compare(a.from, b.from))
	})
	for i := range d.groups {
		d.groups[i].text = d.groups[i].about()
	}
	return d
}
