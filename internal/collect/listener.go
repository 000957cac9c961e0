package collect

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A ListenerStatus says how one listener is doing. Received is the sum of
// Queued and Dropped, always; it includes what the kernel had to drop.
type ListenerStatus struct {
	Name    string // "udp :514", as configured
	Proto   string // "udp", "tcp" or "tls"
	Address string // where it listens, with the real port; as configured while it is not open
	Open    bool
	Error   string // why it is not open
	Removed bool   // it is closed for good, since people took it out of the settings; its counts stay

	Received int64
	Queued   int64 // handed to the queue
	Dropped  Dropped

	// KernelKnown is false if the system does not say what it drops. TCP drops
	// nothing: there it is true.
	KernelKnown                bool
	BufferAsked, BufferGranted int   // bytes, of a UDP socket
	Connections                int   // open now
	ConnectionsRefused         int64 // over a limit, not allowed, failed handshake, silent, evicted
	ReadErrors                 int64 // of a UDP socket; it reads on
	CertificateError           string
	CertificateExpires         time.Time // zero without TLS
}

// A listener is one configured address. It opens its port, serves it, and opens
// it again if it could not or was interrupted.
type listener struct {
	proto, configured string
	options           *Options
	queue             *Queue
	lane              *lane
	live              *atomic.Pointer[live] // of the collector; nil = nothing is set
	log               *slog.Logger
	notices           notices

	readErrors         atomic.Int64
	connectionsRefused atomic.Int64

	mu  sync.Mutex
	end endpoint // nil while the port is not open
	err error    // why not
	// noticed are the drops that were written to the log.
	noticed Dropped

	// These are the collector's, under its lock.
	v6only  bool               // it opens its port for IPv6 only
	removed bool               // people do not want it any more
	stop    context.CancelFunc // ends run; nil before it was started
	done    chan struct{}      // closed when run has ended; nil likewise
}

// An endpoint is an open port.
type endpoint interface {
	// serve receives until ctx is done, and then what has come until then. It
	// closes the port in any case. An error means that the port must be opened
	// again.
	serve(ctx context.Context) error
	// look is called every second, from another goroutine.
	look()
	// adapt takes over what changed in [live]; from another goroutine, too.
	adapt()
	// describe fills in what only the endpoint knows.
	describe(*ListenerStatus)
}

func (l *listener) name() string { return l.proto + " " + l.configured }

// alone reports whether l listens on all IPv6 addresses while another listener
// does on all IPv4 addresses of the same port, so that they must not overlap.
func (l *listener) alone(all []*listener) bool {
	host, port, _ := net.SplitHostPort(l.configured)
	if host != "::" {
		return false
	}
	for _, o := range all {
		h, p, _ := net.SplitHostPort(o.configured)
		if h == "0.0.0.0" && p == port && (o.proto == "udp") == (l.proto == "udp") {
			return true
		}
	}
	return false
}

// run opens and serves until ctx is done. It calls tried when it knows for the
// first time whether the port can be opened.
func (l *listener) run(ctx context.Context, v6only bool, tried func()) {
	defer tried()
	for ctx.Err() == nil {
		end, err := l.open(ctx, v6only)
		if err == nil {
			l.opened(end)
			tried()
			err = end.serve(ctx)
			l.closed()
		}
		if ctx.Err() != nil {
			return
		}
		l.failed(err)
		tried()
		select {
		case <-ctx.Done():
		case <-time.After(l.options.Retry):
		}
	}
}

// network returns the name under which package net opens address: it takes
// "udp" with 0.0.0.0 for all addresses of both families.
func network(proto, address string, v6only bool) string {
	host, _, _ := net.SplitHostPort(address)
	a, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return proto
	case a.Is4():
		return proto + "4"
	case v6only || !a.IsUnspecified():
		return proto + "6"
	}
	return proto
}

func (l *listener) open(ctx context.Context, v6only bool) (endpoint, error) {
	for try := 1; ; try++ {
		end, err := l.attempt(ctx, v6only)
		if err == nil {
			return end, nil
		}
		err, seen := explain(l.proto, l.configured, err)
		// Where nobody is seen to hold the port, the holder may just have gone.
		if !errors.Is(err, errInUse) || seen || try == 3 {
			return nil, err
		}
	}
}

