package collect

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// patience is how long the world outside may take before a test gives up.
const patience = 20 * time.Second

// A message is a datagram copied out of its batch.
type message struct {
	listener int
	raw      string
	src      netip.Addr
	at       int64
}

// A server is a running Collector and what it wrote to its log.
type server struct {
	*Collector
	t    *testing.T
	log  *logBuffer
	stop context.CancelFunc
	done chan struct{}
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve runs a Collector until the end of the test, at which every ledger must
// balance.
func serve(t *testing.T, o Options) *server {
	t.Helper()
	log := &logBuffer{}
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &server{c, t, log, stop, make(chan struct{})}
	go func() {
		defer close(s.done)
		if err := c.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	t.Cleanup(func() {
		s.end()
		s.balanced()
	})
	select {
	case <-c.Ready():
	case <-time.After(patience):
		t.Fatal("not ready")
	}
	return s
}

// end stops the Collector and waits for it.
func (s *server) end() {
	s.t.Helper()
	s.stop()
	select {
	case <-s.done:
	case <-time.After(patience):
		s.t.Fatal("Run does not end")
	}
}

func (s *server) balanced() {
	s.t.Helper()
	for _, l := range s.Listeners() {
		if l.Received != l.Queued+l.Dropped.Sum() {
			s.t.Errorf("%s: received %d, queued %d, dropped %+v", l.Name, l.Received, l.Queued, l.Dropped)
		}
	}
}

// address returns where listener i listens.
func (s *server) address(i int) string {
	l := s.Listeners()[i]
	if !l.Open {
		s.t.Fatalf("%s is not open: %s", l.Name, l.Error)
	}
	return l.Address
}

// take reads n messages from the queue.
func (s *server) take(n int) []message {
	s.t.Helper()
	out := s.read(n, patience)
	if len(out) != n {
		s.t.Fatalf("got %d messages, want %d; the log says\n%s", len(out), n, s.log)
	}
	return out
}

// read reads messages until there are n, the time is over or the queue is
// closed.
func (s *server) read(n int, limit time.Duration) (out []message) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for len(out) < n {
		batches, err := s.Queue().Next(ctx, 1, 0)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				s.t.Errorf("Next: %v", err)
			}
			break
		}
		for _, b := range batches {
			for i, d := range b.Datagrams {
				out = append(out, message{b.Listener, string(b.Raw(i)), d.Source, d.ReceivedAt})
			}
		}
		s.Queue().Done(batches)
	}
	return out
}

// eventually waits until the system outside has come to what the test expects.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// dial connects from one of the many loopback addresses.
func dial(t testing.TB, network, from, to string) net.Conn {
	t.Helper()
	d := net.Dialer{Timeout: patience}
	if from != "" {
		switch ip := net.ParseIP(from); network {
		case "udp":
			d.LocalAddr = &net.UDPAddr{IP: ip}
		case "tcp":
			d.LocalAddr = &net.TCPAddr{IP: ip}
		}
	}
	c, err := d.Dial(network, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t testing.TB, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// closed waits until the other side closes the connection.
func closed(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, c); isTimeout(err) {
		t.Fatal("the connection is still open")
	}
}

func TestNewNamesWhatCannotBeUsed(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"address without port", Options{UDP: []string{"514"}}, `udp "514" is not host:port`},
		{"tls without certificate", Options{TLS: []string{":6514"}}, "tls_cert"},
		{"negative queue", Options{QueueSize: -1}, "must be positive"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.o)
			if err == nil || !bytes.Contains([]byte(err.Error()), []byte(tt.want)) {
				t.Fatalf("New error = %v, want it to say %q", err, tt.want)
			}
		})
	}
}

func TestRunWithoutListenersWaits(t *testing.T) {
	s := serve(t, Options{})
	s.end()
	if _, err := s.Queue().Next(context.Background(), 1, 0); err != io.EOF {
		t.Fatalf("Next after the end = %v, want EOF", err)
	}
}

func TestBatchesTellTheirListener(t *testing.T) {
	s := serve(t, Options{UDP: []string{"127.0.0.1:0", "127.0.0.1:0"}, TCP: []string{"127.0.0.1:0"}})
	send(t, dial(t, "udp", "", s.address(0)), "zero")
	send(t, dial(t, "udp", "", s.address(1)), "one")
	send(t, dial(t, "tcp", "", s.address(2)), "two\n")
	got := map[int]string{}
	for _, m := range s.take(3) {
		got[m.listener] = string(syslog.Trim([]byte(m.raw)))
	}
	if got[0] != "zero" || got[1] != "one" || got[2] != "two" {
		t.Fatalf("got %v", got)
	}
	for i, proto := range []string{"udp", "udp", "tcp"} {
		l := s.Listeners()[i]
		if l.Proto != proto || l.Received != 1 || l.Queued != 1 {
			t.Errorf("listener %d: %+v", i, l)
		}
	}
}

func testLog(l *logBuffer) *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// A fakeEndpoint stands for a port that is open.
type fakeEndpoint struct{ status ListenerStatus }

func (f fakeEndpoint) serve(context.Context) error { return nil }
func (f fakeEndpoint) look()                       {}
func (f fakeEndpoint) adapt()                      {}
func (f fakeEndpoint) describe(s *ListenerStatus)  { *s = f.status }
