package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

func (c checker) listen(l *Listen) {
	pl := section("listen")
	// A list that could not be read is complained about already.
	if len(l.UDP)+len(l.TCP)+len(l.TLS) == 0 && !c.seen["listen.udp"] && !c.seen["listen.tcp"] && !c.seen["listen.tls"] {
		c.add(place{}, "listen", "", Problem{Want: "nothing would be received: udp, tcp and tls are all empty", Hint: `give one of them an address: udp = [":514"]`, missing: true})
	}
	for _, list := range []struct {
		key       string
		addresses []string
	}{{"udp", l.UDP}, {"tcp", l.TCP}, {"tls", l.TLS}} {
		if len(list.addresses) > maxAddresses {
			c.add(pl, list.key, "", Problem{Have: fmt.Sprintf("%d addresses", len(list.addresses)), Want: fmt.Sprintf("must be at most %d", maxAddresses)})
			continue
		}
		for i, text := range list.addresses {
			if _, p := parseListen(text); p != nil {
				c.add(pl, list.key, fmt.Sprintf("#%d", i+1), *p)
			}
		}
	}
	for _, f := range []struct{ key, path string }{{"tls_cert", l.TLSCert}, {"tls_key", l.TLSKey}, {"tls_client_ca", l.TLSClientCA}} {
		c.path(pl, f.key, f.path)
	}
	for _, f := range []struct{ key, path, other, otherPath string }{
		{"tls_cert", l.TLSCert, "tls_key", l.TLSKey}, {"tls_key", l.TLSKey, "tls_cert", l.TLSCert},
	} {
		switch {
		case f.path != "":
		case len(l.TLS) > 0:
			c.add(pl, f.key, "", Problem{Want: "must name a PEM file, since listen.tls is set", missing: true})
		case f.otherPath != "":
			c.add(pl, f.key, "", Problem{Want: fmt.Sprintf("must name a PEM file, since listen.%s is set", f.other), missing: true})
		}
	}
	c.size(pl, "receive_buffer", l.ReceiveBuffer, 0, 1<<30)
	c.size(pl, "max_message", l.MaxMessage, 1<<10, 256<<10)
}

// maxAddresses bounds each list of addresses to listen on: each is a socket with
// buffers of its own.
const maxAddresses = 100

// An endpoint is an address to listen on.
type endpoint struct {
	ip   netip.Addr // invalid = all addresses
	port int
}

// parseListen reads "host:port". The host is empty, an IP address or localhost:
// other names might mean another address tomorrow.
func parseListen(text string) (endpoint, *Problem) {
	p := &Problem{Have: quote(text), Want: "must be host:port, with host left empty for all addresses"}
	host, portText, err := net.SplitHostPort(text)
	if err != nil {
		if n, err := strconv.Atoi(text); err == nil && validPort(n) {
			p.Hint = fmt.Sprintf(`did you mean ":%d"?`, n)
		} else if likely := bracketed(text); likely != "" {
			p.Hint = fmt.Sprintf("did you mean %q?", likely)
		} else if strings.Contains(text, "://") {
			p.Hint = "leave out what stands before the host and after the port"
		}
		return endpoint{}, p
	}
	port, err := strconv.Atoi(portText)
	if err != nil || !validPort(port) {
		p.Want = "the port must be a number from 1 to 65535"
		if strings.EqualFold(portText, "syslog") {
			p.Hint = fmt.Sprintf("did you mean %q?", net.JoinHostPort(host, "514"))
		}
		return endpoint{}, p
	}
	e := endpoint{port: port}
	switch {
	case host == "":
	case strings.EqualFold(host, "localhost"):
		e.ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	default:
		a, err := netip.ParseAddr(host)
		if err != nil {
			p.Want = `the host must be an IP address of this machine, or empty for all addresses`
			if host == "*" {
				p.Hint = fmt.Sprintf(`did you mean ":%d"?`, port)
			}
			return endpoint{}, p
		}
		if a = a.Unmap(); a != netip.IPv6Unspecified() {
			e.ip = a
		}
	}
	return e, nil
}

// bracketed returns what is most likely meant by an IP address without a port,
// or with a port and without brackets; "" for anything else.
func bracketed(text string) string {
	text = strings.Trim(text, "[]")
	if i := strings.LastIndexByte(text, ':'); i > 0 {
		a, err := netip.ParseAddr(strings.Trim(text[:i], "[]"))
		if n, portErr := strconv.Atoi(text[i+1:]); err == nil && portErr == nil && n > 99 && validPort(n) {
			return net.JoinHostPort(a.String(), text[i+1:])
		}
	}
	if a, err := netip.ParseAddr(text); err == nil {
		return net.JoinHostPort(a.String(), "514")
	}
	return ""
}

func validPort(n int) bool { return n >= 1 && n <= 65_535 }

// overlaps reports whether the system refuses to open both.
func (e endpoint) overlaps(f endpoint) bool {
	if e.port != f.port {
		return false
	}
	any4 := netip.IPv4Unspecified()
	switch {
	case !e.ip.IsValid() || !f.ip.IsValid() || e.ip == f.ip:
		return true
	case e.ip == any4:
		return f.ip.Is4()
	case f.ip == any4:
		return e.ip.Is4()
	}
	return false
}

// overlaps tells which addresses to listen on cannot be had together.
func (c checker) overlaps(cfg *Config) {
	type user struct {
		section, key, text string
		endpoint
	}
	var udp, tcp []user
	take := func(users []user, section, key, text string) []user {
		if e, p := parseListen(text); p == nil {
			users = append(users, user{section, key, text, e})
		}
		return users
	}
	for _, s := range cfg.Listen.UDP[:min(maxAddresses, len(cfg.Listen.UDP))] {
		udp = take(udp, "listen", "udp", s)
	}
	for _, s := range cfg.Listen.TCP[:min(maxAddresses, len(cfg.Listen.TCP))] {
		tcp = take(tcp, "listen", "tcp", s)
	}
	for _, s := range cfg.Listen.TLS[:min(maxAddresses, len(cfg.Listen.TLS))] {
		tcp = take(tcp, "listen", "tls", s)
	}
	tcp = take(tcp, "console", "listen", cfg.Console.Listen)
	for _, users := range [][]user{udp, tcp} {
		for i, u := range users {
			for _, earlier := range users[:i] {
				if !u.overlaps(earlier.endpoint) {
					continue
				}
				want := fmt.Sprintf("is the port of %q in %s.%s already", earlier.text, earlier.section, earlier.key)
				if u.text == earlier.text && u.key == earlier.key {
					want = "is there a second time"
				}
				c.add(section(u.section), u.key, "="+u.text, Problem{Have: quote(u.text), Want: want, Hint: "each address and port once"})
				break
			}
		}
	}
}
