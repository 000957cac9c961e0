package engine

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/syslog"
)

func TestWhatIsKnownOfADevice(t *testing.T) {
	s := startEdited(t, "[[device]]\naddress = '127.0.0.2'\nsite = 'Dhaka'\n")
	s.send(0, "127.0.0.2", "<131>Feb  9 00:06:29 OLT-1 EPON: PON deregister ONU 0/1/2:7")
	s.send(0, "127.0.0.2", "<134>no time in it")
	s.awaitStored(2)
	look := func(address string) (d console.DeviceDetail) {
		t.Helper()
		if err := json.Unmarshal([]byte(s.get("/api/v1/devices/"+address)), &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := look("127.0.0.2")
	if d.Settings["site"].Value != "Dhaka" || d.Settings["site"].From != config.FileName || d.Version != "" {
		t.Fatalf("%+v", d)
	}
	if d.Today != 2 || d.Errors != 1 || d.SentAt == 0 || d.SentAt == d.HeardAt || len(d.Day.Edges) != 25 {
		t.Errorf("counts and clock: %+v", d)
	}
	s.must("/api/v1/devices/192.0.2.9", object{"name": "Not heard yet", "silent_after": "2h", "version": ""})
	if d := look("192.0.2.9"); d.QuietFor != 7200 || d.QuietBy != "silent_after" || d.Name != "Not heard yet" || d.Today != 0 || d.Worst != -1 || d.Version == "" {
		t.Errorf("one that was not heard: %+v", d)
	}
	until(t, "the list has the counts of the last hours", func() bool {
		list, err := s.e.devices(t.Context())
		return err == nil && len(list) == 1 && list[0].Hours != nil && list[0].Hours[23]+list[0].Hours[22] == 2 && list[0].Worst == 3 && list[0].ErrorHours != nil && list[0].ClockApart > hourWide
	})
}

func TestRecentHours(t *testing.T) {
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	now := time.Date(2026, 11, 22, 12, 30, 0, 0, time.UTC)
	c := newRecent()
	say := func(from netip.Addr, ago time.Duration, severity uint8, sent int64) {
		at := now.Add(-ago).UnixMicro()
		if sent != syslog.NoTime {
			sent += at
		}
		c.observe(&syslog.Record{Source: from, ReceivedAt: at, Message: syslog.Message{Severity: severity, SentAt: sent}})
	}
	say(a, 30*time.Hour, 0, syslog.NoTime)
	say(a, 23*time.Hour, 6, syslog.NoTime)
	say(a, time.Hour, 3, -7)
	say(a, 0, 6, syslog.NoTime)
	say(a, 2*time.Hour, 5, -9) // read late
	say(a, 50*time.Hour, 0, 0) // when our clock was wrong
	var d console.Device
	c.fill(a, now, &d)
	want := []int64{0: 1, 21: 1, 22: 1, 23: 1}
	for i, n := range d.Hours {
		if n != want[i] {
			t.Errorf("hours = %v, want %v", d.Hours, want)
			break
		}
	}
	if d.Worst != 3 || d.ErrorHours[22] != 1 || d.ClockApart != -7 {
		t.Errorf("%+v", d)
	}
	c.fill(a, now.Add(23*time.Hour), &d)
	if d.Hours[0] != 1 || d.Worst != 6 || d.Hours[23] != 0 {
		t.Errorf("a day later: %v, worst %d", d.Hours, d.Worst)
	}
	var silent console.Device
	if c.fill(b, now, &silent); silent.Worst != -1 || silent.ErrorHours != nil || silent.Hours != nil {
		t.Errorf("one that was not heard: %+v", silent)
	}
}

func BenchmarkRecent(b *testing.B) {
	c, r := newRecent(), &syslog.Record{Source: netip.MustParseAddr("192.0.2.1"), ReceivedAt: time.Now().UnixMicro(), Message: syslog.Message{Severity: 6, SentAt: syslog.NoTime}}
	b.ReportAllocs()
	for b.Loop() {
		c.observe(r)
	}
}
