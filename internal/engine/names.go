package engine

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of what is asked of name servers and remembered of the answers.
const (
	namesKept   = 20_000 // devices whose names are remembered
	namesWanted = 1000   // devices whose names wait to be asked for; more ask again later
	nameWait    = 50 * time.Millisecond
	nameTimeout = 2 * time.Second
	nameFor     = 6 * time.Hour // an answer holds
	noNameFor   = time.Hour     // as does that there is none
	failedFor   = 10 * time.Minute
	// After so many failures in a row nothing is asked for a while: the name
	// server is away.
	nameFailures = 5
	namePause    = time.Minute
	shownName    = 64 // characters of a name that others chose
)

// names knows what devices are called that have no name in the settings: by
// reverse DNS, if people want that, or as they call themselves. Both are what
// others chose, so they are shown with where they are from, and nothing is
// decided by them. Any goroutine may ask; nobody waits for a name server.
type names struct {
	lookup func(ctx context.Context, address string) ([]string, error)
	asks   atomic.Bool // name servers
	log    *slog.Logger
	wanted chan netip.Addr

	mu    sync.Mutex
	dns   map[netip.Addr]dnsName
	hosts map[netip.Addr]string // shown form of what they call themselves
}

type dnsName struct {
	name  string // "" = it has none, or it is being asked for
	until time.Time
}

func newNames(reverse bool, log *slog.Logger) *names {
	n := &names{log: log, lookup: net.DefaultResolver.LookupAddr, wanted: make(chan netip.Addr, namesWanted), dns: map[netip.Addr]dnsName{}, hosts: map[netip.Addr]string{}}
	n.asks.Store(reverse)
	return n
}

// called returns what to show for a device that has no name in the settings:
// "olt1.example.net (dns)", or "OLT-1 (hostname)"; "" if it has no name at all.
func (n *names) called(a netip.Addr) string {
	if name := n.reverse(a); name != "" {
		return name + " (dns)"
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if host := n.hosts[a]; host != "" {
		return host + " (hostname)"
	}
	return ""
}

// reverse returns the name of a device by DNS, "" if that is not known, or not
// yet: then it is asked for.
func (n *names) reverse(a netip.Addr) string {
	if !n.asks.Load() {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	d, known := n.dns[a]
	if (!known || time.Now().After(d.until)) && (known || n.room()) {
		select {
		case n.wanted <- a:
			// Not again until this has had its turn; the old name stays so long.
			n.dns[a] = dnsName{d.name, time.Now().Add(failedFor)}
		default:
		}
	}
	return d.name
}

// room reports whether one more may be remembered; it forgets what is old.
func (n *names) room() bool {
	if len(n.dns) < namesKept {
		return true
	}
	now := time.Now()
	for a, d := range n.dns {
		if now.After(d.until) {
			delete(n.dns, a)
		}
	}
	return len(n.dns) < namesKept
}

// heard takes note of a device, and of what it calls itself.
func (n *names) heard(a netip.Addr, host string) {
	n.reverse(a)
	host = ownName(host)
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.hosts[a]; host != "" && (known || len(n.hosts) < namesKept) {
		n.hosts[a] = host
	}
}

// ownName returns how to show what a device calls itself, "" if that is no name:
// addresses are none. Much equipment sends 0.0.0.0.
func ownName(host string) string {
	host = shownText(host)
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}

// run asks name servers, one question after the other, until ctx is done.
func (n *names) run(ctx context.Context) error {
	failures := 0
	for {
		var a netip.Addr
		select {
		case <-ctx.Done():
			return nil
		case a = <-n.wanted:
		}
		asking, cancel := context.WithTimeout(ctx, nameTimeout)
		found, err := n.lookup(asking, a.Unmap().WithZone("").String())
		cancel()
		answer := dnsName{until: time.Now().Add(noNameFor)}
		var none *net.DNSError
		isNone := errors.As(err, &none) && none.IsNotFound
		switch {
		case err == nil:
			if answer.name = hostName(found); answer.name != "" {
				answer.until = time.Now().Add(nameFor)
			}
		case !isNone:
			answer.until = time.Now().Add(failedFor)
		}
		n.mu.Lock()
		if err != nil && !isNone {
			answer.name = n.dns[a].name // the old one, better than none
		}
		n.dns[a] = answer
		n.mu.Unlock()
		wait := nameWait
		if failures++; err == nil || isNone {
			failures = 0
		} else if failures >= nameFailures {
			n.log.Debug("name servers do not answer", "address", a, "error", err)
			wait = namePause
		}
		pause(ctx, wait)
	}
}

// hostName returns the first name of an answer that is one, without the dot at
// its end: letters, digits, hyphens, underscores and dots (RFC 1123 section
// 2.1), since the answer may hold anything. "" if there is none.
func hostName(answer []string) string {
	for _, name := range answer[:min(len(answer), 10)] {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		ok := name != "" && len(name) <= 253
		for _, c := range []byte(name) {
			ok = ok && ('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.')
		}
		if ok {
			return shownText(name)
		}
	}
	return ""
}

// shownText returns a name that others chose, without what cannot be seen, at
// most shownName characters of it.
func shownText(name string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name))
	if runes := []rune(name); len(runes) > shownName {
		return string(runes[:shownName-1]) + "…"
	}
	return name
}
