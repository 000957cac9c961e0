package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// notebook is a wire that remembers.
type notebook struct {
	at      []time.Duration
	texts   []string
	devices map[int]int
	began   time.Time
	fail    func(n int) error
}

func (b *notebook) send(messages [][]byte, devices []int) (int, error) {
	for i, m := range messages {
		if b.fail != nil {
			if err := b.fail(len(b.texts)); err != nil {
				b.fail = nil
				return i, err
			}
		}
		b.texts = append(b.texts, string(m))
		b.at = append(b.at, time.Since(b.began))
		b.devices[devices[i]]++
	}
	return len(messages), nil
}

func (b *notebook) Close() error { return nil }

func TestRateIsKeptExactly(t *testing.T) {
	for _, rate := range []float64{0.5, 10, 333, 20_000} {
		for _, burst := range []int{1, 8} {
			t.Run(fmt.Sprintf("%v a second, %d in a row", rate, burst), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := &notebook{devices: map[int]int{}, began: time.Now()}
					count := int64(rate*10) + 1
					r := pump(t.Context(), b, newMadeUp(""), &sendOptions{count: count, rate: rate, devices: 3, burst: burst})
					if r.Sent != count || int64(len(b.texts)) != count {
						t.Fatalf("sent %d of %d", r.Sent, count)
					}
					for i, at := range b.at {
						due := time.Duration(float64(i/burst*burst) / rate * float64(time.Second))
						if at < due-time.Microsecond || at > due+time.Millisecond {
							t.Fatalf("message %d went out at %v, due at %v", i, at, due)
						}
					}
				})
			})
		}
	}
}

func TestSendingForATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &notebook{devices: map[int]int{}, began: time.Now()}
		if r := pump(t.Context(), b, newMadeUp(""), &sendOptions{count: 1 << 62, rate: 100, duration: 5 * time.Second, devices: 1, burst: 1}); r.Sent != 500 {
			t.Errorf("sent %d in 5 s at 100/s", r.Sent)
		}
	})
}

func TestNumbersOfMessagesThatWereNotSentAreMissing(t *testing.T) {
	b := &notebook{devices: map[int]int{}, fail: func(n int) error {
		if n == 70 {
			return syscall.ECONNREFUSED
		}
		return nil
	}}
	r := pump(t.Context(), b, newMadeUp("x1"), &sendOptions{count: 200, devices: 7, burst: 3})
	if r.Sent != 199 || r.Errors != 1 {
		t.Errorf("sent %d, errors %d", r.Sent, r.Errors)
	}
	seen := map[string]int{}
	for _, text := range b.texts {
		_, rest, _ := strings.Cut(text, "seq=")
		seen[rest[:12]]++
		if !strings.HasSuffix(text, " tag=x1") || strings.ContainsAny(text, "#@\x00") && !strings.Contains(text, "session") {
			t.Errorf("odd message %q", text)
		}
	}
	if len(seen) != 199 || seen["000000000071"] != 0 || seen["000000000200"] != 1 {
		t.Errorf("%d numbers, 71 %d times, 200 %d times", len(seen), seen["000000000071"], seen["000000000200"])
	}
	if len(b.devices) != 7 {
		t.Errorf("%d devices", len(b.devices))
	}
}

func TestMadeUpMessagesAllocateNothing(t *testing.T) {
	m := newMadeUp("tag")
	now := time.Now()
	seq := int64(0)
	if n := testing.AllocsPerRun(1000, func() { seq++; m.next(seq, int(seq%50), int(seq%maxBurst), now) }); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func TestDatagramsComeFromTheirDevices(t *testing.T) {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	target := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), server.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	for name, dial := range map[string]func(netip.AddrPort, int) (wire, error){"this system": dialUDP, "any system": dialSockets} {
		t.Run(name, func(t *testing.T) {
			w, err := dial(target, 300)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			n, err := w.send([][]byte{[]byte("one"), []byte("two"), {}}, []int{0, 299, 5})
			if n != 3 || err != nil {
				t.Fatalf("sent %d, %v", n, err)
			}
			server.SetReadDeadline(time.Now().Add(10 * time.Second))
			for _, want := range []string{"127.0.0.2 one", "127.0.1.45 two", "127.0.0.7 "} {
				buf := make([]byte, 100)
				n, from, err := server.ReadFromUDPAddrPort(buf)
				if got := from.Addr().Unmap().String() + " " + string(buf[:n]); err != nil || got != want {
					t.Errorf("got %q, %v, want %q", got, err, want)
				}
			}
		})
	}
}

func TestStreamsAreFramed(t *testing.T) {
	for octet, want := range map[bool]string{false: "one\ntwo\n", true: "3 one3 two"} {
		ours, theirs := net.Pipe()
		s := &streams{octet: octet}
		s.add(ours)
		got := make(chan string)
		go func() {
			var b bytes.Buffer
			_, err := b.ReadFrom(theirs)
			got <- fmt.Sprint(b.String(), err)
		}()
		if _, err := s.send([][]byte{[]byte("one"), []byte("two")}, []int{0, 0}); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if g := <-got; g != want+"<nil>" {
			t.Errorf("octet %v: %q, want %q", octet, g, want)
		}
	}
}

func TestDemoTellsItsStory(t *testing.T) {
	s := newShow(rand.New(rand.NewPCG(1, 2)))
	alarms := 0
	for range 2000 {
		text, device := s.next(time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC))
		if device < 0 || device >= len(demoDevices) || !bytes.HasPrefix(text, []byte("<")) || bytes.ContainsAny(text, "#") {
			t.Fatalf("device %d says %q", device, text)
		}
		if bytes.Contains(text, []byte("deregister")) || bytes.Contains(text, []byte("UPDOWN")) || bytes.Contains(text, []byte("dying-gasp")) {
			alarms++
		}
	}
	if alarms < 10 || alarms > 400 {
		t.Errorf("%d alarms in 2,000 messages", alarms)
	}
}

func TestPauseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pause(ctx, time.Hour)
}

func BenchmarkSend(b *testing.B) {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	target := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), server.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	for _, burst := range []int64{1, 8} {
		b.Run(fmt.Sprintf("burst=%d", burst), func(b *testing.B) {
			w, err := dialUDP(target, 50)
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			m := newMadeUp("")
			batch, devices := make([][]byte, maxBurst), make([]int, maxBurst)
			seq := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				for i := range batch {
					devices[i] = int(seq / burst % 50)
					seq++
					batch[i] = m.next(seq, devices[i], i, time.Time{})
				}
				if _, err := w.send(batch, devices); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(seq)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

func TestSequenceOfAMadeUpMessage(t *testing.T) {
	tests := []struct {
		name, raw string
		want      int64
		ok        bool
	}{
		{"as made", string(newMadeUp("x").next(1234567, 3, 0, time.Now())), 1234567, true},
		{"none", "<13>hello", 0, false},
		{"no digits", "a seq=", 0, false},
		{"endless", "a seq=" + strings.Repeat("9", 400), 999_999_999_999_999_999, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if n, ok := sequence([]byte(tt.raw)); n != tt.want || ok != tt.ok {
				t.Errorf("sequence(%.60q) = %d, %v; want %d, %v", tt.raw, n, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestVerifyNamesWhatIsMissingAndWhatIsThereTwice(t *testing.T) {
	if err := (presence{Stored: 10}).err(10); err != nil {
		t.Errorf("all there: %v", err)
	}
	err := presence{Stored: 7, Missing: 3, First: 4, Twice: 2}.err(10)
	for _, want := range []string{"3 of 10 messages are not in the store, the first is number 4", "2 messages are in the store more than once"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
}
