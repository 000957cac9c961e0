package collect

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// trimmed returns what was received without the ends that framing leaves.
func trimmed(in []message) (out []string) {
	for _, m := range in {
		out = append(out, string(syslog.Trim([]byte(m.raw))))
	}
	return out
}

func wantRaw(t *testing.T, got []message, want ...string) {
	t.Helper()
	if g := trimmed(got); strings.Join(g, "|") != strings.Join(want, "|") {
		t.Errorf("got %.300q\nwant %.300q", g, want)
	}
}

func counted(raw string) string { return fmt.Sprintf("%d %s", len(raw), raw) }

func TestFramesWhateverTheSplit(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}})
	want := []string{"<13>one", "<14>two\nlines", "<15>three", "x"}
	text := "<13>one\n" + counted(want[1]) + counted(want[2]) + "x\n"
	for _, size := range []int{1, 2, 3, 7, len(text)} {
		c := dial(t, "tcp", "127.0.0.5", s.address(0))
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			send(t, c, rest[:n])
			rest = rest[n:]
		}
		got := s.take(len(want))
		wantRaw(t, got, want...)
		if got[0].src != netip.MustParseAddr("127.0.0.5") {
			t.Errorf("source %v", got[0].src)
		}
	}
}

func TestSourceOfAConnection(t *testing.T) {
	s := serve(t, Options{TCP: []string{":0"}})
	_, port, _ := net.SplitHostPort(s.address(0))
	for _, host := range []string{"127.0.0.1", "::1"} {
		send(t, dial(t, "tcp", host, net.JoinHostPort(host, port)), "hello\n")
		if m := s.take(1)[0]; m.src != netip.MustParseAddr(host) {
			t.Errorf("source %v, want %s", m.src, host)
		}
	}
}

func TestOversizeFrameIsCut(t *testing.T) {
	const limit = 1000
	for _, framing := range []struct {
		name  string
		frame func(string) string
	}{{"counted", counted}, {"lines", func(s string) string { return s + "\n" }}} {
		t.Run(framing.name, func(t *testing.T) {
			s := serve(t, Options{TCP: []string{"127.0.0.1:0"}, MaxMessage: limit})
			c := dial(t, "tcp", "", s.address(0))
			var want []string
			for _, n := range []int{limit - 1, limit, limit + 1, 50 * limit} {
				raw := "<13>" + strings.Repeat("z", n-4)
				send(t, c, framing.frame(raw))
				want = append(want, raw[:min(n, limit)])
			}
			send(t, c, framing.frame("<13>good"))
			wantRaw(t, s.take(5), append(want, "<13>good")...)
			l := s.Listeners()[0]
			if want := (Dropped{Oversize: 2}); l.Dropped != want || l.Queued != 5 {
				t.Errorf("ledger %+v", l)
			}
		})
	}
}

func TestLongFramesOnManyConnections(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}})
	const senders, each, size = 20, 10, 60_000
	for n := range senders {
		c := dial(t, "tcp", fmt.Sprintf("127.0.4.%d", n+1), s.address(0))
		go func() {
			for range each {
				io.WriteString(c, counted("<13>"+strings.Repeat(string(rune('a'+n)), size)))
			}
		}()
	}
	for _, m := range s.take(senders * each) {
		letter := string(rune('a' + m.src.As4()[3] - 1))
		if len(m.raw) != size+4 || strings.Trim(m.raw[4:], letter) != "" {
			t.Fatalf("%d bytes of %v are not what it sent", len(m.raw), m.src)
		}
	}
}