func (l *listener) attempt(ctx context.Context, v6only bool) (endpoint, error) {
	if l.proto == "udp" {
		return openUDP(ctx, l, network("udp", l.configured, v6only))
	}
	return openStream(ctx, l, network("tcp", l.configured, v6only))
}

func (l *listener) opened(end endpoint) {
	var s ListenerStatus
	end.describe(&s)
	args := []any{"address", s.Address}
	if l.proto == "udp" {
		args = append(args, "receive_buffer", s.BufferGranted)
	}
	l.mu.Lock()
	again := l.err != nil
	l.end, l.err = end, nil
	l.mu.Unlock()
	end.adapt() // what was changed while it was being opened
	if again {
		args = append(args, "note", "could not be opened before")
	}
	l.log.Info("listening", args...)
	if s.BufferGranted < s.BufferAsked {
		l.log.Warn("receive buffer is smaller than asked for, bursts may be dropped",
			"asked", s.BufferAsked, "granted", s.BufferGranted, "hint", bufferHint(s.BufferAsked))
	}
	if l.proto == "udp" && !s.KernelKnown {
		l.log.Info("this system does not tell how many datagrams it drops for a socket; only what is dropped here can be counted")
	}
}

func (l *listener) closed() {
	l.mu.Lock()
	l.end = nil
	l.mu.Unlock()
}

// failed notes why the port is not open, and says so if it is news.
func (l *listener) failed(err error) {
	if err == nil {
		err = errors.New("the port was closed")
	}
	l.mu.Lock()
	news := l.err == nil || l.err.Error() != err.Error()
	l.err = err
	l.mu.Unlock()
	if news {
		l.log.Error("cannot listen, trying again", "error", err, "every", l.options.Retry)
	}
}

// allowed reports whether a may send.
func (l *listener) allowed(a netip.Addr) bool {
	allow := l.settings().allow
	if len(allow) == 0 {
		return true
	}
	for _, p := range allow {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// refuseConnection counts a connection that was turned away, and says why.
func (l *listener) refuseConnection(kind, message string, args ...any) {
	l.notices.warn(kind, 1, message, args...)
	l.connectionsRefused.Add(1)
	l.queue.mu.Lock()
	l.lane.refused(1)
	l.queue.mu.Unlock()
}

// look brings the counters up to date and says what was dropped meanwhile.
func (l *listener) look() {
	l.mu.Lock()
	end := l.end
	l.mu.Unlock()
	if end != nil {
		end.look()
	}
	l.queue.mu.Lock()
	d := l.lane.dropped
	l.queue.mu.Unlock()
	l.mu.Lock()
	was := l.noticed
	l.noticed = d
	l.mu.Unlock()
	if n := d.Kernel - was.Kernel; n > 0 {
		l.notices.warn("kernel", n, "the system dropped datagrams, they came faster than they could be stored",
			"hint", "a larger receive_buffer takes longer bursts; see docs/sizing.md")
	}
	if n := d.Queue - was.Queue; n > 0 {
		l.notices.warn("queue", n, "queue is full, messages were dropped",
			"queue_size", l.queue.size, "hint", "a slow disk? raise store.queue_size or store.batch_size; see docs/sizing.md")
	}
	if n := d.Oversize - was.Oversize; n > 0 {
		l.notices.warn("oversize", n, "messages were too long and have been cut",
			"max_message", l.options.MaxMessage, "hint", "raise listen.max_message")
	}
	l.notices.flush()
}

func (l *listener) status() ListenerStatus {
	s := ListenerStatus{
		Name: l.name(), Proto: l.proto, Address: l.configured,
		ConnectionsRefused: l.connectionsRefused.Load(),
		ReadErrors:         l.readErrors.Load(),
		KernelKnown:        l.proto != "udp",
	}
	l.mu.Lock()
	end := l.end
	if l.err != nil {
		s.Error = l.err.Error()
	}
	l.mu.Unlock()
	if end != nil {
		s.Open = true
		end.describe(&s)
	}
	l.queue.mu.Lock()
	s.Received, s.Queued, s.Dropped = l.lane.received, l.lane.queued, l.lane.dropped
	l.queue.mu.Unlock()
	return s
}
