package console

import (
	"fmt"
	"testing"
	"time"
)

func TestBucketsAreRoundAndOfTheZone(t *testing.T) {
	zone := func(name string) *time.Location {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return loc
	}
	at := func(text string, loc *time.Location) time.Time {
		got, err := time.ParseInLocation("2006-01-02 15:04:05", text, loc)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	tests := []struct {
		name, zone, from, to string
		most                 int
		want                 string // number of buckets, begin of the first, end of the last
	}{
		{"an hour by half minutes", "UTC", "2026-11-22 11:00:07", "2026-11-22 12:00:07", 120, "121 11-22 11:00:00 11-22 12:00:30"},
		{"a second", "UTC", "2026-11-22 11:00:07", "2026-11-22 11:00:08", 120, "1 11-22 11:00:07 11-22 11:00:08"},
		{"a day where the zone is 45 minutes off", "Asia/Kathmandu", "2026-11-22 00:10:00", "2026-11-23 00:10:00", 120, "97 11-22 00:00:00 11-23 00:15:00"},
		{"three hours at whole ones", "Asia/Dhaka", "2026-11-01 01:00:00", "2026-11-10 01:00:00", 120, "73 11-01 00:00:00 11-10 03:00:00"},
		{"months by days, where clocks change", "Europe/Berlin", "2026-09-01 00:00:00", "2026-12-01 00:00:00", 120, "91 09-01 00:00:00 12-01 00:00:00"},
		{"a year by days, where clocks change by half an hour", "Australia/Lord_Howe", "2025-11-22 05:00:00", "2026-11-22 05:00:00", 400, "366 11-22 00:00:00 11-23 00:00:00"},
		{"ten years by 13 weeks", "Europe/Berlin", "2016-11-22 05:00:00", "2026-11-20 05:00:00", 120, "41 11-22 00:00:00 02-09 00:00:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			loc := zone(tt.zone)
			from, to := at(tt.from, loc), at(tt.to, loc)
			b := bucketsOf(from, to, tt.most, loc)
			n := len(b.Edges) - 1
			show := func(micros int64) string { return time.UnixMicro(micros).In(loc).Format("01-02 15:04:05") }
			if got := fmt.Sprintf("%d %s %s", n, show(b.Edges[0]), show(b.Edges[n])); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if b.Edges[0] > from.UnixMicro() || b.Edges[n] < to.UnixMicro() {
				t.Errorf("%v to %v are not within", from, to)
			}
			for i := range n {
				if d := b.Edges[i+1] - b.Edges[i]; d <= 0 || d%b.Unit != 0 {
					t.Errorf("bucket %d has %d µs, units are of %d", i, d, b.Unit)
				}
			}
			if units := (b.Edges[n] - b.Edges[0]) / b.Unit; units > 100_000 {
				t.Errorf("%d units", units)
			}
		})
	}
}

func TestHistogram(t *testing.T) {
	type histogram struct {
		Edges   []int64
		Counts  map[string][]int64
		Partial bool
		Reached int64
		Notes   []string
	}
	a := &shelf{}
	a.add(20261122, 1, "10.0.0.2", "PON deregister ONU 0/1/2:7")
	a.add(20261122, 2, "10.0.0.3", "fan ok")
	o := options()
	o.Archive = a
	o.Now = func() time.Time { return noon.Add(91 * time.Second) }
	c := made(t, o)
	tests := []struct {
		target  string
		buckets int
		errors  int64
		partial bool
	}{
		{"", 97, 2, true},
		{"?from=-1h", 121, 2, true},
		{"?from=-1h&query=fan", 121, 1, true},
		{"?from=-1h&device=10.0.0.2&buckets=10", 7, 1, true},
		{"?from=-3h&to=-2h&buckets=60", 61, 0, false},
		{"?from=-5m&width=30s", 11, 2, true},
	}
	for _, tt := range tests {
		t.Run(tt.target, func(t *testing.T) {
			w := get(c, "/api/v1/histogram"+tt.target)
			h := decode[histogram](t, w)
			sum := int64(0)
			for _, n := range h.Counts["error"] {
				sum += n
			}
			if w.Code != 200 || len(h.Edges) != tt.buckets+1 || len(h.Counts["crit"]) != tt.buckets || sum != tt.errors || h.Partial != tt.partial || h.Reached != h.Edges[0] {
				t.Errorf("status %d, %d edges, %d errors, partial %v, want %d buckets, %d, %v", w.Code, len(h.Edges), sum, h.Partial, tt.buckets, tt.errors, tt.partial)
			}
		})
	}
	for _, target := range []string{"?buckets=0", "?buckets=501", "?buckets=x", "?from=-1h&to=-2h", "?from=1970-01-02", "?around=20261122:2", "?query=(", "?from=soon", "?width=7s", "?width=1s", "?width=x"} {
		if w := get(c, "/api/v1/histogram"+target); w.Code != 400 {
			t.Errorf("%s: status %d, want 400", target, w.Code)
		}
	}
}
