package collect

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const readsMany = runtime.GOOS == "linux" || runtime.GOOS == "windows"

// readers runs a test with each way of reading UDP that there is.
func readers(t *testing.T, fn func(t *testing.T, o Options)) {
	t.Run("plain", func(t *testing.T) { fn(t, Options{plain: true}) })
	if readsMany {
		t.Run("many at a time", func(t *testing.T) { fn(t, Options{}) })
	}
}

func TestDatagramIsOneMessage(t *testing.T) {
	readers(t, func(t *testing.T, o Options) {
		o.UDP = []string{"127.0.0.1:0"}
		s := serve(t, o)
		c := dial(t, "udp", "", s.address(0))
		for _, n := range []int{0, 1, 1023, 1024, 1025, 8191, 8192, 8193, 65_507} {
			want := strings.Repeat("x", n)
			before := time.Now().UnixMicro()
			send(t, c, want)
			m := s.take(1)[0]
			if m.raw != want {
				t.Errorf("%d bytes came as %d", n, len(m.raw))
			}
			if m.at < before || m.at > time.Now().UnixMicro() {
				t.Errorf("received at %d, sent at %d", m.at, before)
			}
		}
		for _, raw := range []string{"a\x00b\x00", "\xff\xfe\xfd", "line\r\nline\n", "\x00"} {
			send(t, c, raw)
			if m := s.take(1)[0]; m.raw != raw {
				t.Errorf("%q came as %q", raw, m.raw)
			}
		}
	})
}

// A receiver that says there is nothing more is given a pause, in which a
// reader of one at a time would fall behind.
func TestReceiverSaysWhetherThereMayBeMore(t *testing.T) {
	tests := []struct {
		name string
		open func(*net.UDPConn, int) (receiver, controlled, error)
		sent int
		more []bool // as each read says
	}{
		{"one at a time, which never knows", newPlainReceiver, 2, []bool{true, true}},
		{"the system's own, fewer than it can", newReceiver, batchSize - 1, []bool{!readsMany}},
		{"the system's own, as many as it can, and one", newReceiver, batchSize + 1, []bool{true, !readsMany}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			r, _, err := tt.open(conn, 1024)
			if err != nil {
				t.Fatal(err)
			}
			defer r.close()
			c := dial(t, "udp", "", conn.LocalAddr().String())
			for i := range tt.sent {
				send(t, c, fmt.Sprint("message ", i))
			}
			for i, want := range tt.more {
				packets, more, err := r.receive()
				if err != nil || len(packets) == 0 || more != want {
					t.Fatalf("read %d: %d packets, more %v, want %v, error %v", i, len(packets), more, want, err)
				}
			}
		})
	}
}

// Whatever comes first may be read in another way than what is there already.
func TestReceiverReadsEveryKind(t *testing.T) {
	const most = 100
	long := strings.Repeat("x", most)
	sent := []string{"first", long, long + "y", "", "last", long + "z"}
	want := []packet{{raw: []byte("first")}, {raw: []byte(long)}, {raw: []byte(long), cut: true}, {raw: []byte{}}, {raw: []byte("last")}, {raw: []byte(long), cut: true}}
	for name, open := range map[string]func(*net.UDPConn, int) (receiver, controlled, error){"plain": newPlainReceiver, "the system's own": newReceiver} {
		for _, at := range []string{"127.0.0.1", "::1"} {
			t.Run(name+" at "+at, func(t *testing.T) {
				conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(at)})
				if err != nil {
					t.Fatal(err)
				}
				r, _, err := open(conn, most)
				if err != nil {
					t.Fatal(err)
				}
				defer r.close()
				c := dial(t, "udp", "", conn.LocalAddr().String())
				for _, text := range sent {
					send(t, c, text)
				}
				defer time.AfterFunc(patience, r.interrupt).Stop()
				for n := 0; n < len(want); {
					packets, _, err := r.receive()
					if err != nil || len(packets) > len(want)-n {
						t.Fatalf("%d datagrams after the first %d of %d: %v", len(packets), n, len(want), err)
					}
					for _, p := range packets {
						if w := want[n]; string(p.raw) != string(w.raw) || p.cut != w.cut || p.src.String() != at {
							t.Errorf("datagram %d is %q of %v, cut %v; want %q of %s, cut %v", n, p.raw, p.src, p.cut, w.raw, at, w.cut)
						}
						n++
					}
				}
				if more := r.pending(); len(more) > 0 {
					t.Errorf("%d datagrams more than were sent", len(more))
				}
			})
		}
	}
}

