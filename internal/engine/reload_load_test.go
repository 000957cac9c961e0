package engine

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// Senders at full speed, and fifty reloads meanwhile, of rules, devices,
// retention and listeners, and now and then a file that is broken.
func TestReloadUnderLoadLosesNothingAndRepeatsNothing(t *testing.T) {
	const marked = "[[alerts.rule]]\nname = 'Marked'\nquery = 'MARK'\ncooldown = '1s'\n"
	r := startReloaded(t, marked)
	udp, tcp := r.e.Listeners()[0].Address, r.e.Listeners()[1].Address
	stop := make(chan struct{})
	var senders sync.WaitGroup
	var lines, marks, datagrams int
	conn, err := net.Dial("tcp", tcp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	senders.Go(func() {
		pulse := time.NewTicker(time.Millisecond)
		defer pulse.Stop()
		for {
			select {
			case <-stop:
				return
			case <-pulse.C:
			}
			var b strings.Builder
			for range 20 {
				word := "quiet"
				if lines%100 == 50 {
					word = "MARK"
					marks++
				}
				fmt.Fprintf(&b, "<134>tcp: %s seq=t%d.\n", word, lines)
				lines++
			}
			if _, err := conn.Write([]byte(b.String())); err != nil {
				t.Errorf("the connection of a listener that stays has ended: %v", err)
				return
			}
		}
	})
	out, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	senders.Go(func() {
		pulse := time.NewTicker(time.Millisecond)
		defer pulse.Stop()
		for {
			select {
			case <-stop:
				return
			case <-pulse.C:
			}
			for range 20 {
				if _, err := fmt.Fprintf(out, "<134>udp: seq=u%d.", datagrams); err != nil {
					t.Errorf("the socket of a listener that stays is closed: %v", err)
					return
				}
				datagrams++
			}
		}
	})

	extra := 0 // sent to the listener that comes and goes
	for i := range 50 {
		before := r.e.config()
		if i%7 == 3 {
			if _, err := r.set("[retention]\ndays = -3\n", nil); !errors.As(err, new(config.Problems)) {
				t.Fatalf("a broken file: %v", err)
			}
			if r.e.config() != before {
				t.Fatal("a broken file has changed the settings")
			}
			continue
		}
		text := marked
		if i%2 == 0 {
			text = fmt.Sprintf("[[alerts.rule]]\nname = 'Other %d'\nquery = 'nothing %d'\n", i, i) + text
		}
		text += fmt.Sprintf("[[device]]\naddress = '127.0.0.1'\nname = 'Device %d'\n", i)
		r.must(text, func(cfg *config.Config) {
			cfg.Retention.Days = 30 + i%3
			if i%3 == 0 {
				cfg.Listen.UDP = append(cfg.Listen.UDP, "127.0.0.5:0")
				cfg.Listen.TCP = append([]string{"127.0.0.6:0"}, cfg.Listen.TCP...)
			}
		})
		for _, l := range r.e.Listeners() {
			if l.Open && l.Name == "udp 127.0.0.5:0" {
				c, err := net.Dial("udp", l.Address)
				if err != nil {
					t.Fatal(err)
				}
				for range 10 {
					if _, err := fmt.Fprintf(c, "<134>extra: seq=x%d.", extra); err != nil {
						t.Fatal(err)
					}
					extra++
				}
				c.Close()
			}
		}
		if name, _ := r.e.directory.Device(netip.MustParseAddr("127.0.0.1")); name != fmt.Sprintf("Device %d", i) {
			t.Fatalf("after reload %d the device is called %q", i, name)
		}
	}
	close(stop)
	senders.Wait()

	var dropped int64
	until(t, "everything is stored", func() bool {
		var received int64
		dropped = 0
		for _, l := range r.e.Listeners() {
			received, dropped = received+l.Received, dropped+l.Dropped.Sum()
		}
		return received == int64(lines+datagrams+extra) && r.e.store.Stats().Stored == received-dropped
	})
	until(t, "every mark is told", func() bool { return r.told()["Marked"] >= marks })
	if got := r.told()["Marked"]; got != marks {
		t.Errorf("people were told of %d marks, %d were sent", got, marks)
	}
	seen := map[string]int{}
	err = r.e.store.Archive().Each(t.Context(), store.Search{}, func(m *syslog.Record) error {
		_, seq, _ := strings.Cut(string(m.Text()), "seq=")
		seen[seq]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if missing := lines + datagrams + extra - len(seen); int64(missing) != dropped {
		t.Errorf("%d of %d messages are missing, %d were counted as dropped", missing, lines+datagrams+extra, dropped)
	}
	for i := range lines { // TCP waits and drops nothing
		if n := seen[fmt.Sprintf("t%d.", i)]; n != 1 {
			t.Fatalf("line %d of %d is stored %d times", i, lines, n)
		}
	}
	for seq, n := range seen {
		if n != 1 {
			t.Fatalf("%s is stored %d times", seq, n)
		}
	}
	if l := r.e.Listeners(); l[0].Address != udp || l[1].Address != tcp || l[1].Connections != 1 {
		t.Errorf("listeners that did not change: %+v, %+v", l[0], l[1])
	}
	t.Logf("%d lines, %d datagrams, %d to a listener that came and went, %d dropped, %d marks", lines, datagrams, extra, dropped, marks)
	if err := r.stop(); err != nil {
		t.Error(err)
	}
}
