package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/store"
)

// openIncidents is how many open incidents are looked through at a start, at most.
const openIncidents = 50_000

// alertFollower is the name under which the watcher's checkpoint is kept.
const alertFollower = "alerts"

// settle is how long decisions that tell nobody anything (a trouble counted
// on, a checkpoint) may wait to be stored together: a crash makes the watcher
// observe those messages again, from the state it had before them.
const settle = time.Second

// restFor is how many times as long as storing decisions took nothing is stored
// after it, but no longer than [settle]: in a storm of alarms each change of thousands of
// incidents would be stored ten times a second, and the alerts would take from
// those who store messages.
const restFor = 10

type watcherOptions struct {
	engine   *alert.Engine
	state    *state.State
	store    *store.Store
	census   *census
	silences *silences
	recent   *recent
	wake     func() // the dispatcher, after notices were stored
	log      *slog.Logger
}

// A watcher follows the store and decides what people are told. Its decisions
// and its place are stored in one transaction, so a crash neither repeats nor
// forgets any.
type watcher struct {
	watcherOptions
	follower  *store.Follower
	positions map[int]int64 // day -> id of the last message observed, of those not stored yet
	stored    time.Time     // when decisions were stored last
	took      time.Duration // how long that took

	judge atomic.Pointer[alert.Engine] // engine, for others
	next  atomic.Pointer[succession]   // what is to be taken over; nil = nothing

	troubles troubles
	lostAt   atomic.Int64 // messages were lost then, µs since 1970 UTC; 0 = the alert engine knows

	mu     sync.Mutex
	counts map[string]int64 // notices by rule since start
}

func newWatcher(o watcherOptions) *watcher {
	w := &watcher{watcherOptions: o, counts: map[string]int64{}}
	w.judge.Store(o.engine)
	return w
}

// restore takes up where the last run ended. On the very first run it begins
// with the messages that come from now on, and makes that its checkpoint
// before the first of them: a crash right after it must not move the beginning.
func (w *watcher) restore(ctx context.Context, today int) error {
	positions, err := w.state.Positions(ctx, alertFollower)
	if err != nil {
		return fmt.Errorf("reading the checkpoint of the alerts: %w", err)
	}
	if len(positions) == 0 {
		positions = w.store.Follow(nil).Positions()
		// Where the checkpoint was lost with its file, today is looked at
		// again: told twice is better than not told.
		if _, known := positions[today]; !known || len(w.state.Damaged()) > 0 {
			positions[today] = 0
		}
		if err := w.state.SetPositions(ctx, alertFollower, positions); err != nil {
			return fmt.Errorf("keeping the checkpoint of the alerts: %w", err)
		}
	}
	states, err := w.state.AlertStates(ctx)
	if err != nil {
		return fmt.Errorf("reading the open alerts: %w", err)
	}
	newest, err := w.state.NewestIncident(ctx)
	if err != nil {
		return fmt.Errorf("reading the incidents: %w", err)
	}
	vendors, err := w.state.Vendors(ctx)
	if err != nil {
		return fmt.Errorf("reading the vendors: %w", err)
	}
	if err := w.census.restore(ctx, time.Now()); err != nil {
		return fmt.Errorf("reading the devices: %w", err)
	}
	if err := w.silences.restore(ctx, time.Now().UnixMicro()); err != nil {
		return fmt.Errorf("reading how often devices speak: %w", err)
	}
	w.engine.Resume(newest)
	for device, vendor := range vendors {
		w.engine.Vendor(device, vendor)
	}
	w.engine.Restore(states)
	listed, err := w.state.Incidents(ctx, state.IncidentFilter{Open: true, Limit: openIncidents})
	if err != nil {
		return fmt.Errorf("reading the open incidents: %w", err)
	}
	open := make([]alert.Incident, len(listed))
	for i := range listed {
		open[i] = listed[i].Incident
	}
	w.engine.Forget(open)
	w.follower = w.store.Follow(positions)
	w.positions = map[int]int64{}
	// A file that lost its end, as in a power cut, has moved some back.
	if err := w.state.SetPositions(ctx, alertFollower, w.follower.Positions()); err != nil {
		return fmt.Errorf("keeping the checkpoint of the alerts: %w", err)
	}
	return nil
}