func TestSourceOfADatagram(t *testing.T) {
	tests := []struct{ name, listen, from, want string }{
		{"v4", "127.0.0.1:0", "127.0.0.7", "127.0.0.7"},
		{"v4 on all addresses", ":0", "127.0.0.8", "127.0.0.8"},
		{"v4 only", "0.0.0.0:0", "127.0.0.9", "127.0.0.9"},
		{"v6", "[::1]:0", "::1", "::1"},
		{"v6 on all addresses", ":0", "::1", "::1"},
	}
	readers(t, func(t *testing.T, o Options) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				o.UDP = []string{tt.listen}
				s := serve(t, o)
				_, port, _ := net.SplitHostPort(s.address(0))
				host := "127.0.0.1"
				if strings.Contains(tt.from, ":") {
					host = "::1"
				}
				send(t, dial(t, "udp", tt.from, net.JoinHostPort(host, port)), "hello")
				if m := s.take(1)[0]; m.src != netip.MustParseAddr(tt.want) {
					t.Errorf("source %v, want %s", m.src, tt.want)
				}
			})
		}
	})
}

func TestOversizeDatagramIsCut(t *testing.T) {
	readers(t, func(t *testing.T, o Options) {
		o.UDP, o.MaxMessage = []string{"127.0.0.1:0"}, 1000
		s := serve(t, o)
		c := dial(t, "udp", "", s.address(0))
		for _, n := range []int{999, 1000, 1001, 60_000, 5} {
			send(t, c, strings.Repeat("y", n))
			if m := s.take(1)[0]; len(m.raw) != min(n, 1000) {
				t.Errorf("%d bytes came as %d", n, len(m.raw))
			}
		}
		l := s.Listeners()[0]
		if want := (Dropped{Oversize: 2}); l.Dropped != want || l.Queued != 5 || l.Received != 7 {
			t.Errorf("received %d, queued %d, dropped %+v", l.Received, l.Queued, l.Dropped)
		}
	})
}

func TestDatagramsOfOthersAreRefused(t *testing.T) {
	readers(t, func(t *testing.T, o Options) {
		o.UDP = []string{"127.0.0.1:0"}
		o.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32"), netip.MustParsePrefix("::ffff:127.0.1.0/120")}
		s := serve(t, o)
		for _, from := range []string{"127.0.0.3", "127.0.0.2", "127.0.1.77", "127.0.2.1"} {
			send(t, dial(t, "udp", from, s.address(0)), from)
		}
		if m := s.take(2); m[0].raw != "127.0.0.2" || m[1].raw != "127.0.1.77" {
			t.Errorf("got %v", m)
		}
		eventually(t, "two refused", func() bool { return s.Listeners()[0].Dropped == Dropped{Refused: 2} })
		eventually(t, "it is said", func() bool { return strings.Contains(s.log.String(), "not allowed") })
		if log := s.log.String(); strings.Count(log, "not allowed") != 1 || !strings.Contains(log, "last_source=127.0.") {
			t.Errorf("log:\n%s", log)
		}
	})
}

// Ten thousand messages of fifty senders come whole, once and in their order.
func TestManySenders(t *testing.T) {
	readers(t, func(t *testing.T, o Options) {
		o.UDP, o.ReceiveBuffer = []string{"127.0.0.1:0", "127.0.0.1:0"}, 4<<20
		s := serve(t, o)
		const senders, each = 50, 200
		go func() {
			var wg sync.WaitGroup
			for n := range senders {
				c := dial(t, "udp", fmt.Sprintf("127.0.3.%d", n+1), s.address(n%2))
				wg.Go(func() {
					for i := range each {
						fmt.Fprintf(c, "<13>sender %d message %d", n, i)
					}
				})
			}
			wg.Wait()
		}()
		last := map[netip.Addr]int{}
		for _, m := range s.take(senders * each) {
			var n, i int
			if _, err := fmt.Sscanf(m.raw, "<13>sender %d message %d", &n, &i); err != nil {
				t.Fatalf("%q: %v", m.raw, err)
			}
			if want := netip.AddrFrom4([4]byte{127, 0, 3, byte(n + 1)}); m.src != want || m.listener != n%2 || last[m.src] != i {
				t.Fatalf("%q of %v on listener %d, %d was due", m.raw, m.src, m.listener, last[m.src])
			}
			last[m.src]++
		}
	})
}

// Where the kernel does not tell what it drops, reading goes on and what the
// queue has no room for is counted here.
func TestFullQueueIsCountedWhereTheKernelDoesNotTell(t *testing.T) {
	readers(t, func(t *testing.T, o Options) {
		o.UDP, o.QueueSize, o.ReceiveBuffer = []string{"127.0.0.1:0"}, 100, 4<<20
		s := serve(t, o)
		s.Queue().mu.Lock()
		s.Queue().lanes[0].waits = false
		s.Queue().mu.Unlock()
		c := dial(t, "udp", "", s.address(0))
		for i := range 1000 {
			fmt.Fprintf(c, "message %d", i)
		}
		eventually(t, "900 dropped", func() bool { return s.Listeners()[0].Dropped == Dropped{Queue: 900} })
		if got := s.take(100); got[99].raw != "message 99" {
			t.Errorf("the last one is %q", got[99].raw)
		}
		eventually(t, "it is said aloud", func() bool { return strings.Contains(s.log.String(), "queue is full") })
	})
}

