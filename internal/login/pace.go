package login

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Limits of wrong passwords. AdGuard Home has the same for an address.
const (
	failuresPerAddress = 5
	failuresFor        = 15 * time.Minute
	attemptsInAll      = 30
	attemptsFor        = time.Minute
	rightsOfUser       = 10 // right passwords of a user in attemptsFor
)

// pace says whether a password may be tried. An attempt counts as wrong until
// it turns out to be right, so a thousand at once are no more than five. Since
// all addresses together have 30 a minute, the table holds at most 15 times that.
// A right one takes a turn of its user alone: who has one password keeps nobody
// else from signing in.
type pace struct {
	mu       sync.Mutex
	failures map[netip.Prefix][]time.Time // oldest first, at most failuresPerAddress
	attempts []time.Time                  // of the last minute that are not known to be right, oldest first
	rights   map[string][]time.Time       // by user, those of the last minute, oldest first
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

// begin takes an attempt from an address at the password of a name, or says
// after how long there may be one.
func (p *pace) begin(from netip.Addr, name string, now time.Time) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(now)
	n := Network(from)
	if f := p.failures[n]; len(f) >= failuresPerAddress {
		return f[0].Add(failuresFor).Sub(now)
	}
	if r := p.rights[name]; len(r) >= rightsOfUser {
		return r[0].Add(attemptsFor).Sub(now)
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

// right takes an attempt back, begun at a time, which was at the right password
// of a user. Earlier wrong ones stay: who knows one password must not get any
// number of guesses at another.
func (p *pace) right(from netip.Addr, name string, begun time.Time) {
	p.takeBack(from, begun)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rights == nil {
		p.rights = map[string][]time.Time{}
	}
	p.rights[name] = append(p.rights[name], begun)
}

// takeBack makes an attempt, begun at a time, one that was not.
func (p *pace) takeBack(from netip.Addr, begun time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := Network(from)
	if p.failures[n] = without(p.failures[n], begun); len(p.failures[n]) == 0 {
		delete(p.failures, n)
	}
	p.attempts = without(p.attempts, begun)
}

// without returns times, but for one that is t.
func without(times []time.Time, t time.Time) []time.Time {
	i := slices.IndexFunc(times, t.Equal)
	if i < 0 {
		return times
	}
	return slices.Concat(times[:i], times[i+1:])
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
	for name, r := range p.rights {
		if r = after(r, now.Add(-attemptsFor)); len(r) == 0 {
			delete(p.rights, name)
		} else {
			p.rights[name] = r
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
