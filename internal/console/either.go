package console

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// An eitherListener accepts connections that speak TLS or not, as each begins.
// Programs of this machine need no certificate that they can trust; others who
// begin without TLS are sent to where there is.
type eitherListener struct {
	net.Listener
	config *tls.Config
	wait   time.Duration // for a client to take what we write of the handshake
}

func (l *eitherListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &eitherConn{Conn: conn, config: l.config, wait: l.wait}, nil
}

// handshakeByte begins every connection that speaks TLS (RFC 8446 section 5.1),
// and none that speaks HTTP.
const handshakeByte = 0x16

// An eitherConn finds out with the first byte whether it speaks TLS. The
// deadlines of the server hold for the handshake too.
type eitherConn struct {
	net.Conn
	config *tls.Config
	wait   time.Duration

	once  sync.Once
	inner net.Conn // what to read from and write to, after once
	err   error
	tls   atomic.Pointer[tls.Conn] // nil = it does not speak TLS, or not yet
}

func (c *eitherConn) begin() {
	first := make([]byte, 1)
	if _, c.err = io.ReadFull(c.Conn, first); c.err != nil {
		return
	}
	c.inner = &begunConn{Conn: c.Conn, begun: bytes.NewReader(first)}
	if first[0] != handshakeByte {
		return
	}
	t := tls.Server(c.inner, c.config)
	c.tls.Store(t)
	c.inner = t
	if c.err = c.SetWriteDeadline(time.Now().Add(c.wait)); c.err == nil {
		c.err = t.Handshake()
	}
}

func (c *eitherConn) Read(b []byte) (int, error) {
	if c.once.Do(c.begin); c.err != nil {
		return 0, c.err
	}
	return c.inner.Read(b)
}

func (c *eitherConn) Write(b []byte) (int, error) {
	if c.once.Do(c.begin); c.err != nil {
		return 0, c.err
	}
	return c.inner.Write(b)
}

// Close may come while the connection begins.
func (c *eitherConn) Close() error {
	if t := c.tls.Load(); t != nil {
		return t.Close()
	}
	return c.Conn.Close()
}

// begunConn is a connection of which the first bytes were read already.
type begunConn struct {
	net.Conn
	begun *bytes.Reader
}

func (c *begunConn) Read(b []byte) (int, error) {
	if c.begun.Len() > 0 {
		return c.begun.Read(b)
	}
	return c.Conn.Read(b)
}

// connKey is where a request keeps its connection.
type connKey struct{}

func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// overTLS reports whether a request came over TLS.
func overTLS(r *http.Request) bool {
	c, ok := r.Context().Value(connKey{}).(*eitherConn)
	return r.TLS != nil || ok && c.tls.Load() != nil
}
