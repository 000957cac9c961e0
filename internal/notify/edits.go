package notify

import (
	"context"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

const (
	// maxAgain bounds the messages of one notifier that wait to be changed
	// though the outbox does not ask for it.
	maxAgain = 64

	// newBeforeEdit is how many messages tell something new before one that is
	// there is changed, while both wait.
	newBeforeEdit = 3
)

// Again has the message that tells of the incident of n changed, at every
// notifier that can: somebody did something about it. It is kept in memory, and
// gone if the process ends before. It does not wait and may be called from any
// goroutine.
func (d *Dispatcher) Again(n alert.Notice) {
	if d == nil || n.Incident == nil {
		return
	}
	for _, l := range d.all() {
		if _, ok := l.notifier.(Sorter); ok {
			l.addAgain(n)
			signal(l.wake)
		}
	}
}

func (l *lane) addAgain(n alert.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	same := func(o alert.Note) bool { return o.Notice.Incident.ID == n.Incident.ID }
	if len(l.again) >= maxAgain || slices.ContainsFunc(l.again, same) {
		return // the message shows how the incident is when it is changed
	}
	l.again = append(l.again, alert.Note{ID: -n.Incident.ID, Notifier: l.notifier.Name(), Notice: n, CreatedAt: time.Now().UnixMicro()})
}

// inMemory reports whether a note is one that Again has made. The outbox has no
// numbers below 1.
func inMemory(id int64) bool { return id < 0 }

// forgetAgain takes out what was done, or cannot be.
func (l *lane) forgetAgain(done []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.again = slices.DeleteFunc(l.again, func(n alert.Note) bool { return slices.Contains(done, n.ID) })
}

// sort asks the notifier, if it can change messages, which of the notes call
// people. What people do not want to be told of now waits, but for its end.
func (l *lane) sort(ctx context.Context, notes []alert.Note) (Sorted, error) {
	if l.held != nil {
		notes = slices.DeleteFunc(slices.Clone(notes), func(n alert.Note) bool {
			i := n.Notice.Incident
			return i != nil && !i.Over() && n.Notice.Kind != alert.KindClear && l.held(i.ID)
		})
	}
	s, ok := l.notifier.(Sorter)
	if !ok {
		return Sorted{New: notes}, nil
	}
	l.mu.Lock()
	again := slices.Clone(l.again)
	l.mu.Unlock()
	return s.Sort(ctx, append(slices.Clone(notes), again...))
}

// pick returns the notes of the next message, or how long there is none.
func (l *lane) pick(s Sorted, now time.Time) (notes []alert.Note, wait time.Duration) {
	wait = lookAgain
	if len(s.Edits) > 0 && (len(s.New) == 0 || l.newInRow >= newBeforeEdit) {
		if wait = l.pace.waitEdit(now); wait <= 0 {
			l.newInRow = 0
			return l.untried(s.Edits)[:1], 0
		}
	}
	if len(s.New) == 0 {
		return nil, wait
	}
	l.newInRow++
	return l.choose(s.New, now), 0
}

// untried returns the notes that were not refused before, or the first of all.
func (l *lane) untried(notes []alert.Note) []alert.Note {
	isNew := func(n alert.Note) bool { _, known := l.refused[n.ID]; return !known }
	if i := slices.IndexFunc(notes, isNew); i > 0 {
		return notes[i:]
	}
	return notes
}