func TestGarbageClosesTheConnection(t *testing.T) {
	tests := []struct{ name, text string }{
		{"count of eight digits", "12345678 <13>x"},
		{"count of twenty digits", "99999999999999999999 <13>x"},
		{"count of nothing", "0 <13>x"},
	}
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}})
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, "tcp", "", s.address(0))
			io.WriteString(c, tt.text) // may fail at its end, the other side hangs up
			closed(t, c)
			eventually(t, "it is counted", func() bool { return s.Listeners()[0].Dropped == Dropped{Refused: int64(i) + 1} })
		})
	}
	send(t, dial(t, "tcp", "", s.address(0)), "<13>good\n")
	wantRaw(t, s.take(1), "<13>good")
	if log := s.log.String(); strings.Count(log, "not syslog") != 1 {
		t.Errorf("log, one line of the kind in 30 s:\n%s", log)
	}
}

// A number without end is a line as far as it goes; it takes no memory.
func TestNumberWithoutEnd(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}, MaxMessage: 1000})
	c := dial(t, "tcp", "", s.address(0))
	send(t, c, strings.Repeat("9", 1_000_000)+"\n")
	if m := s.take(1)[0]; m.raw != strings.Repeat("9", 1000) {
		t.Errorf("%d bytes: %.50q", len(m.raw), m.raw)
	}
	if l := s.Listeners()[0]; l.Dropped != (Dropped{Oversize: 1}) {
		t.Errorf("ledger %+v", l)
	}
}

func TestTLSOnAPlainPortIsRefusedWithAHint(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}})
	c := dial(t, "tcp", "", s.address(0))
	send(t, c, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"+strings.Repeat("\x99", 300))
	closed(t, c)
	eventually(t, "a hint", func() bool { return strings.Contains(s.log.String(), "listen.tls") })
	if l := s.Listeners()[0]; l.Queued != 0 || l.Dropped.Refused != 1 || l.ConnectionsRefused != 1 {
		t.Errorf("ledger %+v", l)
	}
}

func TestEndOfAConnection(t *testing.T) {
	reset := func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }
	tests := []struct {
		name, text string
		before     func(net.Conn)
		want       []string
		refused    int64
	}{
		{"after a message", "<13>a\n", nil, []string{"<13>a"}, 0},
		{"line without end", "<13>a\n<13>b", nil, []string{"<13>a", "<13>b"}, 0},
		{"counted frame without end", "20 <13>a", nil, []string{"<13>a"}, 0},
		{"nothing sent, as who looks whether the port is open", "", nil, nil, 0},
		{"broken in a message", "<13>a\n<13>b", reset, []string{"<13>a"}, 1},
		{"broken between messages", "<13>a\n", reset, []string{"<13>a"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, Options{TCP: []string{"127.0.0.1:0"}})
			c := dial(t, "tcp", "", s.address(0))
			eventually(t, "connection", func() bool { return s.Listeners()[0].Connections == 1 })
			send(t, c, tt.text)
			if tt.before != nil {
				wantRaw(t, s.take(1), tt.want[0]) // it has been read: a reset throws away what was not
				tt.want = tt.want[1:]
				tt.before(c)
			}
			c.Close()
			wantRaw(t, s.take(len(tt.want)), tt.want...)
			eventually(t, "the connection is gone", func() bool { return s.Listeners()[0].Connections == 0 })
			if l := s.Listeners()[0]; l.Dropped != (Dropped{Refused: tt.refused}) {
				t.Errorf("ledger %+v", l)
			}
		})
	}
}

