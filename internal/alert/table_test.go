package alert

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/pack"
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

// Forged devices cannot keep real ones from showing whose they are.
func TestVendorsAreBounded(t *testing.T) {
	e := engine(t, Options{Vendors: new(pack.Set)})
	device := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range maxVendors + 1 {
		r := message(float64(i), device(i), "x")
		e.event(r, &pack.Event{Vendor: "hioso", Kind: "link", State: pack.Info, Proves: true, Severity: pack.NoSeverity})
	}
	d := e.Take()
	if e.vendors[device(maxVendors)] != "hioso" || len(e.vendors) != maxVendors || len(e.shown) != maxVendors {
		t.Errorf("%d vendors, %d in order, of the newest %q", len(e.vendors), len(e.shown), e.vendors[device(maxVendors)])
	}
	if v, told := d.Vendors[device(0)]; v != "" || !told || e.vendors[device(0)] != "" {
		t.Errorf("the first is %q here, %q to be kept, %v", e.vendors[device(0)], v, told)
	}
}

// Who is one device takes no more than half of the room for ONUs that are lost.
func TestONUsOfOneDeviceLeaveRoomForOthers(t *testing.T) {
	e := engine(t, Options{Vendors: new(pack.Set)})
	for i := range maxONUs {
		down(float64(i)/10_000, fmt.Sprint(i)).say(e)
	}
	e.Advance(at(60))
	e.Take()
	for i := range 64 {
		r := message(61, second, "x")
		e.runTo(r.ReceivedAt)
		e.event(r, &pack.Event{Vendor: "test", Kind: "onu_power", State: pack.Raise, PON: "0/9", ONU: fmt.Sprint(i), Severity: pack.NoSeverity})
	}
	e.Advance(at(90))
	if got := story(e); !slices.Contains(got, "alert 64 ONUs of PON 0/9 lost power (power 95%) down 64") {
		t.Errorf("told %q", got)
	}
}

// A flood of areas lets the oldest go, and says so.
func TestAreasAreBounded(t *testing.T) {
	e := engine(t, Options{Vendors: new(pack.Set)})
	lost := func(seconds float64, device netip.Addr, onu int) {
		r := message(seconds, device, "x")
		e.runTo(r.ReceivedAt)
		e.event(r, &pack.Event{Vendor: "test", Kind: "onu_power", State: pack.Raise, PON: "0/1", ONU: fmt.Sprint(onu), Severity: pack.NoSeverity})
	}
	for i := range 3 {
		lost(0, olt, i)
	}
	e.Advance(at(10))
	e.Take()
	for i := range maxAreas {
		for onu := range 3 {
			lost(20, netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), onu)
		}
	}
	if len(e.onus.areas) > maxAreas {
		t.Errorf("%d areas", len(e.onus.areas))
	}
	for _, n := range e.Take().Notices {
		if i := n.Incident; i.Device == olt && i.State == IncidentExpired && slices.Contains(i.Facts(), doubtGivenUp) {
			return
		}
	}
	t.Error("nobody was told that the first was given up")
}
