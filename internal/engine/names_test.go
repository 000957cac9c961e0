package engine

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

func TestHostNameOfAnAnswer(t *testing.T) {
	tests := []struct {
		name   string
		answer []string
		want   string
	}{
		{"a name", []string{"OLT1.North.example.net."}, "olt1.north.example.net"},
		{"the first that is one", []string{"<b>.example.", "a_b-1.example."}, "a_b-1.example"},
		{"a long one", []string{strings.Repeat("a", 200) + "."}, strings.Repeat("a", 63) + "…"},
		{"none", nil, ""},
		{"markup", []string{"<script>.example."}, ""},
		{"a query of ours", []string{"x OR severity:debug+."}, ""},
		{"control characters", []string{"a\x1b[2Jb.example."}, ""},
		{"right to left", []string{"a\u202eb.example."}, ""},
		{"only a dot", []string{"."}, ""},
		{"too long", []string{strings.Repeat("a", 300)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := hostName(tt.answer); got != tt.want {
				t.Errorf("hostName(%q) = %q, want %q", tt.answer, got, tt.want)
			}
		})
	}
}

func FuzzShownText(f *testing.F) {
	f.Add("OLT-1")
	f.Add("a\u202e\x00\xffb")
	f.Fuzz(func(t *testing.T, s string) {
		got := shownText(s)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > shownName || strings.ContainsAny(got, "\x00\n\r\t\x1b\u202e") {
			t.Fatalf("shownText(%q) = %q", s, got)
		}
	})
}

// resolver is the world outside.
type resolver struct {
	asked  []string
	answer func(ctx context.Context, address string) ([]string, error)
}

func (r *resolver) names() *names {
	n := newNames(false, slog.New(slog.DiscardHandler))
	n.asks.Store(true)
	n.lookup = func(ctx context.Context, address string) ([]string, error) {
		r.asked = append(r.asked, address)
		return r.answer(ctx, address)
	}
	return n
}

func TestNames(t *testing.T) {
	device := netip.MustParseAddr("192.0.2.7")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		answer, failure := []string{"olt7.example.net."}, error(nil)
		r := &resolver{answer: func(context.Context, string) ([]string, error) { return answer, failure }}
		n := r.names()
		done := make(chan error)
		go func() { done <- n.run(ctx) }() // ends with cancel
		expect := func(what, want string, asked int) {
			t.Helper()
			synctest.Wait()
			if got := n.called(device); got != want || len(r.asked) != asked {
				t.Errorf("%s: %q after %d questions, want %q after %d", what, got, len(r.asked), want, asked)
			}
		}
		n.heard(device, "OLT-7\x1b")
		if got := n.called(device); got != "OLT-7 (hostname)" {
			t.Errorf("before the answer: %q", got)
		}
		expect("after the answer", "olt7.example.net (dns)", 1)
		time.Sleep(nameFor - time.Minute) // in the time of the bubble
		expect("while it holds", "olt7.example.net (dns)", 1)
		time.Sleep(2 * time.Minute) // in the time of the bubble
		failure = errors.New("the name server is away")
		n.called(device)
		expect("while it cannot be asked again", "olt7.example.net (dns)", 2)
		time.Sleep(failedFor + time.Second) // in the time of the bubble
		failure = &net.DNSError{Err: "no such host", IsNotFound: true}
		n.called(device)
		expect("after it was taken away", "OLT-7 (hostname)", 3)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A name server that does not answer costs one question every two seconds and
// then one a minute; nobody waits for it, and forged senders take no memory.
func TestNamesOfAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r := &resolver{answer: func(ctx context.Context, _ string) ([]string, error) { <-ctx.Done(); return nil, ctx.Err() }}
		n := r.names()
		done := make(chan error)
		go func() { done <- n.run(ctx) }() // ends with cancel
		start := time.Now()
		a := netip.MustParseAddr("198.18.0.0")
		for range 100_000 {
			a = a.Next()
			n.heard(a, "forged")
		}
		if time.Since(start) != 0 {
			t.Error("somebody waited")
		}
		time.Sleep(10 * time.Minute) // in the time of the bubble
		synctest.Wait()
		if len(r.asked) > 20 {
			t.Errorf("asked %d times in ten minutes", len(r.asked))
		}
		n.mu.Lock()
		if len(n.dns) > namesKept || len(n.hosts) > namesKept {
			t.Errorf("%d and %d names are remembered", len(n.dns), len(n.hosts))
		}
		n.mu.Unlock()
		cancel()
		<-done
	})
}

func TestAddressesAreNoNames(t *testing.T) {
	n := newNames(false, nil)
	device := netip.MustParseAddr("192.0.2.7")
	for _, host := range []string{"0.0.0.0", "192.0.2.7", "10.1.1.1", "::", "fe80::1", " 0.0.0.0\n"} {
		n.heard(device, host)
		if got := n.called(device); got != "" {
			t.Errorf("%q is called %q", host, got)
		}
	}
}

func TestNamesAreNotAskedForByDefault(t *testing.T) {
	n := newNames(false, nil)
	device := netip.MustParseAddr("192.0.2.7")
	n.heard(device, "192.0.2.7")
	if got := n.called(device); got != "" || len(n.wanted) != 0 {
		t.Errorf("called %q, %d wait to be asked for", got, len(n.wanted))
	}
}
