package alert

import (
	"net/netip"
	"reflect"
	"testing"
	"time"
)

// FuzzEngine holds that every message that fits is told, in one notice or
// another, once the cooldowns are over, and that the same messages make the
// same decisions.
func FuzzEngine(f *testing.F) {
	f.Add([]byte{0, 1, 2, 60, 3, 255, 4, 0, 200, 200, 7, 7})
	f.Fuzz(func(t *testing.T, script []byte) {
		run := func() (notices []Notice, fits int) {
			e := engine(t, Options{Rules: []Rule{rule(t, Rule{Cooldown: 20 * time.Second}, "down", ""), rule(t, Rule{Name: "cleared", Cooldown: 15 * time.Second}, "lost", "up")}})
			now := 0.0
			lost := map[netip.Addr]bool{}
			for i := 0; i+1 < len(script); i += 2 {
				device := netip.AddrFrom4([4]byte{10, 0, 0, script[i] & 7})
				now += float64(script[i+1]&31) - 2
				switch script[i] >> 3 & 3 {
				case 0:
					e.Observe(message(now, device, "down"))
					fits++
				case 1:
					e.Observe(message(now, device, "lost"))
					lost[device] = true
					fits++
				case 2:
					e.Observe(message(now, device, "up"))
				default:
					e.Advance(at(now))
				}
				if script[i]&0x80 != 0 {
					notices = append(notices, e.Take().Notices...)
				}
			}
			for i := range 40 {
				e.Advance(at(now + float64(i)*3600*24))
			}
			if e.Troubles() != 0 {
				t.Fatalf("%d troubles are left", e.Troubles())
			}
			return append(notices, e.Take().Notices...), fits
		}
		notices, fits := run()
		sum := 0
		for _, n := range notices {
			if n.Kind != KindClear && !n.Again {
				sum += n.Count
			}
			if n.More < 0 || n.Count < 1 {
				t.Fatalf("notice is %+v", n)
			}
		}
		if sum != fits {
			t.Fatalf("%d of %d messages were told: %+v", sum, fits, notices)
		}
		if again, _ := run(); !reflect.DeepEqual(again, notices) {
			t.Fatalf("the second time: %+v\nthe first: %+v", again, notices)
		}
	})
}
