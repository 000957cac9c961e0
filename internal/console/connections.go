package console

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/login"
)

// Connections at once. A browser opens six, each live tail takes one.
const (
	connectionsOfOne  = 64 // of an address beyond this machine, an IPv6 network of 64 bits
	connectionsOfHere = 16 // of all, those that only this machine may have
)

// A limitListener bounds the connections at once, in all and of one address.
// For a new one beyond that, one that waits for a request goes, the one that
// has waited longest; if there is none, the new one gets a short answer. A
// listener that stops accepting instead would leave the others waiting without
// a word.
type limitListener struct {
	net.Listener
	most    int           // in all
	ofOne   int           // of them, those of an address beyond this machine
	kept    int           // of them, those for this machine alone
	reached *atomic.Int64 // counts connections that were refused or made room

	mu   sync.Mutex
	open map[*limitConn]struct{}
}

func newLimitListener(l net.Listener, most int, reached *atomic.Int64) *limitListener {
	return &limitListener{Listener: l, most: most, ofOne: connectionsOfOne, kept: connectionsOfHere, reached: reached, open: map[*limitConn]struct{}{}}
}

const busyAnswer = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 44\r\n\r\ntoo many connections to the console at once\n"

func (l *limitListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &limitConn{Conn: conn, listener: l, from: addrOf(conn.RemoteAddr()), idle: time.Now()}
		c.here = c.from.IsLoopback() || c.from.IsValid() && c.from == addrOf(conn.LocalAddr())
		goes, ok := l.admit(c)
		if goes != nil {
			l.reached.Add(1)
			goes.Close()
		}
		if ok {
			return c, nil
		}
		l.reached.Add(1)
		// A new connection has room for this; a deadline in case not.
		conn.SetWriteDeadline(time.Now().Add(time.Second))
		conn.Write([]byte(busyAnswer))
		conn.Close()
	}
}

// admit counts c, or says that there is no place for it. goes is the one that
// makes room, if one has to.
func (l *limitListener) admit(c *limitConn) (goes *limitConn, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	away, same := 0, 0
	var idle, idleSame *limitConn
	for o := range l.open {
		alike := !o.here && !c.here && login.Network(o.from) == login.Network(c.from)
		if alike {
			same++
		}
		if !o.here {
			away++
		}
		if o.idle.IsZero() || !c.here && o.here {
			continue
		}
		if alike && (idleSame == nil || o.idle.Before(idleSame.idle)) {
			idleSame = o
		}
		if idle == nil || o.idle.Before(idle.idle) {
			idle = o
		}
	}
	switch {
	case !c.here && same >= l.ofOne:
		goes = idleSame
	case len(l.open) >= l.most, !c.here && away >= l.most-l.kept:
		goes = idle
	default:
		l.open[c] = struct{}{}
		return nil, true
	}
	if goes == nil {
		return nil, false
	}
	delete(l.open, goes)
	l.open[c] = struct{}{}
	return goes, true
}

// state is told by the server what a connection is doing.
func (l *limitListener) state(conn net.Conn, s http.ConnState) {
	if e, ok := conn.(*eitherConn); ok {
		conn = e.Conn
	}
	c, ok := conn.(*limitConn)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch s {
	case http.StateActive:
		c.idle = time.Time{}
	case http.StateIdle:
		c.idle = time.Now()
	}
}

// A limitConn is a connection that is counted until it is closed.
type limitConn struct {
	net.Conn
	listener *limitListener
	from     netip.Addr // the zero Addr if it came over no network
	here     bool       // made by a program of this machine
	idle     time.Time  // since when it waits for a request; zero = one is being answered
}

func (c *limitConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.open, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// addrOf returns the address of one side of a connection, the zero Addr if it
// has none.
func addrOf(a net.Addr) netip.Addr {
	if a == nil {
		return netip.Addr{}
	}
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr().Unmap()
}
