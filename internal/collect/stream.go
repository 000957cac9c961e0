package collect

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lateAccept is how long a listener that is told to stop still accepts, for
	// the sake of connections that are already in the system's backlog.
	lateAccept = 20 * time.Millisecond
	// lateRead is how long a connection is read when the listener stops: what
	// the kernel has acknowledged to the sender will not be sent again.
	lateRead = 250 * time.Millisecond
)

// A stream is an open TCP or TLS port and its connections.
type stream struct {
	l    *listener
	tcp  *net.TCPListener
	tls  *identity // nil for plain TCP
	wg   sync.WaitGroup
	wide atomic.Int64 // connections with a large read buffer

	mu          sync.Mutex
	connections map[*connection]struct{}
	sources     map[netip.Addr]int
	handshakes  []*connection // in progress, oldest first
	stopping    bool
}

func openStream(ctx context.Context, l *listener, network string) (*stream, error) {
	s := &stream{
		l:           l,
		connections: make(map[*connection]struct{}),
		sources:     make(map[netip.Addr]int),
	}
	if l.proto == "tls" {
		var err error
		if s.tls, err = loadIdentity(l.settings(), l.options.reread); err != nil {
			return nil, err
		}
		s.tls.warn(l.log)
	}
	keep := l.options.Limits.KeepAlive
	config := net.ListenConfig{
		Control:         exclusive,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keep, Interval: keep, Count: 3},
	}
	config.SetMultipathTCP(false) // nobody who asks the system for the holder of the port would find us
	ln, err := config.Listen(ctx, network, l.configured)
	if err != nil {
		return nil, err
	}
	s.tcp = ln.(*net.TCPListener)
	l.queue.mu.Lock()
	l.lane.waits = true // the sender waits, which is what TCP is for
	l.queue.mu.Unlock()
	return s, nil
}

func (s *stream) serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, s.stop)
	err := s.accept(ctx)
	s.tcp.Close()
	if stop() {
		s.stop() // accepting ended by itself: the connections are to end too
	}
	s.wg.Wait()
	return err
}

// stop lets the connections end, soon.
func (s *stream) stop() {
	s.tcp.SetDeadline(time.Now().Add(lateAccept))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	for c := range s.connections {
		c.stop()
	}
}

