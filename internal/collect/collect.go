// Package collect takes messages from the network and holds them until the
// store has them: UDP, TCP and TLS listeners on any number of addresses, and
// one bounded [Queue] behind them.
//
// It says honestly what it could not take. For every listener, received =
// queued + dropped, by reason, at any time, and what the operating system threw
// away because nobody read fast enough is part of both sides wherever the
// system tells. When the queue is full, TCP senders wait, and datagrams wait in
// the socket's buffer, whose drops are read from the kernel and counted; where
// the kernel does not tell what it drops, as on Windows, reading goes on and
// what finds no room is counted here.
//
// A port that cannot be opened does not stop the others. It is tried again
// every few seconds, and the error says which program holds it or which right
// is missing.
//
// Sources: RFC 5426 (syslog over UDP), RFC 6587 (over TCP), RFC 5425 (over TLS).
package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what a [Collector] listens on and within which limits. The zero
// value of a field that is not an address stands for its default.
type Options struct {
	// UDP, TCP and TLS are addresses, "host:port". An empty host is all
	// addresses of the machine, IPv4 and IPv6; port 0 is any free one.
	UDP, TCP, TLS []string

	Allow []netip.Prefix // who may send; empty is everyone

	// Certificate and Key are PEM files, needed if there are TLS addresses. They
	// are read again when they change.
	Certificate, Key string
	// ClientCA is a PEM file of authorities. If it is set, a TLS sender needs a
	// certificate of one of them, good for client authentication.
	ClientCA string

	ReceiveBuffer int           // bytes to ask the system for, for each UDP socket; 0 is the system's default
	MaxMessage    int           // bytes; default 65,536
	QueueSize     int           // messages; default 50,000
	QueueBytes    int           // memory of the queue; default 64 MiB
	Retry         time.Duration // until a port that could not be opened is tried again; default 5 s
	Limits        Limits        // of TCP and TLS
	Log           *slog.Logger  // default: discarded

	plain  bool          // for tests: read UDP as systems without recvmmsg do
	reread time.Duration // how often certificate files are looked at; default 10 s
}

// Limits bound what TCP and TLS senders may use, each listener for itself.
type Limits struct {
	Connections int // at a time; default 1,000. A full listener closes the one that was idle longest
	PerSource   int // connections of one address; default 64
	Handshakes  int // TLS handshakes at a time; default 32

	HandshakesPerSource int // of one address; default 8

	FirstByte time.Duration // until a connection must have sent something; default 60 s
	Frame     time.Duration // until a frame that began must have ended; default 60 s
	Handshake time.Duration // for a TLS handshake; default 10 s
	KeepAlive time.Duration // between two probes of a silent connection, of which three may fail; default 60 s
}

// drainTime is how long a Collector that is told to stop waits for the queue to
// take what the kernel still holds. What finds no room then is counted as
// dropped.
const drainTime = 2 * time.Second

