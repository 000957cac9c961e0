package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Options are what a [Dispatcher] needs.
type Options struct {
	Outbox    Outbox
	Notifiers []Notifier   // each with a name of its own
	Log       *slog.Logger // nil = nothing is logged

	// Held reports whether people do not want to be told of an incident now.
	// It must not wait; nil = they want to hear of all.
	Held func(incident int64) bool
}

// A Dispatcher delivers the notes of an [Outbox] through its notifiers, each at
// its own speed: one that hangs does not hold up the others.
type Dispatcher struct {
	lanes []*lane
	mute  mute
}

// NewDispatcher returns a dispatcher that does nothing before Run.
func NewDispatcher(o Options) *Dispatcher {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := new(Dispatcher)
	for _, n := range o.Notifiers {
		l := newLane(n, o.Outbox, &d.mute, o.Log.With("notifier", n.Name()))
		l.held = o.Held
		d.lanes = append(d.lanes, l)
	}
	return d
}

// Run delivers until ctx is done. It then ends the delivery in hand, within
// [stopGrace], and returns nil; what is left stays in the outbox.
func (d *Dispatcher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, l := range d.lanes {
		wg.Go(func() { l.run(ctx) }) // ends with ctx
	}
	wg.Wait()
	<-ctx.Done() // without notifiers there is nothing to do, but no reason to end
	return nil
}

// Wake says that there may be new notes in the outbox. It does not wait and may
// be called from any goroutine.
func (d *Dispatcher) Wake() {
	if d == nil {
		return
	}
	for _, l := range d.lanes {
		signal(l.wake)
	}
}

// Retry lets notifiers that wait after a failure try again at once. Call it
// when there is reason to believe that the trouble is over.
func (d *Dispatcher) Retry() {
	if d == nil {
		return
	}
	for _, l := range d.lanes {
		signal(l.retry)
	}
}

// Health returns how each notifier does, in the order of [Options.Notifiers].
func (d *Dispatcher) Health() []Health {
	if d == nil {
		return nil
	}
	all := make([]Health, len(d.lanes))
	for i, l := range d.lanes {
		all[i] = l.report()
	}
	return all
}

// signal puts a word into c, which holds one, unless one is there already.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// stopGrace is how long a delivery in hand may take to end after Run was told
// to stop. Cut off earlier, it would often be made twice.
const stopGrace = 5 * time.Second

// outlive returns a context that ends d after ctx does, or when stop is called.
func outlive(ctx context.Context, d time.Duration) (_ context.Context, stop context.CancelFunc) {
	out, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	timer := make(chan *time.Timer, 1)
	detach := context.AfterFunc(ctx, func() {
		timer <- time.AfterFunc(d, func() { cancel(errStopped) })
	})
	return out, func() {
		if !detach() { // the timer is running, or about to be made
			(<-timer).Stop()
		}
		cancel(nil)
	}
}

var errStopped = errors.New("stopped before the delivery ended")
