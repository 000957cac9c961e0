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
	for _, list := range []struct {
		key       string
		addresses []string
	}{{"udp", l.UDP}, {"tcp", l.TCP}, {"tls", l.TLS}} {
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
		} else if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
			p.Hint = fmt.Sprintf("did you mean %q?", net.JoinHostPort(a.String(), "514"))
		} else if i := strings.LastIndexByte(text, ':'); i > 0 && strings.Count(text, ":") > 1 {
			p.Hint = fmt.Sprintf(`an IPv6 address stands in brackets: "[%s]%s"`, strings.Trim(text[:i], "[]"), text[i:])
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
	for _, s := range cfg.Listen.UDP {
		udp = take(udp, "listen", "udp", s)
	}
	for _, s := range cfg.Listen.TCP {
		tcp = take(tcp, "listen", "tcp", s)
	}
	for _, s := range cfg.Listen.TLS {
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

func (c checker) console(s *Console) {
	pl := section("console")
	if s.Listen == "" {
		return
	}
	e, p := parseListen(s.Listen)
	if p == nil && !e.ip.IsLoopback() {
		p = &Problem{
			Have: quote(s.Listen),
			Want: fmt.Sprintf(`must be an address of this machine only, such as "127.0.0.1:%d": the console has no password yet, so others must not reach it`, e.port),
			Hint: fmt.Sprintf("from another machine: ssh -L %d:127.0.0.1:%d this-machine, then open http://127.0.0.1:%d", e.port, e.port, e.port),
		}
	}
	if p != nil {
		c.add(pl, "listen", "", *p)
	}
}
