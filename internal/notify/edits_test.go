package notify

import (
	"bytes"
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// changes is a notifier that knows the messages of some incidents.
type changes struct {
	*script
	pages map[int64]bool // incidents that have a message
}

func (c *changes) Sort(_ context.Context, notes []alert.Note) (s Sorted, _ error) {
	for _, n := range notes {
		switch i := n.Notice.Incident; {
		case i != nil && c.pages[i.ID]:
			s.Edits = append(s.Edits, n)
		case n.Notice.Kind == alert.KindMore:
			s.Done = append(s.Done, n)
		default:
			s.New = append(s.New, n)
		}
	}
	return s, nil
}

// edits are notes that change the messages of incidents from..from+n-1.
func edits(from, n int64) []alert.Note {
	var all []alert.Note
	for id := range n {
		m := note(id)
		m.Notice.Kind, m.Notice.Incident = alert.KindMore, &alert.Incident{ID: from + id, State: alert.IncidentOpen}
		all = append(all, m)
	}
	return all
}

// change runs test in fake time, with a dispatcher that is running.
func change(t *testing.T, c *changes, held func(int64) bool, test func(d *Dispatcher, box *memory)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		box, log := new(memory), new(bytes.Buffer)
		c.start = time.Now()
		d := NewDispatcher(Options{Outbox: box, Notifiers: []Notifier{c}, Held: held, Log: slog.New(slog.NewTextHandler(log, nil))})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }() // ends with cancel
		synctest.Wait()
		test(d, box)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
}

func pagesOf(n int64) map[int64]bool {
	pages := map[int64]bool{}
	for id := range n {
		pages[id+1] = true
	}
	return pages
}

func TestChangesAreMadeOneByOneAndNeverInADigest(t *testing.T) {
	c := &changes{new(script), pagesOf(200)}
	change(t, c, nil, func(d *Dispatcher, box *memory) {
		box.add(time.Now(), edits(1, 200)...)
		d.Wake()
		after(21 * time.Minute)
		got := c.got()
		if len(got) != 200 || box.waiting() != 0 {
			t.Fatalf("%d messages, %d notes wait; want 200 changes", len(got), box.waiting())
		}
		for i, m := range got {
			if len(m.ids) != 1 {
				t.Errorf("message %d changes %d messages", i, len(m.ids))
			}
			if i >= 20 && m.at-got[i-20].at < time.Minute {
				t.Errorf("messages %d to %d within %v", i-20, i, m.at-got[i-20].at)
			}
		}
	})
}

func TestNewAlertOvertakesChanges(t *testing.T) {
	c := &changes{new(script), pagesOf(200)}
	change(t, c, nil, func(d *Dispatcher, box *memory) {
		box.add(time.Now(), edits(1, 200)...)
		d.Wake()
		after(5 * time.Minute)
		before := len(c.got())
		box.add(time.Now(), note(1))
		d.Wake()
		after(6 * time.Second)
		got := c.got()
		if len(got) <= before || got[before].ids[0] != 201 {
			t.Errorf("sent %v after %d changes, want note 201 within 6 s", got[before:], before)
		}
	})
}

func TestStormDoesNotStarveChanges(t *testing.T) {
	c := &changes{new(script), pagesOf(3)}
	change(t, c, nil, func(d *Dispatcher, box *memory) {
		box.add(time.Now(), edits(1, 3)...)
		for range 200 {
			box.add(time.Now(), notes(30)...)
			d.Wake()
			after(time.Second)
		}
		done := c.delivered()
		for id := int64(1); id <= 3; id++ {
			if done[id] != 1 {
				t.Errorf("change %d was made %d times within 200 s of a storm, want once", id, done[id])
			}
		}
	})
}

func TestGrowthOfWhatWasToldWithOthersIsNotTold(t *testing.T) {
	c := &changes{new(script), nil}
	change(t, c, nil, func(d *Dispatcher, box *memory) {
		box.add(time.Now(), edits(1, 500)...)
		d.Wake()
		after(time.Second)
		if len(c.got()) != 0 || box.waiting() != 0 {
			t.Errorf("sent %v, %d notes wait; want none of both", c.got(), box.waiting())
		}
	})
}

func TestMutedIncidentIsNotToldUntilItIsOver(t *testing.T) {
	var muted atomic.Bool
	muted.Store(true)
	c := &changes{new(script), nil}
	change(t, c, func(id int64) bool { return id == 1 && muted.Load() }, func(d *Dispatcher, box *memory) {
		about := func(id int64, kind alert.Kind, state alert.IncidentState) alert.Note {
			n := note(id)
			n.Notice.Kind, n.Notice.Incident = kind, &alert.Incident{ID: id, State: state}
			return n
		}
		box.add(time.Now(), about(1, alert.KindAlert, alert.IncidentOpen), about(2, alert.KindAlert, alert.IncidentOpen))
		d.Wake()
		after(time.Minute)
		if got := c.got(); len(got) != 1 || got[0].ids[0] != 2 {
			t.Fatalf("sent %v, want note 2 only", got)
		}
		box.add(time.Now(), about(1, alert.KindClear, alert.IncidentCleared))
		d.Wake()
		after(time.Minute)
		if got := c.got(); len(got) != 2 || got[1].ids[0] != 3 {
			t.Fatalf("sent %v, want that it is over", got)
		}
		muted.Store(false)
		after(time.Minute)
		if got := c.got(); len(got) != 3 || box.waiting() != 0 {
			t.Errorf("sent %v, want all after the mute", got)
		}
	})
}

func TestAgainChangesAMessageOnce(t *testing.T) {
	c := &changes{&script{answer: func(n int, _ []alert.Note) (bool, time.Duration, error) {
		if n == 1 {
			return true, 0, errDown
		}
		return false, 0, nil
	}}, pagesOf(1)}
	change(t, c, func(int64) bool { return true }, func(d *Dispatcher, box *memory) {
		n := edits(1, 1)[0].Notice
		d.Again(n)
		d.Again(n)
		d.Again(edits(2, 1)[0].Notice) // has no message
		after(time.Minute)
		if got := c.got(); len(got) != 2 || got[1].ids[0] != -1 {
			t.Errorf("sent %v, want one change after one failure", got)
		}
		d.Again(n)
		after(time.Minute)
		if got := c.got(); len(got) != 3 {
			t.Errorf("sent %v, want one change more", got)
		}
	})
}

func TestAgainIsBounded(t *testing.T) {
	c := &changes{new(script), nil}
	d := NewDispatcher(Options{Outbox: new(memory), Notifiers: []Notifier{c}})
	for id := range int64(10 * maxAgain) {
		d.Again(edits(id+1, 1)[0].Notice)
	}
	if n := len(d.lanes[0].again); n != maxAgain {
		t.Errorf("%d notes wait in memory, want %d", n, maxAgain)
	}
}