func (s *stream) accept(ctx context.Context) error {
	var pause time.Duration
	for {
		nc, err := s.tcp.AcceptTCP()
		switch {
		case err == nil:
			pause = 0
			s.admit(nc)
		case ctx.Err() != nil && (errors.Is(err, net.ErrClosed) || isTimeout(err)):
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			// Such as no free file descriptor: there may be one later.
			s.l.notices.warn("accept", 1, "accepting connections failed, trying again", "error", err,
				"hint", "if the limit of open files is reached, raise LimitNOFILE")
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return nil
			}
		}
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// admit serves a new connection, or turns it away.
func (s *stream) admit(nc *net.TCPConn) {
	from, _ := netip.ParseAddrPort(nc.RemoteAddr().String())
	src := from.Addr().Unmap().WithZone("")
	l := s.l
	if !l.allowed(src) {
		nc.Close()
		l.refuseConnection("allow", "refused connections of a sender that is not allowed",
			"last_source", src, "hint", "add it to listen.allow if it should be heard")
		return
	}
	c := &connection{s: s, tcp: nc, src: src, origin: originOf(src)}
	c.heard.Store(time.Now().UnixNano())
	if kind, why := s.enter(c); kind != "" {
		nc.Close()
		l.refuseConnection(kind, why, "last_source", src)
		return
	}
	s.wg.Go(c.serve) // ends: when the sender closes, a limit is reached, or stop is called
}

// enter adds c to the connections. If there is no room for it, it says of what
// kind the limit is and what to tell people.
func (s *stream) enter(c *connection) (kind, why string) {
	limits := &s.l.options.Limits
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sources[c.origin] >= limits.PerSource {
		return "per-source", "refused connections of a sender that has too many open"
	}
	if s.tls != nil && !s.shake(c) {
		return "handshakes", "refused connections, too many TLS handshakes are in progress"
	}
	if !s.makeRoom() {
		s.settle(c)
		return "connections", "refused connections, too many are open"
	}
	s.connections[c] = struct{}{}
	s.sources[c.origin]++
	if s.stopping {
		c.stop()
	}
	return "", ""
}

// stalled is how long a connection to a full listener may say nothing in the
// middle of a message: who sends messages sends them whole.
const stalled = 2 * time.Second

// makeRoom sees to it that one more connection may come. A full listener lets
// go of the one that was idle longest, if it was for as long as it might have
// taken to send its first byte; else newcomers could throw out the busy. One
// that has stalled in the middle of a message goes first.
func (s *stream) makeRoom() bool {
	limits := &s.l.options.Limits
	if len(s.connections) < limits.Connections {
		return true
	}
	var idle *connection
	var spare time.Duration // for how long idle was so, beyond what is allowed
	for c := range s.connections {
		allowed := limits.FirstByte
		if c.partial.Load() {
			allowed = min(allowed, stalled)
		}
		over := time.Since(time.Unix(0, c.heard.Load())) - allowed
		if !c.busy.Load() && over >= 0 && (idle == nil || over > spare) {
			idle, spare = c, over
		}
	}
	if idle == nil {
		return false
	}
	s.remove(idle)
	idle.evicted.Store(true)
	idle.tcp.Close()
	return true
}

// shake enters c among the handshakes in progress. When there are too many, of
// all or of its source, the oldest of them has to go if it had its time: an
// honest one takes a few milliseconds.
func (s *stream) shake(c *connection) bool {
	limits := &s.l.options.Limits
	count, oldest := 0, (*connection)(nil)
	for _, o := range s.handshakes {
		if o.origin == c.origin {
			if count++; oldest == nil {
				oldest = o
			}
		}
	}
	if count < limits.HandshakesPerSource {
		if len(s.handshakes) < limits.Handshakes {
			oldest = nil
		} else {
			oldest = s.handshakes[0]
		}
	}
	if oldest != nil {
		if time.Since(time.Unix(0, oldest.heard.Load())) < min(limits.Handshake, 250*time.Millisecond) {
			return false
		}
		s.settle(oldest)
		oldest.tcp.Close()
	}
	s.handshakes = append(s.handshakes, c)
	return true
}

// settle removes c from the handshakes in progress.
func (s *stream) settle(c *connection) {
	for i, o := range s.handshakes {
		if o == c {
			s.handshakes = append(s.handshakes[:i], s.handshakes[i+1:]...)
			return
		}
	}
}

// remove takes c out of all books; it may have been taken out before.
func (s *stream) remove(c *connection) {
	s.settle(c)
	if _, ok := s.connections[c]; !ok {
		return
	}
	delete(s.connections, c)
	if s.sources[c.origin]--; s.sources[c.origin] == 0 {
		delete(s.sources, c.origin)
	}
}

// leave is what a connection does at its end.
func (s *stream) leave(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(c)
}

func (s *stream) look() {
	if s.tls != nil {
		s.tls.look(s.l.settings(), s.l.log)
	}
}

// adapt lets the connections end whose senders may not send any more.
func (s *stream) adapt() {
	var ended int64
	var last netip.Addr
	s.mu.Lock()
	for c := range s.connections {
		if !s.l.allowed(c.src) {
			c.stop()
			ended, last = ended+1, c.src
		}
	}
	s.mu.Unlock()
	if ended > 0 {
		s.l.notices.warn("disallowed", ended, "ended connections of a sender that is not allowed any more",
			"last_source", last, "hint", "add it to listen.allow if it should be heard")
	}
}

func (s *stream) describe(st *ListenerStatus) {
	st.Address = s.tcp.Addr().String()
	st.KernelKnown = true
	s.mu.Lock()
	st.Connections = len(s.connections)
	s.mu.Unlock()
	if s.tls != nil {
		st.CertificateError, st.CertificateExpires = s.tls.state()
	}
}
