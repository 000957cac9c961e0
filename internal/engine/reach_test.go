package engine

import (
	"net/netip"
	"strings"
	"testing"
)

func TestAddressesToSendTo(t *testing.T) {
	for _, tt := range []struct{ name, of, want string }{
		{"private ones first, loopback not", "127.0.0.1 ::1 203.0.113.5 2001:db8::1 fe80::1 10.0.0.5", "10.0.0.5 203.0.113.5 2001:db8::1"},
		{"nothing but loopback", "127.0.0.1 ::1", "127.0.0.1"},
		{"twice, multicast, none", "10.0.0.5 10.0.0.5 224.0.0.1 0.0.0.0", "10.0.0.5"},
		{"nothing", "", ""},
	} {
		var list []netip.Addr
		for _, s := range strings.Fields(tt.of) {
			list = append(list, netip.MustParseAddr(s))
		}
		if got := strings.Join(sendable(list), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestReachOfAServer(t *testing.T) {
	s := start(t, testConfig(t, ""))
	r := s.e.reach()
	if len(r.Ports) == 0 || r.Ports[0].Protocol != "udp" || r.Ports[0].Port == 0 || strings.Join(r.Addresses, " ") != "127.0.0.1" {
		t.Errorf("%+v", r)
	}
}
