package login

import (
	"net/netip"
	"sync"
	"time"
)

// Limits of wrong passwords. AdGuard Home has the same for an address.
const (
	failuresPerAddress = 5
	failuresFor        = 15 * time.Minute
	attemptsInAll      = 30
	attemptsFor        = time.Minute
)

// pace says whether a password may be tried. An attempt counts as wrong until
// it turns out to be right, so a thousand at once are no more than five. Since
// all addresses together have 30 a minute, the table holds at most 15 times that.
type pace struct {
	mu       sync.Mutex
	failures map[netip.Prefix][]time.Time // oldest first, at most failuresPerAddress
	attempts []time.Time                  // of the last minute, oldest first
}

// Network is what counts as one address: whoever has an IPv6 network of 64 bits
// has all addresses in it.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the zero Prefix for the zero Addr, which is one address then
	return p
}

// begin takes an attempt from an address, or says after how long there may be
// one.
func (p *pace) begin(from netip.Addr, now time.Time) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(now)
	n := Network(from)
	if f := p.failures[n]; len(f) >= failuresPerAddress {
		return f[0].Add(failuresFor).Sub(now)
	}
	if len(p.attempts) >= attemptsInAll {
		return p.attempts[0].Add(attemptsFor).Sub(now)
	}
	if p.failures == nil {
		p.failures = map[netip.Prefix][]time.Time{}
	}
	p.failures[n] = append(p.failures[n], now)
	p.attempts = append(p.attempts, now)
	return 0
}

// right takes back that an attempt, begun at a time, counts as wrong. Earlier
// wrong ones stay: who knows one password must not get any number of guesses at
// another.
func (p *pace) right(from netip.Addr, begun time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := Network(from)
	for i, at := range p.failures[n] {
		if at.Equal(begun) {
			if p.failures[n] = append(p.failures[n][:i:i], p.failures[n][i+1:]...); len(p.failures[n]) == 0 {
				delete(p.failures, n)
			}
			return
		}
	}
}

// forget removes what is over.
func (p *pace) forget(now time.Time) {
	for n, f := range p.failures {
		if f = after(f, now.Add(-failuresFor)); len(f) == 0 {
			delete(p.failures, n)
		} else {
			p.failures[n] = f
		}
	}
	p.attempts = after(p.attempts, now.Add(-attemptsFor))
}

// after returns those of times, oldest first, that are later than t.
func after(times []time.Time, t time.Time) []time.Time {
	for len(times) > 0 && !times[0].After(t) {
		times = times[1:]
	}
	return times
}
