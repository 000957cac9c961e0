package engine

import (
	"context"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/silence"
	"github.com/logboom/logboom/internal/state"
)

// When devices are looked after.
const (
	silenceLook = 10 * time.Second
	// pausedFor is how long nobody may have looked: longer, and the machine slept
	// or this program was stopped.
	pausedFor = time.Minute
	// clockSlack is by how much our clock may differ from the time that passed.
	clockSlack = 20 * time.Second
	// habitsSaved bounds the habits that are stored in one go.
	habitsSaved = 2000
	// hearingLag is how many messages the alerts may have before them.
	hearingLag = 10_000
)

// silences finds devices that have gone quiet and tells the alert engine. What
// is our own fault is no silence: while messages may not come in, or after
// that, all devices have their whole time from then on.
//
// It belongs to the watcher's goroutine.
type silences struct {
	watch    *silence.Watch
	engine   *alert.Engine
	state    *state.State
	log      *slog.Logger
	hearing  func() bool  // everything that is sent comes in and is looked at
	expected []netip.Addr // devices that people expect to speak

	begun  bool
	wall   int64         // our clock when it was looked last, µs
	passed time.Duration // that can only go on, likewise
	ill    bool          // habits could not be stored last time

	refused atomic.Int64                                    // messages of devices that there was no room for
	seen    atomic.Pointer[map[netip.Addr]silence.Presence] // for others
}

func (s *silences) restore(ctx context.Context, now int64) error {
	habits, err := s.state.Habits(ctx)
	if err != nil {
		return err
	}
	s.watch.Restore(habits, now)
	s.watch.Expect(s.expected, now)
	return nil
}

// tick looks after the devices, if it is time. now is our clock, passed what
// passed since the start, whatever became of the clock.
func (s *silences) tick(ctx context.Context, now int64, passed time.Duration) {
	since := passed - s.passed
	if s.begun && since < silenceLook {
		return
	}
	drift := time.Duration(now-s.wall)*time.Microsecond - since
	if !s.begun || since > pausedFor || drift > clockSlack || drift < -clockSlack || !s.hearing() {
		s.watch.Again(now)
	}
	s.begun, s.wall, s.passed = true, now, passed
	s.save(ctx, now, false) // before anything is told: what was told is stored by the next time
	quiet, expected := s.watch.Due(now)
	for _, q := range quiet {
		s.engine.Silent(alert.Silence{Device: q.Device, LastAt: q.LastAt, Allowed: q.Allowed, Set: q.Set, Expected: expected})
	}
	s.refused.Store(s.watch.Refused())
	all := s.watch.Presences()
	s.seen.Store(&all)
}

// hurry stores what must not be forgotten in a crash.
func (s *silences) hurry(ctx context.Context, now int64) {
	if s.watch.Urgent() {
		s.save(ctx, now, false)
	}
}

// save stores what was learned; with all, everything.
func (s *silences) save(ctx context.Context, now int64, all bool) {
	for {
		habits, gone := s.watch.Changed(now, habitsSaved, all)
		err := s.state.SaveHabits(ctx, habits, gone)
		if err != nil && !s.ill {
			s.log.Warn("how often devices speak cannot be stored, trying on", "error", err)
		}
		if s.ill = err != nil; err != nil || !all || len(habits) < habitsSaved {
			return
		}
	}
}

// presence returns what is known of how often a device speaks. Any goroutine
// may ask.
func (s *silences) presence(a netip.Addr) silence.Presence {
	if all := s.seen.Load(); all != nil {
		return (*all)[a]
	}
	return silence.Presence{}
}

// hearing reports whether everything that is sent comes in, is stored, and was
// looked at.
func (e *Engine) hearing() bool {
	for _, l := range e.collector.Listeners() {
		if !l.Open && !l.Removed {
			return false
		}
	}
	st := e.store.Stats()
	q := e.collector.Queue()
	return st.State == console.StateOK && (st.Trying.IsZero() || time.Since(st.Trying) < stalledAfter) &&
		q.Len() < q.Cap()/2 && e.watcher.follower.Lag() < hearingLag
}