func TestSlowSendersAreClosed(t *testing.T) {
	limits := Limits{FirstByte: 400 * time.Millisecond, Frame: 400 * time.Millisecond}
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}, Limits: limits})

	t.Run("who sends nothing", func(t *testing.T) {
		closed(t, dial(t, "tcp", "127.0.5.1", s.address(0)))
		eventually(t, "it is counted", func() bool { return s.Listeners()[0].Dropped.Refused == 1 })
	})
	t.Run("who never ends a message, and others are unhurt", func(t *testing.T) {
		good := dial(t, "tcp", "127.0.5.2", s.address(0))
		send(t, good, "<13>first\n")
		wantRaw(t, s.take(1), "<13>first")
		slow := dial(t, "tcp", "127.0.5.3", s.address(0))
		start := time.Now()
		for { // a byte at a time, until the connection is gone
			if _, err := io.WriteString(slow, "x"); err != nil {
				break
			}
			<-time.After(10 * time.Millisecond)
			if time.Since(start) > patience {
				t.Fatal("still open")
			}
		}
		// What it had sent is kept, it may be all of a message.
		if m := s.take(1)[0]; strings.Trim(m.raw, "x") != "" || m.raw == "" {
			t.Errorf("got %q", m.raw)
		}
		// The good one has been silent meanwhile, for longer than any limit.
		send(t, good, "<13>sec")
		send(t, good, "ond\n")
		wantRaw(t, s.take(1), "<13>second")
	})
	t.Run("who begins a message each time before the last one's limit is busy", func(t *testing.T) {
		c := dial(t, "tcp", "127.0.5.4", s.address(0))
		send(t, c, "a")
		for i := range 10 {
			<-time.After(60 * time.Millisecond)
			send(t, c, "\nb")
			if m := s.take(1); i == 0 && m[0].raw == "" {
				t.Error("lost")
			}
		}
	})
}

func TestN03ConnectionsOfOneSource(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}, Limits: Limits{PerSource: 4}})
	var open []net.Conn
	for range 4 {
		open = append(open, dial(t, "tcp", "127.0.6.1", s.address(0)))
	}
	eventually(t, "four connections", func() bool { return s.Listeners()[0].Connections == 4 })
	closed(t, dial(t, "tcp", "127.0.6.1", s.address(0)))
	send(t, dial(t, "tcp", "127.0.6.2", s.address(0)), "<13>other\n")
	wantRaw(t, s.take(1), "<13>other")

	open[0].Close()
	eventually(t, "one is gone", func() bool { return s.Listeners()[0].Connections == 4 }) // three and the other
	open[0] = dial(t, "tcp", "127.0.6.1", s.address(0))
	for _, c := range open {
		send(t, c, "<13>x\n")
	}
	s.take(4)
	if l := s.Listeners()[0]; l.ConnectionsRefused != 1 || l.Dropped != (Dropped{Refused: 1}) {
		t.Errorf("%+v", l)
	}
}

func TestFullListenerKeepsTheBusy(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}, Limits: Limits{Connections: 50}})
	for i := range 200 {
		dial(t, "tcp", fmt.Sprintf("127.0.7.%d", i+1), s.address(0))
	}
	eventually(t, "150 refused", func() bool { return s.Listeners()[0].ConnectionsRefused == 150 })
	if n := s.Listeners()[0].Connections; n != 50 {
		t.Errorf("%d connections are open, want 50", n)
	}
}

func TestN01FiveThousandConnections(t *testing.T) {
	const all, most = 5000, 1000 // what is open at a time by default
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}})
	for i := range all {
		dial(t, "tcp", fmt.Sprintf("127.0.9.%d", i/50+1), s.address(0))
	}
	eventually(t, "the others are refused", func() bool { return s.Listeners()[0].ConnectionsRefused == all-most })
	if l := s.Listeners()[0]; l.Connections != most || l.Dropped.Refused != all-most {
		t.Errorf("%d connections are open and %d were counted as refused; want %d and %d", l.Connections, l.Dropped.Refused, most, all-most)
	}
}

func TestN01FullListenerClosesTheLongestIdle(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}, Limits: Limits{Connections: 3, FirstByte: 200 * time.Millisecond}})
	var open []net.Conn
	for i := range 3 {
		open = append(open, dial(t, "tcp", fmt.Sprintf("127.0.8.%d", i+1), s.address(0)))
		send(t, open[i], "<13>hello\n")
		s.take(1)
	}
	send(t, open[0], "<13>again\n") // now the second one is idle longest
	s.take(1)
	eventually(t, "a newcomer is heard", func() bool {
		c := dial(t, "tcp", "127.0.8.9", s.address(0))
		io.WriteString(c, "<13>new\n")
		return len(s.read(1, 500*time.Millisecond)) == 1
	})
	closed(t, open[1])
	send(t, open[0], "<13>still here\n")
	wantRaw(t, s.take(1), "<13>still here")
}

