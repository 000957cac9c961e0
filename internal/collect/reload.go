package collect

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// live are the settings that a [Collector] takes over while it runs.
type live struct {
	allow                      []netip.Prefix
	certificate, key, clientCA string
	receiveBuffer              int
}

func (o *Options) live() *live {
	return &live{unmapped(o.Allow), o.Certificate, o.Key, o.ClientCA, o.ReceiveBuffer}
}

// settings returns those of now.
func (l *listener) settings() *live {
	if l.live == nil {
		return &live{receiveBuffer: l.options.ReceiveBuffer}
	}
	return l.live.Load()
}

// ErrNotRunning is the error of [Collector.Reload] before Run and after it was
// told to stop.
var ErrNotRunning = errors.New("the listeners do not run")

// reloadTime bounds how long Reload waits for ports to be closed, and again for
// others to be opened. What takes longer goes on by itself.
const reloadTime = 5 * time.Second

// Reload takes over other addresses, senders that are allowed, TLS files and
// the size of receive buffers. Ports that stay are not touched, nor are their
// connections, but for those of senders that may not send any more. Those that
// are not wanted any more take what has come to them and close; then the new
// ones are opened, and tried again as by [Collector.Run] where that fails:
// [Collector.Listeners] tells. Other options stay as they are.
//
// The error names what cannot be used, and then nothing has changed, or is
// [ErrNotRunning]. Any goroutine may call it.
func (c *Collector) Reload(o Options) error {
	o.setDefaults()
	if err := o.check(); err != nil {
		return err
	}
	c.reloading.Lock()
	defer c.reloading.Unlock()
	c.mu.Lock()
	if c.running == nil || c.stopping {
		c.mu.Unlock()
		return ErrNotRunning
	}
	c.live.Store(o.live())
	p := c.plan(o.ports())
	var closing []<-chan struct{}
	for _, l := range p.close {
		l.log.Info("closing, the settings do not have it any more")
		l.removed = true
		l.stop()
		closing = append(closing, l.done)
	}
	for _, l := range p.reopen {
		l.stop()
		closing = append(closing, l.done)
	}
	c.mu.Unlock()
	for _, l := range p.keep {
		l.mu.Lock()
		end := l.end
		l.mu.Unlock()
		if end != nil {
			end.adapt()
		}
	}
	await(closing, reloadTime)

	c.mu.Lock()
	if c.stopping {
		c.mu.Unlock()
		return ErrNotRunning
	}
	c.retire(p)
	var opening []<-chan struct{}
	for _, l := range slices.Concat(p.reopen, p.open) {
		opening = append(opening, c.start(l))
	}
	c.mu.Unlock()
	await(opening, reloadTime)
	return nil
}

// A plan says what becomes of listeners.
type plan struct{ keep, close, reopen, open []*listener }

// plan finds the listeners for ports, and makes those that there are not. A
// listener that was removed and is wanted again goes on with its counts. c.mu
// must be held.
func (c *Collector) plan(ports []port) (p plan) {
	var wanted []*listener
	for _, want := range ports {
		is := func(l *listener) bool {
			return l.proto == want.proto && l.configured == want.address && !slices.Contains(wanted, l)
		}
		i := slices.IndexFunc(c.listeners, func(l *listener) bool { return is(l) && !l.removed })
		if i < 0 {
			i = slices.IndexFunc(c.listeners, is)
		}
		if i < 0 {
			c.add(want).removed = true
			i = len(c.listeners) - 1
		}
		wanted = append(wanted, c.listeners[i])
	}
	for _, l := range c.listeners {
		if !slices.Contains(wanted, l) {
			if !l.removed {
				p.close = append(p.close, l)
			}
			continue
		}
		v6only := l.alone(wanted)
		switch {
		case l.removed:
			p.open = append(p.open, l)
		case v6only != l.v6only: // it leaves IPv4 to another, or takes it back
			p.reopen = append(p.reopen, l)
		default:
			p.keep = append(p.keep, l)
		}
		l.v6only = v6only
	}
	return p
}

// retire shares the queue among the listeners that there will be.
func (c *Collector) retire(p plan) {
	c.queue.mu.Lock()
	defer c.queue.mu.Unlock()
	for _, l := range p.close {
		l.lane.retired = true
	}
	for _, l := range p.open {
		l.lane.retired = false
	}
	c.queue.share()
}

// start has a listener open its port and serve it; tried is closed when it is
// known whether that can be done. If it still serves, that ends first. c.mu must
// be held.
func (c *Collector) start(l *listener) (tried <-chan struct{}) {
	ctx, stop := context.WithCancel(c.running)
	before, done, known := l.done, make(chan struct{}), make(chan struct{})
	l.stop, l.done, l.removed = stop, done, false
	v6only := l.v6only
	l.mu.Lock()
	l.err = nil
	l.mu.Unlock()
	c.serving.Go(func() { // ends with Run, or when the listener is removed
		defer close(done)
		defer stop()
		if before != nil {
			<-before
		}
		l.run(ctx, v6only, sync.OnceFunc(func() { close(known) }))
	})
	return known
}

// await waits until all channels are closed, or d has passed.
func await(all []<-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for _, c := range all {
		select {
		case <-c:
		case <-timer.C:
			return
		}
	}
}
