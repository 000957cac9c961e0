package collect

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// When nobody reads the queue, the kernel's buffer takes what it can and what
// it drops is counted exactly: sent = queued + dropped.
func TestL01KernelDropsAreCounted(t *testing.T) {
	readers(t, func(t *testing.T, o Options) {
		o.UDP, o.ReceiveBuffer, o.QueueSize = []string{"127.0.0.1:0"}, 100_000, 5000
		s := serve(t, o)
		c := dial(t, "udp", "", s.address(0))
		const sent = 50_000
		for i := range sent {
			fmt.Fprintf(c, "<13>message %d of a burst that nobody reads fast enough", i)
			if i%1000 == 0 {
				s.balanced()
			}
		}
		l := s.Listeners()[0]
		if l.Queued > 5000 || l.Dropped.Kernel == 0 || l.Dropped.Sum() != l.Dropped.Kernel {
			t.Errorf("with a full queue: %+v", l)
		}
		_, port, _ := net.SplitHostPort(l.Address)
		if table := procDrops(t, port); int64(table) != l.Dropped.Kernel {
			t.Errorf("counted %d drops, /proc/net/udp says %d", l.Dropped.Kernel, table)
		}
		got := len(s.read(sent, time.Second)) // whatever is left in queue and kernel
		eventually(t, "all accounted for", func() bool {
			l = s.Listeners()[0]
			return l.Received == sent
		})
		if l.Queued != int64(got) || l.Queued+l.Dropped.Sum() != sent {
			t.Errorf("sent %d, read %d, ledger %+v", sent, got, l)
		}
		eventually(t, "it is said aloud", func() bool { return strings.Contains(s.log.String(), "the system dropped datagrams") })
	})
}

// procDrops reads the last column of /proc/net/udp for a port.
func procDrops(t *testing.T, port string) (drops uint32) {
	t.Helper()
	var p int
	fmt.Sscan(port, &p)
	table, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(table) {
		f := strings.Fields(string(line))
		if len(f) > 12 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", p)) {
			fmt.Sscan(f[len(f)-1], &drops)
		}
	}
	return drops
}
