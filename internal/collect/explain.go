package collect

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// explain turns the error of opening an address into one that says what is in
// the way and what to do. It also reports whether it saw who holds the port.
func explain(proto, address string, err error) (explained error, seen bool) {
	var port *net.OpError
	if !errors.As(err, &port) { // about a file, such as a certificate
		return fmt.Errorf("opening %s %s: %w", proto, address, err), false
	}
	inUse, denied := errors.Is(err, errInUse), errors.Is(err, errDenied)
	if inUse || denied { // one look only: at the second the holder may be gone
		if name, pid, ok := Holder(proto, address); ok {
			return fmt.Errorf("opening %s %s: the port is held by %q (pid %d); stop that program, or listen on another port: %w", proto, address, name, pid, cause(err)), true
		}
	}
	switch {
	case inUse:
		err = fmt.Errorf("opening %s %s: the port is held by another program; %s: %w", proto, address, holderHint(proto, address), cause(err))
	case denied:
		err = fmt.Errorf("opening %s %s: the right to open this port is missing; %s: %w", proto, address, rightHint(proto, address), cause(err))
	case errors.Is(err, errNoAddress):
		err = fmt.Errorf("opening %s %s: this machine does not have that address, or not yet: %w", proto, address, cause(err))
	default:
		err = fmt.Errorf("opening %s %s: %w", proto, address, cause(err))
	}
	return err, false
}

// cause leaves out what package net says around the error of the system: the
// address is in our sentence already.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// Holder returns the name and id of the process that has proto ("udp", "tcp" or
// "tls") open on address ("host:port", an empty host for all addresses), or on
// one that overlaps with it. It reports false if there is none, or the system
// does not let us see which.
func Holder(proto, address string) (name string, pid int, ok bool) {
	w, ok := parseWanted(proto, address)
	if !ok {
		return "", 0, false
	}
	return holder(w)
}

// wanted is a port that we would like to open.
type wanted struct {
	udp  bool
	port uint16
	host netip.Addr // unspecified: all
}

func parseWanted(proto, address string) (w wanted, ok bool) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return w, false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return w, false
	}
	w = wanted{udp: proto == "udp", port: uint16(n), host: netip.IPv6Unspecified()}
	if host != "" {
		a, err := netip.ParseAddr(host)
		if err != nil {
			ip, err := net.ResolveIPAddr("ip", host)
			if err != nil {
				return w, false
			}
			a, _ = netip.AddrFromSlice(ip.IP)
		}
		w.host = a.Unmap().WithZone("")
	}
	return w, true
}

// clashes reports whether a socket on host and port is in the way of w.
func (w wanted) clashes(host netip.Addr, port uint16) bool {
	host = host.Unmap()
	switch {
	case port != w.port:
		return false
	case host == w.host:
		return true
	case w.host == netip.IPv6Unspecified(), host == netip.IPv6Unspecified():
		return true // all addresses of both families
	}
	return host.Is4() == w.host.Is4() && (host.IsUnspecified() || w.host.IsUnspecified())
}
