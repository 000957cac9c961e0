package engine

import (
	"net"
	"net/netip"
	"slices"
	"strconv"

	"github.com/logboom/logboom/internal/console"
)

// mostAddresses bounds those that people are shown to choose from.
const mostAddresses = 50

// reach tells where devices may send to: the ports that listen, and the addresses
// on which they do. An address may be another one for devices behind a router.
func (e *Engine) reach() console.Reach {
	var out console.Reach
	var bound []netip.Addr
	all := false
	for _, l := range e.collector.Listeners() {
		host, port, err := net.SplitHostPort(l.Address)
		n, err2 := strconv.Atoi(port)
		if l.Removed || err != nil || err2 != nil {
			continue
		}
		if p := (console.Port{Protocol: l.Proto, Port: n}); !slices.Contains(out.Ports, p) {
			out.Ports = append(out.Ports, p)
		}
		if a, err := netip.ParseAddr(host); err == nil && !a.IsUnspecified() {
			bound = append(bound, a.Unmap())
		} else {
			all = true
		}
	}
	if all {
		bound = append(bound, interfaceAddresses()...)
	}
	out.Addresses = sendable(bound)
	return out
}

// interfaceAddresses returns those of this machine; none where it does not tell.
func interfaceAddresses() (out []netip.Addr) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, x := range list {
		if p, err := netip.ParsePrefix(x.String()); err == nil {
			out = append(out, p.Addr().Unmap())
		}
	}
	return out
}

// sendable returns those of addresses that a device can send to, the likeliest
// first: private ones of IPv4, then others of IPv4, then IPv6. Loopback is there
// only if nothing else is.
func sendable(addresses []netip.Addr) []string {
	rank := func(a netip.Addr) int {
		switch {
		case a.IsLoopback():
			return 3
		case a.Is4() && a.IsPrivate():
			return 0
		case a.Is4():
			return 1
		}
		return 2
	}
	var found []netip.Addr
	for _, a := range addresses {
		if (a.IsGlobalUnicast() || a.IsLoopback()) && !slices.Contains(found, a) {
			found = append(found, a)
		}
	}
	slices.SortStableFunc(found, func(a, b netip.Addr) int { return rank(a) - rank(b) })
	var out []string
	for _, a := range found {
		if a.IsLoopback() && len(out) > 0 || len(out) == mostAddresses {
			break
		}
		out = append(out, a.String())
	}
	return out
}
