package collect

import (
	"crypto/tls"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// change has s take over other options.
func (s *server) change(o Options) {
	s.t.Helper()
	if err := s.Reload(o); err != nil {
		s.t.Fatal(err)
	}
}

// named returns how the listener of a name is doing.
func (s *server) named(name string) ListenerStatus {
	s.t.Helper()
	for _, l := range s.Listeners() {
		if l.Name == name {
			return l
		}
	}
	s.t.Fatalf("there is no listener %q", name)
	return ListenerStatus{}
}

func TestReloadLeavesWhatDidNotChange(t *testing.T) {
	s := serve(t, Options{UDP: []string{"127.0.0.1:0"}, TCP: []string{"127.0.0.2:0"}})
	conn := dial(t, "tcp", "127.0.0.1", s.address(1))
	send(t, conn, "before\n")
	wantRaw(t, s.take(1), "before")
	udp, tcp := s.address(0), s.address(1)

	s.change(Options{UDP: []string{"127.0.0.1:0"}, TCP: []string{"127.0.0.2:0", "127.0.0.3:0"}})
	if s.address(0) != udp || s.address(1) != tcp {
		t.Errorf("sockets are on %s and %s, they were on %s and %s", s.address(0), s.address(1), udp, tcp)
	}
	send(t, conn, "half a ")
	s.change(Options{UDP: []string{"127.0.0.1:0"}, TCP: []string{"127.0.0.2:0"}})
	send(t, conn, "line\n")
	wantRaw(t, s.take(1), "half a line")
	if l := s.named("tcp 127.0.0.3:0"); !l.Removed || l.Open {
		t.Errorf("the listener that was taken out again: %+v", l)
	}
}

func TestReloadTakesWhatHasComeBeforeItCloses(t *testing.T) {
	o := Options{UDP: []string{"127.0.0.1:0"}, TCP: []string{"127.0.0.2:0"}}
	s := serve(t, o)
	udp, tcp := dial(t, "udp", "127.0.0.1", s.address(0)), dial(t, "tcp", "127.0.0.1", s.address(1))
	for range 100 {
		send(t, udp, "datagram")
		send(t, tcp, "line\n")
	}
	eventually(t, "the connection is there", func() bool { return s.Listeners()[1].Connections == 1 })
	s.change(Options{})
	if got := len(s.take(200)); got != 200 {
		t.Errorf("%d messages of 200", got)
	}
	closed(t, tcp)
	for _, l := range s.Listeners() {
		if l.Open || !l.Removed || l.Queued != 100 {
			t.Errorf("after it was taken out: %+v", l)
		}
	}
	s.change(o) // and back: they go on with their counts
	send(t, dial(t, "udp", "127.0.0.1", s.address(0)), "again")
	wantRaw(t, s.take(1), "again")
	if l := s.Listeners(); len(l) != 2 || l[0].Queued != 101 || l[0].Removed {
		t.Errorf("after it was put in again: %+v", l)
	}
}

func TestReloadTellsOfAPortThatCannotBeOpened(t *testing.T) {
	address, free := occupy(t, "udp", "127.0.0.1:0")
	s := serve(t, Options{UDP: []string{"127.0.0.1:0"}, Retry: 10 * time.Millisecond})
	s.change(Options{UDP: []string{"127.0.0.1:0", address}})
	if l := s.named("udp " + address); l.Open || !strings.Contains(l.Error, "in use") && !strings.Contains(l.Error, "held") {
		t.Errorf("on a port that is taken: %+v", l)
	}
	free()
	eventually(t, "the port is open", func() bool { return s.named("udp " + address).Open })
	send(t, dial(t, "udp", "127.0.0.1", address), "heard")
	wantRaw(t, s.take(1), "heard")
}

func TestReloadMovesAPortToAnotherAddress(t *testing.T) {
	port := unheld(t)
	address := "127.0.0.1:" + port
	s := serve(t, Options{TCP: []string{"0.0.0.0:" + port}, Retry: time.Hour})
	s.change(Options{TCP: []string{address}}) // which cannot be had while the other is open
	if l := s.named("tcp " + address); !l.Open {
		t.Errorf("%+v", l)
	}
}

func TestReloadOfWhoMaySend(t *testing.T) {
	o := Options{UDP: []string{"127.0.0.1:0"}, TCP: []string{"127.0.0.1:0"}}
	s := serve(t, o)
	stays, goes := dial(t, "tcp", "127.0.0.1", s.address(1)), dial(t, "tcp", "127.0.0.2", s.address(1))
	send(t, stays, "one\n")
	send(t, goes, "two\n")
	s.take(2)
	o.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	s.change(o)
	closed(t, goes)
	send(t, stays, "three\n")
	wantRaw(t, s.take(1), "three")
	send(t, dial(t, "udp", "127.0.0.2", s.address(0)), "refused")
	eventually(t, "it is refused", func() bool { return s.Listeners()[0].Dropped.Refused == 1 })
	o.Allow = nil
	s.change(o)
	send(t, dial(t, "udp", "127.0.0.2", s.address(0)), "welcome")
	wantRaw(t, s.take(1), "welcome")
}

func TestReloadOfTheReceiveBuffer(t *testing.T) {
	o := Options{UDP: []string{"127.0.0.1:0"}, ReceiveBuffer: 128 << 10}
	s := serve(t, o)
	before := s.Listeners()[0]
	o.ReceiveBuffer = 64 << 10
	s.change(o)
	if l := s.Listeners()[0]; l.BufferAsked != 64<<10 || l.BufferGranted >= before.BufferGranted || l.Address != before.Address {
		t.Errorf("before %+v\nafter %+v", before, l)
	}
}

func TestReloadOfTheCertificate(t *testing.T) {
	one, two := newAuthority(t, "one"), newAuthority(t, "two")
	o := tlsOptions(t, one, nil)
	s := serve(t, o)
	conn, err := dialTLS(t, "127.0.0.1", s.address(0), &tls.Config{RootCAs: one.pool(), ServerName: "logs.example"})
	if err != nil {
		t.Fatal(err)
	}
	other := tlsOptions(t, two, nil)
	o.Certificate, o.Key = other.Certificate, other.Key
	s.change(o)
	eventually(t, "new connections see the new certificate", func() bool {
		c, err := dialTLS(t, "127.0.0.1", s.address(0), &tls.Config{RootCAs: two.pool(), ServerName: "logs.example"})
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	send(t, conn, counted("<13>still"))
	wantRaw(t, s.take(1), "<13>still")
}

func TestReloadThatCannotBe(t *testing.T) {
	s := serve(t, Options{UDP: []string{"127.0.0.1:0"}})
	if err := s.Reload(Options{UDP: []string{"nonsense"}}); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
		t.Errorf("an address that is none: %v", err)
	}
	if l := s.Listeners(); len(l) != 1 || !l[0].Open || l[0].Removed {
		t.Errorf("after a reload that cannot be: %+v", l)
	}
	s.end()
	if err := s.Reload(Options{}); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after the end: %v", err)
	}
}
