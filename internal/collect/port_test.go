package collect

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// occupy opens a port as another program would.
func occupy(t *testing.T, network, address string) (addr string, free func()) {
	t.Helper()
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	if strings.HasPrefix(network, "udp") {
		c, err := config.ListenPacket(t.Context(), network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c.LocalAddr().String(), func() { c.Close() }
	}
	l, err := config.Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String(), func() { l.Close() }
}

// unheld is a port that nobody has, of either protocol, and that no connection
// of other tests is given while it waits: it is below the ranges from which the
// systems take the ports of connections.
func unheld(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20_000 + rand.IntN(10_000))
		u, err := net.ListenPacket("udp", ":"+port)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", ":"+port)
		u.Close()
		if err != nil {
			continue
		}
		l.Close()
		return port
	}
	t.Fatal("no port is free")
	return ""
}

func thisProgram(t *testing.T) string {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Base(exe)
}

func TestClashes(t *testing.T) {
	tests := []struct {
		ask, held string
		want      bool
	}{
		{"127.0.0.1:514", "127.0.0.1:514", true},
		{"127.0.0.1:514", "127.0.0.1:515", false},
		{"127.0.0.1:514", "127.0.0.2:514", false},
		{"127.0.0.1:514", "[::ffff:127.0.0.1]:514", true},
		{"127.0.0.1:514", "[::1]:514", false},
		{"127.0.0.1:514", "[::]:514", true},
		{":514", "127.0.0.1:514", true},
		{"0.0.0.0:514", "[::1]:514", false},
		{"[::]:514", "127.0.0.1:514", true},
	}
	for _, tt := range tests {
		w, ok := parseWanted("udp", tt.ask)
		held := netip.MustParseAddrPort(tt.held)
		if got := w.clashes(held.Addr(), held.Port()); !ok || got != tt.want {
			t.Errorf("%s and %s clash: %v, want %v", tt.ask, tt.held, got, tt.want)
		}
	}
}

// A port in use is named with its holder, others go on, and it is opened when
// it becomes free. The log says so once, not at every attempt.
func TestPortInUse(t *testing.T) {
	for _, proto := range []string{"udp", "tcp"} {
		t.Run(proto, func(t *testing.T) {
			addr, free := occupy(t, proto, "127.0.0.1:0")
			o := Options{UDP: []string{"127.0.0.1:0"}, Retry: 5 * time.Millisecond}
			i := 0
			if proto == "udp" {
				o.UDP = []string{addr, "127.0.0.1:0"}
			} else {
				o.TCP, i = []string{addr}, 1
			}
			s := serve(t, o)
			l := s.Listeners()[i]
			if want := fmt.Sprintf("held by %q (pid %d)", thisProgram(t), os.Getpid()); l.Open || l.Address != addr || !strings.Contains(l.Error, want) {
				t.Errorf("%+v, want it to say %s", l, want)
			}
			send(t, dial(t, "udp", "", s.address(1-i)), "others go on")
			wantRaw(t, s.take(1), "others go on")

			free()
			eventually(t, "it is open", func() bool { l = s.Listeners()[i]; return l.Open })
			if l.Error != "" {
				t.Errorf("open, but %s", l.Error)
			}
			send(t, dial(t, proto, "", addr), "here\n")
			wantRaw(t, s.take(1), "here")
			if log := s.log.String(); strings.Count(log, "cannot listen") != 1 || !strings.Contains(log, "could not be opened before") {
				t.Errorf("log:\n%s", log)
			}
		})
	}
}

func TestAllAddressesOfBothFamiliesSideBySide(t *testing.T) {
	port := unheld(t)
	s := serve(t, Options{UDP: []string{"0.0.0.0:" + port, "[::]:" + port}, TCP: []string{"[::]:" + port}})
	send(t, dial(t, "udp", "", "127.0.0.1:"+port), "four")
	send(t, dial(t, "udp", "", "[::1]:"+port), "six")
	got := map[string]int{}
	for _, m := range s.take(2) {
		got[m.raw] = m.listener
	}
	if got["four"] != 0 || got["six"] != 1 {
		t.Errorf("listeners: %v", got)
	}
	// Alone, "::" is all addresses of both families.
	send(t, dial(t, "tcp", "", "127.0.0.1:"+port), "tcp\n")
	wantRaw(t, s.take(1), "tcp")
}

func TestErrorsOfOpeningSayWhatToDo(t *testing.T) {
	_, noAddress := (&net.ListenConfig{}).ListenPacket(context.Background(), "udp", "192.0.2.1:0")
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"address of another machine", noAddress, "this machine does not have that address"},
		{"no right", bind(errDenied), map[string]string{
			"linux": "setcap cap_net_bind_service=+ep", "windows": "excludedportrange"}[runtime.GOOS]},
		{"file that may not be read", &os.PathError{Op: "open", Path: "key.pem", Err: errDenied}, "open key.pem"},
		{"held by someone we may not see", bind(errInUse), map[string]string{
			"linux": "sudo ss -lunp 'sport = :1'", "windows": "netstat -ano"}[runtime.GOOS]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.err == nil {
				t.Fatal("no error to explain")
			}
			err, seen := explain("udp", "192.0.2.1:1", tt.err)
			if got := err.Error(); seen || !strings.Contains(got, tt.want) || !strings.HasPrefix(got, "opening udp 192.0.2.1:1: ") {
				t.Errorf("got %s\nwant it to say %q", got, tt.want)
			}
		})
	}
}

func bind(err error) error {
	return &net.OpError{Op: "listen", Net: "udp", Err: os.NewSyscallError("bind", err)}
}