// run observes until the store has ended and everything in it was seen.
func (w *watcher) run(ctx context.Context) error {
	// The store ends before this part is told to stop, and the follower then
	// ends by itself with io.EOF: only a bound is needed, not ctx itself.
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(drain/2, cancel) })()

	w.stored = time.Now()
	begun := time.Now()
	for {
		records, err := w.follower.Next(reading, max(time.Millisecond, w.rest(time.Now())))
		if at := w.lostAt.Swap(0); at != 0 {
			w.engine.Lost(at)
		}
		for i := range records {
			r := &records[i]
			w.engine.Observe(r)
			w.census.observe(r)
			w.recent.observe(r)
			w.silences.watch.Heard(r.Source, r.ReceivedAt)
			w.positions[r.Day] = r.ID
		}
		ended := errors.Is(err, io.EOF) || reading.Err() != nil
		if err != nil && !ended {
			return fmt.Errorf("reading on: %w", err)
		}
		w.census.tick(reading)
		now := time.Now()
		w.engine.Advance(now.UnixMicro())
		if !ended {
			w.silences.tick(reading, now.UnixMicro(), now.Sub(begun))
		}
		if ended || w.rest(now) <= 0 {
			w.silences.hurry(reading, now.UnixMicro())
			if err := w.keep(reading, ended); err != nil {
				return err
			}
		}
		if s := w.next.Swap(nil); s != nil && !ended {
			if err := w.succeed(reading, s); err != nil {
				return err
			}
		}
		if ended {
			w.silences.save(context.WithoutCancel(ctx), now.UnixMicro(), true)
			return w.census.save(context.WithoutCancel(ctx))
		}
	}
}

// rest is how long what was decided may wait to be stored, zero or less if it is
// due: what people are to be told soon, the rest with it or once in a while.
func (w *watcher) rest(now time.Time) time.Duration {
	wait := settle
	if w.engine.Pending() > 0 {
		wait = min(restFor*w.took, settle)
	}
	return wait - now.Sub(w.stored)
}

// keep stores what was decided, and how far, in one transaction. Where that
// cannot be done now, as on a full disk, it tries on: meanwhile the messages
// wait in the day files, and nothing is decided twice.
func (w *watcher) keep(ctx context.Context, last bool) error {
	d := w.engine.Take()
	d.Notices = append(d.Notices, w.census.new.take(time.Now(), last)...)
	w.stored, w.took = time.Now(), 0
	w.troubles.evicted.Store(w.engine.Evicted())
	if d.Empty() && len(w.positions) == 0 {
		return nil
	}
	began := w.stored
	defer func() { w.stored = time.Now(); w.took = w.stored.Sub(began) }()
	var said string
	for wait := settle; ; wait = min(2*wait, 30*time.Second) {
		err := w.state.Decide(context.WithoutCancel(ctx), alertFollower, w.positions, d)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return fmt.Errorf("storing %d alerts: %w", len(d.Notices), err)
		}
		if err.Error() != said {
			said = err.Error()
			w.log.Error("alerts cannot be stored, trying on", "waiting", len(d.Notices), "error", err)
		}
		pause(ctx, wait)
	}
	if said != "" {
		w.log.Info("alerts can be stored again")
	}
	clear(w.positions)
	if len(d.Notices) == 0 {
		return nil
	}
	w.count(d.Notices)
	w.wake()
	return nil
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// maxCounted bounds the rules that are counted by name: keywords and rules are
// configured, but a later version may make names of what it finds.
const maxCounted = 2000

func (w *watcher) count(notices []alert.Notice) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range notices {
		if n.Kind == alert.KindNote {
			continue
		}
		name := n.Rule
		if _, known := w.counts[name]; !known && len(w.counts) >= maxCounted {
			name = "other"
		}
		w.counts[name]++
	}
}

// counted returns the notices by rule since start.
func (w *watcher) counted() map[string]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.counts)
}
