package alert

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestTroublesAreBounded(t *testing.T) {
	e := engine(t, Options{Rules: []Rule{rule(t, Rule{Cooldown: time.Hour}, "down", "")}})
	device := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}) }
	e.Observe(message(0, device(0), "down"))
	e.Observe(message(0, device(0), "down and held"))
	for i := range maxTroubles {
		e.Observe(message(1, device(i+1), "down"))
	}
	if e.Troubles() != maxTroubles || e.Evicted() != 1 {
		t.Errorf("%d troubles, %d evicted", e.Troubles(), e.Evicted())
	}
	d := e.Take()
	if n := len(d.Notices); n != maxTroubles+3 || d.Notices[n-2].Kind != KindMore || d.Notices[n-2].Text != "down and held" {
		t.Errorf("%d notices, the one before the last %+v", n, d.Notices[n-2])
	} else if i := d.Notices[n-1].Incident; i.Device != device(0) || i.State != IncidentExpired || !slices.Contains(i.Facts(), doubtGivenUp) {
		t.Errorf("the incident that was given up is %+v", i)
	}
	if !slices.Equal(d.Gone, []Key{{Rule: "rule", Device: device(0)}}) {
		t.Errorf("gone is %v", d.Gone)
	}
}

func TestArrivalsAreBounded(t *testing.T) {
	e := engine(t, Options{Rules: []Rule{rule(t, Rule{Threshold: 1 << 30, Within: time.Hour}, "down", "")}})
	e.Observe(message(0, olt, "down"))
	e.Observe(message(0, second, "down"))
	busy := e.table.get(place{rule: 0, device: second})
	for len(busy.window) < maxArrivals-1 {
		busy.window = append(busy.window, at(0))
	}
	e.table.arrivals += maxArrivals - 2
	e.Observe(message(1, second, "down"))
	if e.table.arrivals > maxArrivals || e.Evicted() != 1 {
		t.Errorf("%d arrivals, %d evicted", e.table.arrivals, e.Evicted())
	}
}