// What the kernel holds when the server is told to stop is still stored.
func TestStopDrainsTheSocket(t *testing.T) {
	readers(t, func(t *testing.T, o Options) {
		o.UDP, o.ReceiveBuffer, o.QueueSize = []string{"127.0.0.1:0"}, 4<<20, 100
		s := serve(t, o)
		c := dial(t, "udp", "", s.address(0))
		for i := range 2000 { // the queue is full, most of it is in the kernel
			fmt.Fprintf(c, "message %d", i)
		}
		s.stop()
		got := s.read(3000, patience) // until the queue is closed
		s.end()
		l := s.Listeners()[0]
		if int64(len(got)) != l.Queued || l.Queued+l.Dropped.Sum() != 2000 {
			t.Errorf("%d messages, ledger %+v", len(got), l)
		}
		// Elsewhere the queue does not wait, as nobody would count what the system drops then.
		if runtime.GOOS == "linux" && len(got) != 2000 {
			t.Errorf("%d messages, want all 2000", len(got))
		}
	})
}

// A sender that goes on does not keep the server from ending, nor a port open
// that people have removed.
func TestPortIsClosedWhileDatagramsGoOnComing(t *testing.T) {
	tests := []struct {
		name string
		end  func(*server)
	}{
		{"the server is stopped", (*server).end},
		{"the port is removed", func(s *server) { s.change(Options{}) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			readers(t, func(t *testing.T, o Options) {
				o.UDP, o.ReceiveBuffer = []string{"127.0.0.1:0"}, 16<<20
				s := serve(t, o)
				c := dial(t, "udp", "", s.address(0))
				ended := make(chan struct{})
				var sender sync.WaitGroup
				sender.Go(func() {
					steady := time.NewTicker(time.Millisecond)
					defer steady.Stop()
					for {
						for range 5 {
							c.Write([]byte("and so on")) // refused once the port is closed
						}
						select {
						case <-steady.C:
						case <-ended:
							return
						}
					}
				})
				defer sender.Wait()
				defer close(ended)
				eventually(t, "a steady stream", func() bool { return s.Listeners()[0].Received >= 500 })
				tt.end(s)
				if l := s.Listeners()[0]; l.Open {
					t.Errorf("still open: %+v", l)
				}
			})
		})
	}
}

// If nobody reads the queue any more, stopping takes a bounded time and what
// finds no room is counted.
func TestStopWithoutReaderIsBounded(t *testing.T) {
	readers(t, func(t *testing.T, o Options) {
		o.UDP, o.ReceiveBuffer, o.QueueSize = []string{"127.0.0.1:0"}, 4<<20, 100
		s := serve(t, o)
		c := dial(t, "udp", "", s.address(0))
		for i := range 2000 {
			fmt.Fprintf(c, "message %d", i)
		}
		start := time.Now()
		s.end()
		if d := time.Since(start); d > drainTime+3*time.Second {
			t.Errorf("took %v", d)
		}
		if l := s.Listeners()[0]; l.Queued != 100 || l.Received != 2000 || l.Dropped.Queue != 1900-l.Dropped.Kernel {
			t.Errorf("ledger %+v", l)
		}
		if got := s.read(3000, patience); len(got) != 100 {
			t.Errorf("%d messages are left in the queue, want 100", len(got))
		}
	})
}

func TestReceiveBufferIsReadBack(t *testing.T) {
	s := serve(t, Options{UDP: []string{"127.0.0.1:0"}, ReceiveBuffer: 300_000})
	l := s.Listeners()[0]
	if l.BufferAsked != 300_000 || l.BufferGranted < 100_000 || l.BufferGranted > 400_000 {
		t.Errorf("asked %d, granted %d", l.BufferAsked, l.BufferGranted)
	}
	small := &listener{proto: "udp", configured: ":514", options: &Options{}}
	log := &logBuffer{}
	small.log = testLog(log)
	small.opened(fakeEndpoint{ListenerStatus{BufferAsked: 16 << 20, BufferGranted: 4 << 20}})
	if !strings.Contains(log.String(), "16777216") || runtime.GOOS == "linux" && !strings.Contains(log.String(), "sysctl -w net.core.rmem_max=16777216") {
		t.Errorf("log:\n%s", log)
	}
}
