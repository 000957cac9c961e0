package store

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/syslog"
)

// maxNotes is how many things a result says about what could not be read; the
// rest is counted.
const maxNotes = 20

// A DamageError reports that a day could not be read whole. All that could be
// was.
type DamageError struct {
	Notes []string // for people: which file, what is missing
}

func (e *DamageError) Error() string { return strings.Join(e.Notes, "; ") }

// notes gathers what people should know about the files that were read.
type notes struct {
	texts []string
	gaps  []gap
}

// A gap is a range of ids in one table that could not be read.
type gap struct {
	file, device string
	day          int
	first, last  int64
	density      float64 // messages of the table for each id of the day, about
}

// add notes a text once.
func (n *notes) add(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(n.texts, s) {
		n.texts = append(n.texts, s)
	}
}

// gap notes a range of ids; ranges that touch become one.
func (n *notes) gap(g gap) {
	for i := range n.gaps {
		h := &n.gaps[i]
		if h.file == g.file && h.device == g.device && g.first <= h.last+1 && h.first <= g.last+1 {
			h.first, h.last = min(g.first, h.first), max(g.last, h.last)
			return
		}
	}
	n.gaps = append(n.gaps, g)
}

// merge takes over what another has gathered.
func (n *notes) merge(o *notes) {
	for _, t := range o.texts {
		n.add("%s", t)
	}
	for _, g := range o.gaps {
		n.gap(g)
	}
}

// all returns the notes for people.
func (n *notes) all() []string {
	texts := slices.Clone(n.texts)
	for _, g := range n.gaps {
		count := "1 message"
		if rows := math.Round(float64(g.last-g.first+1) * g.density); rows > 1 {
			count = fmt.Sprintf("%.0f messages", rows)
		}
		place := fmt.Sprintf("between %v and %v", syslog.Position{Day: g.day, ID: g.first}, syslog.Position{Day: g.day, ID: g.last})
		if g.last >= highestID {
			place = fmt.Sprintf("from %v on", syslog.Position{Day: g.day, ID: g.first})
		}
		texts = append(texts, fmt.Sprintf("%s is damaged: about %s of %s, %s, cannot be read", g.file, count, g.device, place))
	}
	if more := len(texts) - maxNotes; more > 0 {
		texts = append(texts[:maxNotes], fmt.Sprintf("and %d more places that cannot be read", more))
	}
	return texts
}

// err returns the notes as a [*DamageError]; nil if there are none.
func (n *notes) err() error {
	if len(n.texts)+len(n.gaps) == 0 {
		return nil
	}
	return &DamageError{n.all()}
}
