package engine

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/syslog"
)

// How new devices are noted. Anybody can make up senders, so there are few
// notes, however many devices there are.
const (
	newGather = time.Minute // they are gathered before a note is made
	newMany   = 20          // of so many in a note the next comes
	newLater  = time.Hour   // so much later
	newShown  = 10          // that a note names
	maxKnown  = 100_000     // devices that are known; beyond, none is new
)

// What notes of new devices are called.
const (
	ruleNew     = "New device"
	ruleNewMany = "New devices"
)

// newcomers notes devices that are heard for the first time. It belongs to the
// watcher's goroutine.
type newcomers struct {
	tell  bool // people, too
	known map[netip.Addr]struct{}

	first  newcomer
	named  []string // the first of them
	count  int      // since the last note
	due    time.Time
	gather time.Duration // doubles while new ones go on coming
	noted  time.Time
}

type newcomer struct {
	device   netip.Addr
	name     string
	position syslog.Position
}

func newNewcomers(tell bool) *newcomers {
	return &newcomers{tell: tell, known: map[netip.Addr]struct{}{}, gather: newGather}
}

// heard takes note of a device, and reports whether it is new.
func (n *newcomers) heard(a netip.Addr, position syslog.Position, called func(netip.Addr) string, now time.Time) bool {
	if _, known := n.known[a]; known || len(n.known) >= maxKnown {
		return false
	}
	n.known[a] = struct{}{}
	if n.count == 0 {
		if now.Sub(n.noted) > n.gather {
			n.gather = newGather // it was calm
		}
		n.due = now.Add(newGather)
		if next := n.noted.Add(n.gather); next.After(n.due) {
			n.due = next
		}
		n.first = newcomer{a, called(a), position}
		n.named = n.named[:0]
	}
	n.count++
	if len(n.named) < newShown {
		name := a.String()
		if c := called(a); c != "" {
			name += ", " + c
		}
		n.named = append(n.named, name)
	}
	return true
}

// take returns the note of the new devices, if it is time; with all, it is.
func (n *newcomers) take(now time.Time, all bool) []alert.Notice {
	if n.count == 0 || !all && now.Before(n.due) {
		return nil
	}
	note := alert.Notice{Kind: alert.KindNote, Rule: ruleNew, Severity: severityNotice, At: now.UnixMicro(), Count: n.count}
	if n.tell {
		note.Kind = alert.KindAlert
	}
	if n.count == 1 {
		note.Device, note.DeviceName, note.Position = n.first.device, n.first.name, n.first.position
		note.Text = "heard for the first time"
	} else {
		note.Rule = ruleNewMany
		note.Text = fmt.Sprintf("%d devices heard for the first time: %s", n.count, strings.Join(n.named, "; "))
		if more := n.count - len(n.named); more > 0 {
			note.Text += fmt.Sprintf("; and %d more, see logboom devices", more)
		}
	}
	n.noted = now
	if n.gather = min(2*n.gather, newLater); n.count >= newMany {
		n.gather = newLater
	}
	n.count = 0
	return []alert.Notice{note}
}
