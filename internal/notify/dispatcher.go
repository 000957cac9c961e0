package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
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
	options Options
	mute    mute

	mu       sync.Mutex
	lanes    []*lane
	leaving  []*lane         // that have no place any more, and may still be ending a delivery
	running  context.Context // of Run; nil before
	stopping bool            // no lane is started any more
	serving  sync.WaitGroup  // the lanes that run
}

// NewDispatcher returns a dispatcher that does nothing before Run.
func NewDispatcher(o Options) *Dispatcher {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &Dispatcher{options: o}
	for _, n := range o.Notifiers {
		d.lanes = append(d.lanes, d.newLane(n))
	}
	return d
}

func (d *Dispatcher) newLane(n Notifier) *lane {
	l := newLane(n, d.options.Outbox, &d.mute, d.options.Log.With("notifier", n.Name()))
	l.held = d.options.Held
	return l
}

// all returns the lanes.
func (d *Dispatcher) all() []*lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lanes)
}

// Run delivers until ctx is done. It then ends the delivery in hand, within
// [stopGrace], and returns nil; what is left stays in the outbox.
func (d *Dispatcher) Run(ctx context.Context) error {
	d.mu.Lock()
	d.running = ctx
	for _, l := range d.lanes {
		d.start(l, nil)
	}
	d.mu.Unlock()
	<-ctx.Done()
	d.mu.Lock()
	d.stopping = true
	d.mu.Unlock()
	d.serving.Wait()
	return nil
}

// Wake says that there may be new notes in the outbox. It does not wait and may
// be called from any goroutine.
func (d *Dispatcher) Wake() {
	if d == nil {
		return
	}
	for _, l := range d.all() {
		signal(l.wake)
	}
}

// Retry lets notifiers that wait after a failure try again at once. Call it
// when there is reason to believe that the trouble is over.
func (d *Dispatcher) Retry() {
	if d == nil {
		return
	}
	for _, l := range d.all() {
		signal(l.retry)
	}
}

// Health returns how each notifier does, in the order of [Options.Notifiers].
func (d *Dispatcher) Health() []Health {
	if d == nil {
		return nil
	}
	lanes := d.all()
	all := make([]Health, len(lanes))
	for i, l := range lanes {
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
