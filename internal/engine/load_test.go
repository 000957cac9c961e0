package engine

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// soakTime is how long the tests of this file put load on the server: some
// seconds, or what LOGBOOM_SOAK says ("make torture": an hour).
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("LOGBOOM_SOAK")
	if text == "" {
		return 4 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		t.Fatalf("LOGBOOM_SOAK=%q: expected a duration such as 1h", text)
	}
	return d
}

// holdings is what a process has in its hands.
type holdings struct {
	goroutines, files int
	heap              int64
}

func (h holdings) String() string {
	return fmt.Sprintf("%d goroutines, %d files, %.1f MB", h.goroutines, h.files, float64(h.heap)/1e6)
}

func held() holdings {
	runtime.GC()
	runtime.GC() // the first one runs finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/proc/self/fd") // none where there is no /proc
	return holdings{runtime.NumGoroutine(), len(files), int64(m.HeapAlloc)}
}

// M-01 of the list in docs/reliability.md.
func TestM01LoadLeaksNothingAndTheLedgerIsExact(t *testing.T) {
	cfg := testConfig(t, "")
	s := start(t, cfg)
	var clients []net.Conn
	for i := range 20 {
		c, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 0, 1, byte(i+1))}}).Dial("udp", s.e.Listeners()[i%2].Address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		clients = append(clients, c)
	}
	var sent int64
	// Every tenth of a second: 500 datagrams, a connection that comes and goes.
	// Every second: a search, a look at the status, a live tail that is left.
	load := func(span time.Duration) {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		end := time.Now().Add(span)
		for n := 0; time.Now().Before(end); n++ {
			<-tick.C
			for i := range 500 {
				text := fmt.Sprintf("<134>Jun 13 10:00:00 sw-%d IFMGR: port %d changed state, seq=%09d", i%20, i%48, sent)
				if i == 0 && n%50 == 0 {
					text = fmt.Sprintf("<131>OLT-2 EPON: PON deregister ONU 0/1/2:%d", n%64)
				}
				if _, err := clients[i%20].Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
				sent++
			}
			c, err := net.Dial("tcp", s.e.Listeners()[2].Address)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(c, "<134>Jun 13 10:00:00 sw-9 IFMGR: over TCP, seq=%09d\n", sent)
			c.Close()
			sent++
			if n%10 == 0 {
				s.get("/api/v1/messages?query=changed&limit=20")
				s.get("/api/v1/status")
				s.get("/metrics")
				leaveTail(t, s)
			}
		}
		http.DefaultClient.CloseIdleConnections()
	}
	whole := soakTime(t)
	load(whole / 4)
	before := held()
	load(whole - whole/4)
	s.awaitAccounted(sent)
	after := held()
	t.Logf("%d messages in %v; after a quarter: %v; in the end: %v", sent, whole, before, after)
	// What is remembered of recent messages may still have been filling up: its
	// bounds are 32 MB here, 64 MB in the queue.
	if after.goroutines > before.goroutines+5 || after.files > before.files+8 || after.heap > before.heap+96<<20 {
		t.Errorf("something leaks: first %v, then %v", before, after)
	}
	if err := s.stop(); err != nil {
		t.Fatalf("stopping: %v", err)
	}
}

// leaveTail opens a live tail and leaves it after its first bytes.
func leaveTail(t *testing.T, s *server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.e.ConsoleAddr()+"/api/v1/tail", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

// awaitAccounted waits until every one of the messages sent is known to be
// stored or dropped, and checks that the sums are right to the message.
func (s *server) awaitAccounted(sent int64) {
	s.t.Helper()
	var sum account
	for deadline := time.Now().Add(60 * time.Second); ; {
		sum = account{dropped: map[string]int64{}}
		for _, a := range s.e.accounts() {
			sum.add(a)
		}
		if sum.received >= sent && sum.stored+sum.sum() >= sum.received {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("a minute later: %d sent, %+v", sent, sum)
		}
		runtime.Gosched()
	}
	if sum.received != sent || sum.stored+sum.sum() != sum.received {
		s.t.Errorf("%d sent, but received %d = stored %d + dropped %v", sent, sum.received, sum.stored, sum.dropped)
	}
	if stored := s.e.store.Stats().Stored; stored != sum.stored {
		s.t.Errorf("the store has %d messages, the ledger says %d", stored, sum.stored)
	}
}

// Over TCP a sender at full speed is made to wait, and does not make others
// wait for ever. Over UDP nobody can promise that: the kernel's buffer is one
// for all senders of a port.
func TestN08ANormalSenderIsHeardBesideOneAtFullSpeed(t *testing.T) {
	s := start(t, testConfig(t, ""))
	dial := func(source string) net.Conn {
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}).Dial("tcp", s.e.Listeners()[2].Address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	flood, normal := dial("127.0.2.1"), dial("127.0.2.2")
	var flooded int64
	enough := make(chan struct{})
	var flooding sync.WaitGroup
	flooding.Go(func() {
		line := strings.Repeat("<13>x\n", 1000)
		for {
			select {
			case <-enough:
				return
			default:
			}
			if _, err := io.WriteString(flood, line); err != nil {
				t.Error(err)
				return
			}
			flooded += 1000
		}
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	said := 0
	for end := time.Now().Add(soakTime(t) / 6); time.Now().Before(end) || said < 20; said++ {
		<-tick.C
		fmt.Fprintf(normal, "<131>OLT-7 EPON: message %d of a normal sender\n", said)
	}
	// The flood goes on until all of them are stored.
	heard := 0
	for deadline := time.Now().Add(2 * time.Minute); heard < said; {
		<-tick.C
		heard = 0
		err := s.e.store.Archive().Each(t.Context(), store.Search{Device: netip.MustParseAddr("127.0.2.2")}, func(*syslog.Record) error { heard++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("two minutes later %d of the %d messages of the normal sender are stored, and %d of the other's were written", heard, said, flooded)
		}
	}
	close(enough)
	flooding.Wait()
	s.awaitAccounted(flooded + int64(said))
	t.Logf("%d messages of the normal sender were stored beside %d of the other's", heard, flooded)
	if d := s.e.collector.Listeners()[2].Dropped.Sum(); d != 0 || heard != said {
		t.Errorf("%d dropped over TCP, %d of %d heard", d, heard, said)
	}
	if err := s.stop(); err != nil {
		t.Fatalf("stopping: %v", err)
	}
}
