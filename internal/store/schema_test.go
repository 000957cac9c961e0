package store

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
	_ "time/tzdata"
)

func TestTableNames(t *testing.T) {
	for _, tt := range []struct{ address, want string }{
		{"192.168.1.1", "logs_192_168_1_1_20250613"},
		{"2001:db8::1", "logs_2001_db8__1_20250613"},
		{"::ffff:10.0.0.7", "logs_10_0_0_7_20250613"},
		{"fe80::1%eth0", "logs_fe80__1_20250613"},
		{"::", "logs____20250613"},
	} {
		if got := TableName(netip.MustParseAddr(tt.address), 20250613); got != tt.want {
			t.Errorf("TableName(%s) = %s, want %s", tt.address, got, tt.want)
		}
	}
	if got := TableName(netip.Addr{}, 20250613); got != "logs_unknown_20250613" {
		t.Errorf("TableName of no address = %s", got)
	}
}

func TestFileNames(t *testing.T) {
	for _, tt := range []struct {
		name      string
		day, part int
		ok        bool
	}{
		{"syslog_20250613.db", 20250613, 0, true},
		{"syslog_20250613.2.db", 20250613, 2, true},
		{"syslog_20250613.0.db", 0, 0, false},
		{"syslog_20250613.02.db", 0, 0, false},
		{"syslog_20250613.db-wal", 0, 0, false},
		{"syslog_20250613.db.damaged-101112", 0, 0, false},
		{"syslog_2025061.db", 0, 0, false},
		{"syslog_+2025061.db", 0, 0, false},
		{"logboom.db", 0, 0, false},
	} {
		day, part, ok := ParseFileName(tt.name)
		if ok != tt.ok || ok && (day != tt.day || part != tt.part || FileName(day, part) != tt.name) {
			t.Errorf("ParseFileName(%q) = %d, %d, %v", tt.name, day, part, ok)
		}
	}
}

// Every second around every change of every awkward zone belongs to one day,
// the one that the calendar of the zone says.
func TestSpansFollowTheCalendar(t *testing.T) {
	for _, tt := range []struct {
		zone string
		from time.Time
	}{
		{"America/Havana", time.Date(2025, 3, 8, 12, 0, 0, 0, time.UTC)},    // midnight does not exist
		{"America/Havana", time.Date(2025, 11, 1, 12, 0, 0, 0, time.UTC)},   // the first hour is there twice
		{"Asia/Beirut", time.Date(2025, 3, 29, 12, 0, 0, 0, time.UTC)},      // midnight does not exist
		{"Asia/Beirut", time.Date(2025, 10, 25, 12, 0, 0, 0, time.UTC)},     // the last hour is there twice
		{"America/St_Johns", time.Date(2010, 11, 6, 18, 0, 0, 0, time.UTC)}, // back over midnight a minute after it
		{"Pacific/Apia", time.Date(2011, 12, 29, 12, 0, 0, 0, time.UTC)},    // a day that was left out
		{"Europe/Berlin", time.Date(2025, 10, 25, 12, 0, 0, 0, time.UTC)},
		{"Asia/Kathmandu", time.Date(2025, 6, 13, 12, 0, 0, 0, time.UTC)},
		{"UTC", time.Date(1969, 12, 31, 12, 0, 0, 0, time.UTC)},
	} {
		t.Run(fmt.Sprint(tt.zone, tt.from.Format(" 2006-01-02")), func(t *testing.T) {
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			var span daySpan
			for second := range 48 * 60 * 60 {
				at := tt.from.Add(time.Duration(second) * time.Second)
				y, m, d := at.In(zone).Date()
				want := y*10000 + int(m)*100 + d
				if !span.contains(at.UnixMicro()) {
					span = spanOf(at.UnixMicro(), zone)
				}
				if !span.contains(at.UnixMicro()) || span.Day != want || DayOf(at.UnixMicro(), zone) != want {
					t.Fatalf("%v: span %+v, day %d", at.In(zone), span, want)
				}
			}
			for _, at := range []int64{span.start, span.end - 1} {
				if DayOf(at, zone) != span.Day {
					t.Errorf("the edge %d of the span belongs to another day", at)
				}
			}
		})
	}
}
