package console

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// forwarding are the headers by which a reverse proxy shows that somebody else
// asks, and forwardingAs what others begin with, in the spelling of [http.Header].
// Nothing in them is believed but that.
var (
	forwarding   = []string{"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip", "Fastly-Client-Ip"}
	forwardingAs = []string{"X-Forwarded", "X-Original-", "Cf-"}
)

// remoteAddr returns the address that a request came from; the zero Addr if
// there is none.
func remoteAddr(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}

// localAddr returns the address of ours that a request came to; the zero Addr
// if it came over no network.
func localAddr(r *http.Request) netip.Addr {
	a, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return addrOf(a)
}

// onMachine reports whether a program of this machine made the connection of a
// request, for whomever.
func onMachine(r *http.Request) bool {
	remote := remoteAddr(r)
	return remote.IsLoopback() || remote.IsValid() && remote == localAddr(r)
}

// fromHere reports whether a request was made on this machine, and, as far as
// it can be seen, by a proxy for nobody else.
func (c *Console) fromHere(r *http.Request) bool {
	// Some proxies say nothing, but speak HTTP/1.0; no browser does.
	if !onMachine(r) || !r.ProtoAtLeast(1, 1) {
		return false
	}
	for h := range r.Header {
		if slices.Contains(forwarding, h) || slices.ContainsFunc(forwardingAs, func(begin string) bool { return strings.HasPrefix(h, begin) }) {
			return false
		}
	}
	// Others say nothing and put our address in the place of the name that the
	// browser has asked for, or hand that name on.
	for _, h := range []string{"Origin", "Referer"} {
		for _, v := range r.Header.Values(h) {
			if u, err := url.Parse(v); err != nil || !strings.EqualFold(u.Host, r.Host) {
				return false
			}
		}
	}
	return !c.hosts.given(r.Host)
}
