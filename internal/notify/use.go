package notify

import (
	"context"
	"slices"
)

// Use delivers through other notifiers from now on. One that is among those of
// before goes on undisturbed. One that takes the place of another of its name
// begins when that has ended the delivery in hand, and knows what that has
// delivered. What waits for a notifier that there is no more stays in the
// outbox. It does not wait and may be called from any goroutine.
func (d *Dispatcher) Use(notifiers []Notifier) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.lanes
	d.lanes = nil
	d.leaving = slices.DeleteFunc(d.leaving, (*lane).ended)
	for _, n := range notifiers {
		if i := slices.IndexFunc(before, func(l *lane) bool { return l.notifier == n }); i >= 0 {
			d.lanes = append(d.lanes, before[i])
			continue
		}
		l := d.newLane(n)
		d.lanes = append(d.lanes, l)
		var old *lane
		for _, o := range slices.Concat(d.leaving, before) { // the last of its name
			if o.notifier.Name() == n.Name() {
				old = o
			}
		}
		if old != nil {
			l.countOn(old.report())
		}
		if d.running != nil && !d.stopping {
			if old != nil {
				old.stop()
			}
			d.start(l, old)
		}
	}
	for _, l := range before {
		if !slices.Contains(d.lanes, l) && l.stop != nil {
			l.stop()
			d.leaving = append(d.leaving, l)
		}
	}
}

// ended reports whether run has.
func (l *lane) ended() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// start has a lane deliver, after the one whose place it takes has ended; old
// may be nil. d.mu must be held.
func (d *Dispatcher) start(l, old *lane) {
	ctx, stop := context.WithCancel(d.running)
	l.stop, l.done = stop, make(chan struct{})
	d.serving.Go(func() { // ends with Run, or when another takes its place
		defer close(l.done)
		defer stop()
		if old != nil && old.done != nil {
			<-old.done // within stopGrace
			l.inherit(old)
		}
		l.run(ctx)
	})
}

// countOn takes over the counts of another lane.
func (l *lane) countOn(h Health) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.health.Sent, l.health.Digests, l.health.Retried, l.health.Refused, l.health.LastSent = h.Sent, h.Digests, h.Retried, h.Refused, h.LastSent
}

// inherit takes over from a lane that has ended what only it knows.
func (l *lane) inherit(old *lane) {
	l.countOn(old.report())
	l.delivered, l.pace.taken = old.delivered, old.pace.taken
	old.mu.Lock()
	direct, again := old.direct, old.again
	old.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.direct = append(direct, l.direct...)
	l.again = append(again, l.again...)
}
