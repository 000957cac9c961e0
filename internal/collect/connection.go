package collect

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

const (
	// smallRead is the read buffer of a connection: a thousand quiet switches
	// take 4 MB with it.
	smallRead = 4 << 10
	// wideRead is the read buffer of one that fills the small one, and wideMost
	// how many of them a listener has at a time.
	wideRead = 64 << 10
	wideMost = 64
)

// A connection is one sender on a TCP or TLS port.
type connection struct {
	s       *stream
	tcp     *net.TCPConn
	src     netip.Addr
	origin  netip.Addr   // for which connections are counted: see [originOf]
	heard   atomic.Int64 // when it last sent something, or came; ns since 1970
	evicted atomic.Bool
	busy    atomic.Bool // it waits for the queue, not for its sender
	partial atomic.Bool // it has sent the beginning of a message

	framer  syslog.Framer
	at      int64 // when the bytes that the framer gets were read; µs since 1970
	frames  int   // complete ones among them
	spoken  bool  // it has sent something
	begun   time.Time
	expires time.Time // the deadline set, zero if none

	mu       sync.Mutex // of the deadline
	stopping bool
}

// serve reads from the connection until it ends.
func (c *connection) serve() {
	defer c.tcp.Close()
	defer c.s.leave(c)
	var r io.Reader = c.tcp
	if c.s.tls != nil {
		t := tls.Server(c.tcp, c.s.tls.config())
		ctx, cancel := context.WithTimeout(context.Background(), c.s.l.options.Limits.Handshake)
		err := t.HandshakeContext(ctx)
		cancel()
		c.s.mu.Lock()
		c.s.settle(c)
		c.s.mu.Unlock()
		if err != nil {
			// Who says nothing at all looks whether the port is open.
			if err != io.EOF && !c.stopped() {
				why, hint := handshakeError(err)
				c.s.l.refuseConnection("handshake", "TLS handshake failed", "last_source", c.src, "error", why, "hint", hint)
			}
			return
		}
		defer t.Close()
		r = t
	}
	c.framer.Max = c.s.l.options.MaxMessage
	c.read(r)
}

// read takes frames out of r until it ends.
func (c *connection) read(r io.Reader) {
	small := make([]byte, smallRead)
	buf, wide := small, false
	defer func() {
		if wide {
			c.s.wide.Add(-1)
		}
	}()
	c.arm(time.Now())
	for {
		n, err := r.Read(buf)
		now := time.Now()
		if n > 0 && !c.feed(buf[:n], now) {
			return
		}
		if err != nil && c.ended(err, now) {
			return
		}
		c.arm(now)
		switch {
		case n == len(buf) && !wide:
			if wide = c.s.wide.Add(1) <= wideMost; wide {
				buf = make([]byte, wideRead)
			} else {
				c.s.wide.Add(-1)
			}
		case wide && n < smallRead/2:
			buf, wide = small, false
			c.s.wide.Add(-1)
		}
	}
}

// feed passes bytes on to the framer. It reports false if the connection must
// be closed, since no frame can be found in it any more.
func (c *connection) feed(b []byte, now time.Time) bool {
	c.spoken = true
	c.heard.Store(now.UnixNano())
	c.at, c.frames = now.UnixMicro(), 0
	q := c.s.l.queue
	c.busy.Store(true)
	q.mu.Lock()
	err := c.framer.Feed(b, c.emit)
	q.mu.Unlock()
	c.busy.Store(false)
	if err != nil {
		if errors.Is(err, syslog.ErrTLS) {
			c.s.l.refuseConnection("tls", "refused a sender that speaks TLS on a port for plain syslog",
				"last_source", c.src, "hint", "send it to an address of listen.tls, or switch TLS off at the sender")
		} else {
			c.s.l.refuseConnection("frame", "closed a connection, what it sends is not syslog",
				"last_source", c.src, "error", err)
		}
		return false
	}
	if c.frames > 0 || c.begun.IsZero() {
		c.begun = now
	}
	partial := c.framer.Buffered() > 0
	if !partial {
		c.begun = time.Time{}
	}
	c.partial.Store(partial)
	return true
}

// originOf returns for which address the connections of src are counted: IPv6
// gives each customer 2^64 of them (RFC 4291 section 2.5.4).
func originOf(src netip.Addr) netip.Addr {
	if src.Is6() && !src.Is4In6() {
		if p, err := src.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return src
}

// emit puts a frame into the queue, which is locked.
func (c *connection) emit(frame []byte, oversize bool) {
	c.frames++
	l := c.s.l
	if l.queue.add(l.lane, frame, c.src, c.at) && oversize {
		l.lane.oversize()
	}
}

// end emits what there is of an unfinished frame.
func (c *connection) end() {
	q := c.s.l.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	c.framer.End(c.emit)
}

// ended deals with an error of reading. It reports false if there is nothing to
// it and reading goes on.
func (c *connection) ended(err error, now time.Time) bool {
	limits := &c.s.l.options.Limits
	switch {
	case err == io.EOF:
		c.end()
	case c.evicted.Load():
		c.end()
		c.s.l.refuseConnection("evicted", "closed the connections that were idle longest, too many are open", "last_source", c.src)
	case isTimeout(err) && c.stopped():
		c.end()
	case isTimeout(err) && !c.spoken:
		c.s.l.refuseConnection("silent", "closed connections that sent nothing", "last_source", c.src, "after", limits.FirstByte)
	case isTimeout(err) && (c.begun.IsZero() || now.Sub(c.begun) < limits.Frame-slack(limits.Frame)):
		c.disarm() // it was for a frame that has ended since
		return false
	case isTimeout(err):
		c.end()
		c.s.l.notices.warn("unfinished", 1, "closed connections with a message that did not end", "last_source", c.src, "after", limits.Frame)
	case c.framer.Buffered() > 0, errors.Is(err, io.ErrUnexpectedEOF):
		// The rest of the message was on its way when the connection broke: what
		// there is of it must not pass for the whole.
		c.s.l.refuseConnection("broken", "connections broke in the middle of a message", "last_source", c.src, "error", err)
	}
	return true
}

// slack is how much earlier than at its limit a frame may be ended, so that the
// deadline need not be moved for each frame of a busy connection.
func slack(limit time.Duration) time.Duration { return limit / 8 }

// arm sets the deadline of the next read: for the first byte, or for the end of
// a frame that has begun. A deadline that is no longer needed is left alone.
func (c *connection) arm(now time.Time) {
	limits := &c.s.l.options.Limits
	var want time.Time
	switch {
	case !c.spoken:
		want = now.Add(limits.FirstByte)
	case c.begun.IsZero():
		if !c.expires.IsZero() {
			return
		}
	default:
		want = c.begun.Add(limits.Frame)
	}
	if !c.expires.IsZero() && c.spoken {
		if d := want.Sub(c.expires); d >= 0 && d < slack(limits.Frame) {
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping || want == c.expires {
		return
	}
	c.expires = want
	c.tcp.SetReadDeadline(want)
}

// disarm takes the deadline away.
func (c *connection) disarm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping {
		return
	}
	c.expires = time.Time{}
	c.tcp.SetReadDeadline(time.Time{})
}

// stop makes the connection end soon.
func (c *connection) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
	c.tcp.SetReadDeadline(time.Now().Add(lateRead))
}

func (c *connection) stopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopping
}
