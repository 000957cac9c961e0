package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What goes through the network as one arrives as the datagrams it was made of,
// with or without a system that takes them together.
func TestMessagesInARowArriveAsDatagrams(t *testing.T) {
	type message struct {
		device int
		text   string
	}
	row := func(device, n, size int) (list []message) {
		for i := range n {
			list = append(list, message{device, fmt.Sprintf("%04d%s", i, strings.Repeat("x", size-4))})
		}
		return list
	}
	for name, messages := range map[string][]message{
		"one":                           {{0, "<13>a"}},
		"of one length":                 row(3, 8, 150),
		"a shorter one ends the row":    append(row(3, 4, 150), message{3, "short"}, message{3, "another"}, message{3, "one more, longer"}),
		"a longer one begins a new row": {{1, "aa"}, {1, "aa"}, {1, "aaa"}, {1, "aaa"}},
		"of several devices":            append(append(row(1, 3, 20), row(2, 2, 20)...), row(1, 3, 20)...),
		"empty ones":                    {{1, "a"}, {1, ""}, {1, ""}, {1, "b"}},
		"more than a datagram holds":    row(0, 3, 40_000),
		"a last one that has no room":   append(row(0, 1, 40_000), row(0, 1, 30_000)...),
		"as many as there may be":       row(0, maxBurst, 9),
	} {
		for _, refused := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, refused %t", name, refused), func(t *testing.T) {
				server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
				if err != nil {
					t.Fatal(err)
				}
				defer server.Close()
				w, err := dialUDP(server.LocalAddr().(*net.UDPAddr).AddrPort(), 4)
				if err != nil {
					t.Fatal(err)
				}
				defer w.Close()
				if refused { // Linux makes no segments without checksums
					if err := w.(*manyWire).raw.Control(func(fd uintptr) {
						err = syscall.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NO_CHECK, 1)
					}); err != nil {
						t.Fatal(err)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				var texts [][]byte
				var devices []int
				for _, m := range messages {
					texts, devices = append(texts, []byte(m.text)), append(devices, m.device)
				}
				if n, err := w.send(texts, devices); n != len(messages) || err != nil {
					t.Fatalf("sent %d of %d: %v", n, len(messages), err)
				}
				if err := server.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
					t.Fatal(err)
				}
				buffer := make([]byte, 1<<16)
				for i, m := range messages {
					n, from, err := server.ReadFromUDPAddrPort(buffer)
					if err != nil {
						t.Fatal(err)
					}
					if from = netip.AddrPortFrom(from.Addr().Unmap(), 0); string(buffer[:n]) != m.text || from.Addr() != deviceAddr(m.device) {
						t.Fatalf("datagram %d is %.20q (%d bytes) from %v, want %.20q (%d bytes) from %v", i, buffer[:n], n, from.Addr(), m.text, len(m.text), deviceAddr(m.device))
					}
				}
				if w, rows := w.(*manyWire), together(texts, devices) > 1; w.whole != (refused && rows) {
					t.Errorf("whole is %t", w.whole)
				}
			})
		}
	}
}