func (o *Options) setDefaults() {
	o.MaxMessage = cmp.Or(o.MaxMessage, 64<<10)
	o.QueueSize = cmp.Or(o.QueueSize, 50_000)
	o.QueueBytes = cmp.Or(o.QueueBytes, 64<<20)
	o.Retry = cmp.Or(o.Retry, 5*time.Second)
	o.reread = cmp.Or(o.reread, 10*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l := &o.Limits
	l.Connections = cmp.Or(l.Connections, 1000)
	l.PerSource = cmp.Or(l.PerSource, 64)
	l.Handshakes = cmp.Or(l.Handshakes, 32)
	l.HandshakesPerSource = cmp.Or(l.HandshakesPerSource, 8)
	l.FirstByte = cmp.Or(l.FirstByte, time.Minute)
	l.Frame = cmp.Or(l.Frame, time.Minute)
	l.Handshake = cmp.Or(l.Handshake, 10*time.Second)
	l.KeepAlive = cmp.Or(l.KeepAlive, time.Minute)
}

// A Collector receives messages from the network. Its methods may be called
// from any goroutine, [Collector.Run] once.
type Collector struct {
	options Options
	live    atomic.Pointer[live]
	queue   *Queue
	ready   chan struct{}

	reloading sync.Mutex // one at a time

	mu        sync.Mutex
	listeners []*listener     // by number of their batches: one that was removed keeps its place
	running   context.Context // of Run; nil before
	stopping  bool            // no listener is started any more
	serving   sync.WaitGroup  // the listeners that run
}

// New returns a Collector that has opened nothing yet. The error names every
// address and limit that cannot be used.
func New(o Options) (*Collector, error) {
	o.setDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &Collector{options: o, ready: make(chan struct{})}
	c.live.Store(o.live())
	c.queue = newQueue(o.QueueSize, o.QueueBytes, o.MaxMessage, 0)
	for _, p := range o.ports() {
		c.add(p)
	}
	for _, l := range c.listeners {
		l.v6only = l.alone(c.listeners)
	}
	return c, nil
}

// check returns what cannot be used, nil if nothing.
func (o *Options) check() error {
	var errs []error
	if o.MaxMessage < 1 || o.QueueSize < 1 || o.QueueBytes < 1 || o.ReceiveBuffer < 0 {
		errs = append(errs, fmt.Errorf("limits of messages and queue must be positive, have max_message %d, queue of %d messages and %d bytes, receive buffer %d",
			o.MaxMessage, o.QueueSize, o.QueueBytes, o.ReceiveBuffer))
	}
	if len(o.TLS) > 0 && (o.Certificate == "" || o.Key == "") {
		errs = append(errs, errors.New("TLS addresses need a certificate and its key; set tls_cert and tls_key"))
	}
	for _, p := range o.ports() {
		if _, _, err := net.SplitHostPort(p.address); err != nil {
			errs = append(errs, fmt.Errorf("%s %q is not host:port: %w", p.proto, p.address, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("setting up the listeners: %w", err)
	}
	return nil
}

// A port is an address that people want to be listened on.
type port struct{ proto, address string }

func (o *Options) ports() (all []port) {
	for _, a := range o.UDP {
		all = append(all, port{"udp", a})
	}
	for _, a := range o.TCP {
		all = append(all, port{"tcp", a})
	}
	for _, a := range o.TLS {
		all = append(all, port{"tls", a})
	}
	return all
}

// add makes a listener for a port, with a lane of its own.
func (c *Collector) add(p port) *listener {
	l := &listener{proto: p.proto, configured: p.address, options: &c.options, queue: c.queue, live: &c.live}
	l.log = c.options.Log.With("listener", l.name())
	l.notices.log = l.log
	c.queue.mu.Lock()
	l.lane = c.queue.grow()
	c.queue.share()
	c.queue.mu.Unlock()
	c.listeners = append(c.listeners, l)
	return l
}

// unmapped returns prefixes with IPv4 written as IPv6 turned into IPv4.
func unmapped(in []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range in {
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		out = append(out, p.Masked())
	}
	return out
}

// Queue returns the queue that the listeners fill. It is closed when Run ends.
func (c *Collector) Queue() *Queue { return c.queue }

// Ready is closed when every listener has tried once to open its port.
func (c *Collector) Ready() <-chan struct{} { return c.ready }

// Run listens until ctx is done. Then it takes what the kernel still holds,
// finishes the frames that have come, closes the queue and returns nil. If the
// queue is not being read that takes little more than two seconds, and what
// finds no room is counted as dropped.
func (c *Collector) Run(ctx context.Context) error {
	var others sync.WaitGroup
	var tried []<-chan struct{}
	c.mu.Lock()
	c.running = ctx
	for _, l := range c.listeners {
		tried = append(tried, c.start(l))
	}
	c.mu.Unlock()
	others.Go(func() {
		for _, t := range tried {
			<-t // ends: every listener tries once, or sees that ctx is done
		}
		close(c.ready)
	})
	watching, stopWatching := context.WithCancel(context.Background())
	others.Go(func() { c.watch(watching) })

	<-ctx.Done()
	c.mu.Lock()
	c.stopping = true
	c.mu.Unlock()
	hurry := time.AfterFunc(drainTime, c.queue.hurry)
	defer hurry.Stop()
	c.serving.Wait()
	c.queue.close()
	stopWatching()
	others.Wait()
	return nil
}

// watch looks after counters, log and memory, until ctx is done.
func (c *Collector) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		for _, l := range c.all() {
			l.look()
		}
		if n%30 == 0 {
			c.queue.trim()
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// all returns the listeners, removed ones among them.
func (c *Collector) all() []*listener {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.listeners)
}

// Listeners returns how each listener is doing, in the order of
// [syslog.Batch.Listener]: UDP, TCP, TLS, each as configured at the start, and
// then those that came later. Removed ones are among them.
func (c *Collector) Listeners() []ListenerStatus {
	c.mu.Lock()
	all := slices.Clone(c.listeners)
	removed := make([]bool, len(all))
	for i, l := range all {
		removed[i] = l.removed
	}
	c.mu.Unlock()
	out := make([]ListenerStatus, len(all))
	for i, l := range all {
		out[i] = l.status()
		out[i].Removed = removed[i]
	}
	return out
}
