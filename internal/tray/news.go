package tray

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

const (
	// calm is the shortest time between two notifications; what comes
	// meanwhile is told in one.
	calm = 10 * time.Second

	maxHeld = 100 // incidents that wait to be shown; of more, the number is told
)

// A Note is something to show on the desktop.
type Note struct {
	Title, Text string
	URL         string // opened by a click; "" = nothing is
}

// news finds out which incidents are new, and makes notes of them.
type news struct {
	begun bool  // last is of an incident that was there
	last  int64 // newest id that was seen
	held  []Incident
	more  int // beyond held
	told  time.Time
}

// isNews reports whether an incident begins something, rather than goes on with
// it or ends it.
func isNews(i Incident) bool { return i.Kind == "alert" || i.Kind == "" }

// see takes the newest incidents of any kind, newest first. Those that are
// there at the start are no news. quiet ones are not shown, neither now nor
// later.
func (n *news) see(incidents []Incident, quiet bool) {
	newest := int64(0)
	for _, i := range incidents {
		newest = max(newest, i.ID)
	}
	if n.begun && newest >= n.last && !quiet {
		for j := len(incidents) - 1; j >= 0; j-- {
			if incidents[j].ID <= n.last || !isNews(incidents[j]) {
				continue
			}
			if len(n.held) < maxHeld {
				n.held = append(n.held, incidents[j])
			} else {
				n.more++
			}
		}
	}
	// Ids begin anew with a new logboom.db.
	n.begun, n.last = true, newest
	if quiet {
		n.held, n.more = nil, 0
	}
}

// note returns what to show now, and false if there is nothing yet.
func (n *news) note(now time.Time, pageAt func(message string) string) (Note, bool) {
	if len(n.held) == 0 || !n.told.IsZero() && now.Sub(n.told) < calm {
		return Note{}, false
	}
	held, all := n.held, len(n.held)+n.more
	n.held, n.more, n.told = nil, 0, now
	newest := held[len(held)-1]
	if all == 1 {
		title := newest.Rule // of Logboom's own, which have its name in them, there is no device
		if who := cmp.Or(clean(newest.DeviceName, 40), clean(newest.Device, 40)); who != "" {
			title = who + ": " + title
		}
		return Note{Title: clean(title, 80), Text: clean(newest.Text, 200), URL: pageAt(newest.Message)}, true
	}
	var lines []string
	for _, i := range held[max(0, len(held)-3):] {
		lines = append(lines, incidentLabel(i, now))
	}
	if rest := all - len(lines); rest > 0 {
		lines = append(lines, fmt.Sprintf("and %s more", thousands(int64(rest))))
	}
	return Note{Title: thousands(int64(all)) + " new incidents", Text: strings.Join(lines, "\n"), URL: pageAt(newest.Message)}, true
}

// tap puts a word into c, which holds one, unless one is there already.
func tap(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
