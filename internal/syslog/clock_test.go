package syslog

import (
	"testing"
	"time"
)

func TestSentAt(t *testing.T) {
	load := func(name string) *time.Location {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Skip(err)
		}
		return loc
	}
	berlin, dhaka, shanghai, newYork := load("Europe/Berlin"), load("Asia/Dhaka"), load("Asia/Shanghai"), load("America/New_York")
	tests := []struct {
		name string
		at   string // "-": none
		now  string
		loc  *time.Location
		want string
	}{
		{"December's message in January", "Dec 31 23:59:58", "2027-01-01T00:00:03Z", nil, "2026-12-31T23:59:58Z"},
		{"January's message in December, clock ahead", "Jan  1 00:00:01", "2026-12-31T23:59:58Z", nil, "2027-01-01T00:00:01Z"},
		{"half a year ago", "Jun 20 10:00:00", "2026-11-22T08:00:00Z", nil, "2026-06-20T10:00:00Z"},
		{"nearer in the year before", "Dec 20 10:00:00", "2027-02-22T08:00:00Z", nil, "2026-12-20T10:00:00Z"},
		{"February 29 in its year", "Feb 29 10:00:00", "2028-02-29T10:00:02Z", nil, "2028-02-29T10:00:00Z"},
		{"February 29 in the year behind", "Feb 29 10:00:00", "2029-01-02T10:00:02Z", nil, "2028-02-29T10:00:00Z"},
		{"February 29 with no such day near", "Feb 29 10:00:00", "2026-11-22T08:00:00Z", nil, "-"},
		{"February 29 with a year that has none", "Feb 29 10:00:00 2026", "2026-11-22T08:00:00Z", nil, "-"},
		{"February 30", "Feb 30 10:00:00", "2026-03-01T08:00:00Z", nil, "-"},
		{"a date of nothing but zeros", "0000-00-00T00:00:00Z", "2026-06-13T08:00:00Z", nil, "-"},
		{"hour 24", "Jun 13 24:00:00", "2026-06-13T08:00:00Z", nil, "-"},
		{"second 60", "Jun 30 23:59:60", "2026-07-01T00:00:02Z", nil, "2026-07-01T00:00:00Z"},
		{"second 61", "Jun 30 23:59:61", "2026-07-01T00:00:02Z", nil, "-"},
		{"clock at its beginning", "Jan  1 00:00:09 1970", "2026-06-13T08:00:00Z", nil, "1970-01-01T00:00:09Z"},
		{"before 1970", "1969-12-31T23:59:59.5Z", "2026-06-13T08:00:00Z", nil, "1969-12-31T23:59:59.5Z"},

		{"zone of the device", "Jun 13 16:00:00", "2026-06-13T10:00:01Z", dhaka, "2026-06-13T10:00:00Z"},
		{"zone of the device over New Year", "Jan  1 05:00:00", "2026-12-31T23:00:01Z", dhaka, "2026-12-31T23:00:00Z"},
		{"summer of the device", "Jun 13 12:00:00", "2026-06-13T10:00:01Z", berlin, "2026-06-13T10:00:00Z"},
		{"winter of the device, told in summer", "Jan 13 12:00:00 2026", "2026-06-13T10:00:01Z", berlin, "2026-01-13T11:00:00Z"},
		{"hour that comes twice, first time", "Oct 25 02:30:00", "2026-10-25T00:30:02Z", berlin, "2026-10-25T00:30:00Z"},
		{"hour that comes twice, second time", "Oct 25 02:30:00", "2026-10-25T01:30:02Z", berlin, "2026-10-25T01:30:00Z"},
		{"hour that does not come", "Mar 29 02:30:00", "2026-03-29T01:30:02Z", berlin, "2026-03-29T01:30:00Z"},
		{"behind the hour that does not come", "Mar 29 03:30:00", "2026-03-29T01:30:02Z", berlin, "2026-03-29T01:30:00Z"},
		{"day of the change, before it", "Mar 29 01:30:00", "2026-03-29T00:30:02Z", berlin, "2026-03-29T00:30:00Z"},
		{"an offset beats the zone of the device", "2026-06-13T12:00:00+07:00", "2026-06-13T05:00:01Z", berlin, "2026-06-13T05:00:00Z"},
		{"Z beats the zone of the device", "2026-06-13T12:00:00Z", "2026-06-13T12:00:01Z", berlin, "2026-06-13T12:00:00Z"},

		{"offset without colon", "2026-06-13T12:00:00+0530", "2026-06-13T06:30:01Z", nil, "2026-06-13T06:30:00Z"},
		{"offset of hours", "2026-06-13T12:00:00-03", "2026-06-13T15:00:01Z", nil, "2026-06-13T15:00:00Z"},
		{"offset behind a blank", "2026-06-13 12:00:00 +0200", "2026-06-13T10:00:01Z", nil, "2026-06-13T10:00:00Z"},
		{"offset that is none", "2026-06-13T12:00:00+25:00", "2026-06-13T10:00:01Z", nil, "-"},
		{"name of a zone", "Jun 13 13:00:00 MSK:", "2026-06-13T10:00:01Z", nil, "2026-06-13T10:00:00Z"},
		{"CST is North America", "Jun 13 04:00:00 CST:", "2026-06-13T10:00:01Z", nil, "2026-06-13T10:00:00Z"},
		{"CST of a device in China", "Jun 13 18:00:00 CST:", "2026-06-13T10:00:01Z", shanghai, "2026-06-13T10:00:00Z"},
		{"CST of a device elsewhere", "Jun 13 04:00:00 CST:", "2026-06-13T10:00:01Z", berlin, "2026-06-13T10:00:00Z"},
		{"EST in summer stays EST", "Jun 13 05:00:00 EST:", "2026-06-13T10:00:01Z", newYork, "2026-06-13T10:00:00Z"},
		{"IST is India", "Jun 13 15:30:00 IST:", "2026-06-13T10:00:01Z", nil, "2026-06-13T10:00:00Z"},
		{"ET is whichever is nearer", "2026 Jun 13 06:00:00 ET:", "2026-06-13T10:00:01Z", nil, "2026-06-13T10:00:00Z"},
		{"name of nobody's zone", "2026 Jun 13 12:00:00 XYZ: %A-1-B: x", "2026-06-13T10:00:01Z", berlin, "2026-06-13T10:00:00Z"},
		{"host that is called like a zone", "Jun 13 10:00:00 MSK app: x", "2026-06-13T10:00:01Z", nil, "2026-06-13T10:00:00Z"},
		{"year of an IPv6 host is none", "Jun 13 10:00:00 2001:db8::1 app: x", "2026-06-13T10:00:01Z", nil, "2026-06-13T10:00:00Z"},

		{"time alone, late in the day before", "23:59:58 GMT h x : y", "2026-06-13T00:00:02Z", nil, "2026-06-12T23:59:58Z"},
		{"nanoseconds are cut", "2026-06-13T10:00:00.123456789Z", "2026-06-13T10:00:01Z", nil, "2026-06-13T10:00:00.123456Z"},
		{"comma for a point", "2026-06-13 10:00:00,5", "2026-06-13T10:00:01Z", nil, "2026-06-13T10:00:00.5Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			var m Message
			NewParser().Parse(&m, []byte("<13>"+tt.at), now.UnixMicro(), tt.loc)
			got := "-"
			if m.SentAt != NoTime {
				got = time.UnixMicro(m.SentAt).UTC().Format(time.RFC3339Nano)
			}
			if got != tt.want {
				t.Errorf("%s at %s: %s, want %s", tt.at, tt.now, got, tt.want)
			}
		})
	}
}

