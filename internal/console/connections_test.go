package console

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// guest is a connection that came from an address to 192.0.2.1.
type guest struct {
	net.Conn
	from   string
	closed bool
	told   string
}

func (g *guest) RemoteAddr() net.Addr { return text(g.from) }
func (g *guest) LocalAddr() net.Addr  { return text("192.0.2.1:8514") }
func (g *guest) Close() error         { g.closed = true; return nil }

func (g *guest) SetWriteDeadline(time.Time) error { return nil }

func (g *guest) Write(b []byte) (int, error) { g.told += string(b); return len(b), nil }

// text is the address that it says.
type text string

func (t text) Network() string { return "tcp" }
func (t text) String() string  { return string(t) }

// queue is a Listener to whom those come that are in it.
type queue []net.Conn

func (q *queue) Accept() (net.Conn, error) {
	if len(*q) == 0 {
		return nil, io.EOF
	}
	c := (*q)[0]
	*q = (*q)[1:]
	return c, nil
}
func (q *queue) Close() error   { return nil }
func (q *queue) Addr() net.Addr { return text("192.0.2.1:8514") }

func TestWhoGoesWhenThereAreTooManyConnections(t *testing.T) {
	// Each visitor comes a second after the one before. "+" is in the middle of
	// a request; the others wait for one.
	tests := []struct {
		name, before, new string
		goes              int // which of those before, -1 = none
		refused           bool
	}{
		{"there is room", "192.0.2.7 192.0.2.7", "192.0.2.7", -1, false},
		{"an address has its share", "192.0.2.8 192.0.2.7 192.0.2.7 192.0.2.7", "192.0.2.7", 1, false},
		{"the first is at work", "192.0.2.7+ 192.0.2.7 192.0.2.7", "192.0.2.7", 1, false},
		{"all are at work", "192.0.2.7+ 192.0.2.7+ 192.0.2.7+ 192.0.2.8", "192.0.2.7", -1, true},
		{"addresses of one network are one", "2001:db8::1 2001:db8::2 2001:db8::3", "2001:db8::4", 0, false},
		{"those of others are not", "2001:db8:0:1::1 2001:db8:0:2::1 2001:db8:0:3::1", "2001:db8:0:4::1", -1, false},
		{"others have all but the places of this machine", "192.0.2.7+ 192.0.2.8 192.0.2.9 127.0.0.1 192.0.2.7 192.0.2.8", "192.0.2.9", 1, false},
		{"and are all at work", "192.0.2.7+ 192.0.2.8+ 192.0.2.9+ 192.0.2.7+ 192.0.2.8+ 127.0.0.1", "192.0.2.9", -1, true},
		{"this machine has places left", "192.0.2.7+ 192.0.2.8+ 192.0.2.9+ 192.0.2.7+ 192.0.2.8+ 127.0.0.1+", "127.0.0.1", -1, false},
		{"this machine has no share", "127.0.0.1 127.0.0.1 127.0.0.1 ::1 192.0.2.1", "127.0.0.1", -1, false},
		{"all is full, somebody waits", "127.0.0.1+ 192.0.2.7 127.0.0.1 127.0.0.1 192.0.2.1 ::1 127.0.0.1", "127.0.0.1", 1, false},
		{"all is full of this machine, at work", "127.0.0.1+ 127.0.0.1+ 127.0.0.1+ 127.0.0.1+ 127.0.0.1+ 127.0.0.1+ 127.0.0.1+", "127.0.0.1", -1, true},
		{"this machine does not go for others", "127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1", "192.0.2.7", -1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var reached atomic.Int64
				var q queue
				var all []*guest
				l := &limitListener{Listener: &q, most: 7, ofOne: 3, kept: 2, reached: &reached, open: map[*limitConn]struct{}{}}
				for _, v := range append(strings.Fields(tt.before), tt.new) {
					from, busy := strings.CutSuffix(v, "+")
					g := &guest{from: net.JoinHostPort(from, "4000")}
					all, q = append(all, g), append(q, g)
					c, err := l.Accept()
					if refused := errors.Is(err, io.EOF); refused != (tt.refused && len(q) == 0 && len(all) == len(strings.Fields(tt.before))+1) {
						t.Fatalf("%s: %v", v, err)
					}
					if busy {
						l.state(&eitherConn{Conn: c}, http.StateActive)
					}
					time.Sleep(time.Second)
				}
				for i, g := range all[:len(all)-1] {
					if g.closed != (i == tt.goes) {
						t.Errorf("number %d is closed: %v", i, g.closed)
					}
				}
				last := all[len(all)-1]
				if last.closed != tt.refused || strings.HasPrefix(last.told, "HTTP/1.1 503 ") != tt.refused {
					t.Errorf("the new one: closed %v, told %q", last.closed, last.told)
				}
				want := int64(0)
				if tt.refused || tt.goes >= 0 {
					want = 1
				}
				if reached.Load() != want {
					t.Errorf("counted %d, want %d", reached.Load(), want)
				}
			})
		})
	}
}

func TestAConnectionIsCountedUntilItIsClosed(t *testing.T) {
	q := queue{&guest{from: "192.0.2.7:1"}}
	l := &limitListener{Listener: &q, most: 1, ofOne: 1, reached: &atomic.Int64{}, open: map[*limitConn]struct{}{}}
	c, err := l.Accept()
	if err != nil || l.count() != 1 {
		t.Fatalf("%d open, %v", l.count(), err)
	}
	l.state(c, http.StateActive)
	l.state(c, http.StateIdle)
	for range 2 {
		if err := c.Close(); err != nil || l.count() != 0 {
			t.Errorf("%d open, %v", l.count(), err)
		}
	}
}

func TestConnectionsBeyondTheLimitAreRefusedInWords(t *testing.T) {
	o := options()
	gate, asked := make(chan struct{}), make(chan struct{}, 2)
	o.Tail = func() Tail { asked <- struct{}{}; <-gate; return make(pipe) }
	c := made(t, o)
	limit := c.listener.(*limitListener)
	limit.most = 2
	running(t, c)
	const ask = "GET /api/v1/tail HTTP/1.1\r\nHost: localhost\r\n\r\n"
	first := dial(t, c, ask)
	<-asked
	second := dial(t, c, ask)
	<-asked
	r, err := http.ReadResponse(bufio.NewReader(dial(t, c, "")), nil)
	if err != nil || r.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("third connection: %v, %v, want 503", r, err)
	}
	if body, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(body), "too many connections") {
		t.Errorf("body %q, %v", body, err)
	}
	if n := c.Stats().RefusedConnections; n != 1 {
		t.Errorf("%d refused connections counted, want 1", n)
	}
	first.Close()
	second.Close()
	close(gate)
	eventually(t, "a later one is served", func() bool {
		r, err := http.Get(fmt.Sprintf("http://%s/healthz", c.Addr()))
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

// TestWhoWaitsMakesRoom is the same with the states that the server tells.
func TestWhoWaitsMakesRoom(t *testing.T) {
	c := made(t, options())
	c.listener.(*limitListener).most = 1
	running(t, c)
	const ask = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
	before := dial(t, c, ask)
	answer := bufio.NewReader(before)
	r, err := http.ReadResponse(answer, nil)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("the first: %v, %v", r, err)
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second is served", func() bool { // the server may not know yet that the first waits
		r, err := http.ReadResponse(bufio.NewReader(dial(t, c, ask)), nil)
		return err == nil && r.StatusCode == http.StatusOK
	})
	if _, err := answer.ReadByte(); err == nil {
		t.Error("the first is still open")
	}
}

// count returns how many are open.
func (l *limitListener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}
