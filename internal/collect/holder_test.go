//go:build linux || windows

package collect

import (
	"net"
	"os"
	"testing"
)

func TestHolderOfAPort(t *testing.T) {
	for _, proto := range []string{"udp", "tcp"} {
		for _, tt := range []struct{ name, listen, ask string }{
			{"same", "127.0.0.1:0", "127.0.0.1"},
			{"all asked", "127.0.0.1:0", ""},
			{"all asked, v4", "127.0.0.1:0", "0.0.0.0"},
			{"all held", ":0", "127.0.0.1"},
			{"all held and asked", ":0", ""},
			{"v6", "[::1]:0", "::1"},
			{"v6, all asked", "[::1]:0", "::"},
			{"name", "127.0.0.1:0", "localhost"},
		} {
			t.Run(proto+" "+tt.name, func(t *testing.T) {
				addr, free := occupy(t, proto, tt.listen)
				_, port, _ := net.SplitHostPort(addr)
				ask := net.JoinHostPort(tt.ask, port)
				name, pid, ok := Holder(proto, ask)
				if !ok || pid != os.Getpid() || name != thisProgram(t) {
					t.Errorf("Holder(%q) = %q, %d, %v", ask, name, pid, ok)
				}
				free()
				if name, pid, ok := Holder(proto, ask); ok {
					t.Errorf("free, but Holder(%q) = %q, %d", ask, name, pid)
				}
			})
		}
	}
	for _, address := range []string{"", "514", "127.0.0.1:0", "127.0.0.1:99999", "no.such.host.invalid:514"} {
		if name, pid, ok := Holder("udp", address); ok {
			t.Errorf("Holder(%q) = %q, %d", address, name, pid)
		}
	}
}
