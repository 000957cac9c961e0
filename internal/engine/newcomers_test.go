package engine

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/syslog"
)

func TestNewDevices(t *testing.T) {
	start := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	called := func(a netip.Addr) string {
		if a == netip.MustParseAddr("10.0.0.1") {
			return "OLT-1 (hostname)"
		}
		return ""
	}
	tests := []struct {
		name string
		tell bool
		when []time.Duration // a device is heard for the first time
		want []string
	}{
		{"one", false, []time.Duration{0}, []string{"1m0s note New device of 10.0.0.1 OLT-1 (hostname): heard for the first time"}},
		{"one, told", true, []time.Duration{0}, []string{"1m0s alert New device of 10.0.0.1 OLT-1 (hostname): heard for the first time"}},
		{"two at once", false, []time.Duration{0, time.Second},
			[]string{"1m0s note New devices of - : 2 devices heard for the first time: 10.0.0.1, OLT-1 (hostname); 10.0.0.2"}},
		{"one after the other", false, []time.Duration{0, 2 * time.Minute, 210 * time.Second, 10 * time.Hour}, []string{
			"1m0s note New device of 10.0.0.1 OLT-1 (hostname): heard for the first time",
			"3m0s note New device of 10.0.0.2 : heard for the first time",
			"7m0s note New device of 10.0.0.3 : heard for the first time",
			"10h1m0s note New device of 10.0.0.4 : heard for the first time"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newNewcomers(tt.tell)
			var got []string
			i, a := 0, netip.MustParseAddr("10.0.0.1")
			for now := start; now.Sub(start) < 24*time.Hour; now = now.Add(time.Second) {
				for i < len(tt.when) && tt.when[i] <= now.Sub(start) {
					if !n.heard(a, syslog.Position{}, called, now) || n.heard(a, syslog.Position{}, called, now) {
						t.Errorf("%v is not new once", a)
					}
					i, a = i+1, a.Next()
				}
				for _, note := range n.take(now, false) {
					device := "-"
					if note.Device.IsValid() {
						device = note.Device.String()
					}
					got = append(got, fmt.Sprintf("%v %s %s of %s %s: %s", now.Sub(start), note.Kind, note.Rule, device, note.DeviceName, note.Text))
				}
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("noted\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// Whoever forges senders gets a few notes with counts.
func TestForgedSendersAreFewNotes(t *testing.T) {
	n := newNewcomers(true)
	start := time.Now()
	a := netip.MustParseAddr("172.16.0.0")
	var notes []alert.Notice
	for now := start; now.Sub(start) < 3*time.Hour; now = now.Add(time.Second) {
		for range 10 {
			a = a.Next()
			n.heard(a, syslog.Position{}, func(netip.Addr) string { return strings.Repeat("x", shownName) }, now)
		}
		notes = append(notes, n.take(now, false)...)
	}
	if len(notes) == 0 || len(notes) > 4 {
		t.Errorf("%d notes in three hours", len(notes))
	}
	for _, note := range notes {
		if len(note.Text) > alert.MaxText {
			t.Errorf("a note of %d bytes", len(note.Text))
		}
	}
	if len(n.known) > maxKnown {
		t.Errorf("%d devices are remembered", len(n.known))
	}
}