func TestHalfMessagesDoNotKeepNewcomersOut(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}, Limits: Limits{Connections: 3}})
	for i := range 3 {
		send(t, dial(t, "tcp", fmt.Sprintf("127.0.10.%d", i+1), s.address(0)), "<13>half of a mess")
	}
	eventually(t, "a newcomer is heard", func() bool {
		c := dial(t, "tcp", "127.0.10.9", s.address(0))
		io.WriteString(c, "<13>new\n")
		for _, m := range trimmed(s.read(4, 300*time.Millisecond)) {
			if m == "<13>new" {
				return true
			}
		}
		return false
	})
}

func TestConnectionsOfOneIPv6NetworkAreCountedTogether(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"IPv4", "192.0.2.7", "192.0.2.7"},
		{"IPv6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
		{"IPv6 of a link", "fe80::1%eth0", "fe80::"},
	}
	for _, tt := range tests {
		if got := originOf(netip.MustParseAddr(tt.src)); got != netip.MustParseAddr(tt.want) {
			t.Errorf("%s: connections of %s count for %s, want %s", tt.name, tt.src, got, tt.want)
		}
	}
}

// A full queue makes TCP senders wait; nothing is lost.
func TestTCPWaitsForTheQueue(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}, QueueSize: 100})
	const senders, each = 5, 20_000
	var wg sync.WaitGroup
	for n := range senders {
		c := dial(t, "tcp", fmt.Sprintf("127.0.9.%d", n+1), s.address(0))
		wg.Go(func() {
			var b strings.Builder
			for i := range each {
				fmt.Fprintf(&b, "<13>message %d\n", i)
			}
			io.WriteString(c, b.String())
		})
	}
	eventually(t, "a full queue", func() bool { return s.Queue().Len() == 100 })
	last := map[netip.Addr]int{}
	for _, m := range s.take(senders * each) {
		if got := trimmed([]message{m})[0]; got != fmt.Sprintf("<13>message %d", last[m.src]) {
			t.Fatalf("%q of %v, %d was due", got, m.src, last[m.src])
		}
		last[m.src]++
	}
	wg.Wait()
	if l := s.Listeners()[0]; l.Dropped.Sum() != 0 {
		t.Errorf("ledger %+v", l)
	}
}

// What senders had been told was received is stored when the server stops.
func TestStopFinishesFrames(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}, QueueSize: 10})
	c := dial(t, "tcp", "", s.address(0))
	idle := dial(t, "tcp", "", s.address(0))
	eventually(t, "two connections", func() bool { return s.Listeners()[0].Connections == 2 })
	send(t, c, strings.Repeat("<13>x\n", 5000)+"<13>unfinished")
	s.stop()
	got := s.read(10_000, patience)
	if len(got) != 5001 || got[5000].raw != "<13>unfinished" {
		t.Errorf("%d messages", len(got))
	}
	closed(t, idle)
	s.end()
	if l := s.Listeners()[0]; l.Dropped.Sum() != 0 || l.Open {
		t.Errorf("ledger %+v", l)
	}
}

func TestConnectionsOfOthersAreRefused(t *testing.T) {
	s := serve(t, Options{TCP: []string{"127.0.0.1:0"}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.10.0/24")}})
	closed(t, dial(t, "tcp", "127.0.11.1", s.address(0)))
	send(t, dial(t, "tcp", "127.0.10.1", s.address(0)), "<13>in\n")
	wantRaw(t, s.take(1), "<13>in")
	if l := s.Listeners()[0]; l.Dropped != (Dropped{Refused: 1}) {
		t.Errorf("ledger %+v", l)
	}
}