// TestClockAgainstTime compares our arithmetic with package time, over zones
// with all kinds of changes, with one Parser for all.
func TestClockAgainstTime(t *testing.T) {
	p := NewParser()
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Tehran", "Africa/Casablanca"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Skip(err)
		}
		for at := time.Date(2023, 12, 1, 0, 17, 31, 0, time.UTC); at.Year() < 2029; at = at.Add(11*time.Hour + 13*time.Minute) {
			local := at.In(loc)
			var m Message
			p.Parse(&m, []byte("<13>"+local.Format("Jan _2 15:04:05")+" h a: x"), at.Add(time.Second).UnixMicro(), loc)
			if m.SentAt != at.UnixMicro() {
				t.Fatalf("%s: %v, want %v", name, time.UnixMicro(m.SentAt).UTC(), at)
			}
		}
	}
}

func TestClockForgetsZones(t *testing.T) {
	p := NewParser()
	var m Message
	for i := range 10 * maxZones {
		loc := time.FixedZone("", i)
		p.Parse(&m, []byte("<13>Jun 13 10:00:00 h a: x"), receipt.UnixMicro(), loc)
		if want := time.Date(2026, 6, 13, 10, 0, 0, 0, loc).UnixMicro(); m.SentAt != want {
			t.Fatalf("offset %d: %d, want %d", i, m.SentAt, want)
		}
	}
	if n := len(p.clock.zones); n > maxZones {
		t.Errorf("remembers %d zones", n)
	}
}
