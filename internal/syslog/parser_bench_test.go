package syslog

import (
	"testing"
	"time"
)

func BenchmarkParse(b *testing.B) {
	dhaka := time.FixedZone("", 6*3600)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Skip(err)
	}
	for _, bb := range []struct {
		name string
		raw  string
		loc  *time.Location
	}{
		{"rfc3164", "<134>Jun 13 10:00:01 OLT-2 EPON[7]: PON deregister ONU 0/1/2:7", nil},
		{"rfc3164/zone", "<134>Jun 13 10:00:01 OLT-2 EPON[7]: PON deregister ONU 0/1/2:7", berlin},
		{"rfc3164/fixed", "<134>Jun 13 10:00:01 OLT-2 EPON[7]: PON deregister ONU 0/1/2:7", dhaka},
		{"rfc3164/no-tag", "<134>Jun 13 10:00:01 sw-core-1 Port 7 of unit 2 is down", nil},
		{"rfc5424", `<165>1 2026-06-13T10:00:01.123456+02:00 core1.example.net evntslog 812 ID47 [x@32473 iut="3" src="app"] An application event log entry`, nil},
		{"cisco", "<189>643: core-1: 000104: *Jun 13 10:00:01.295 UTC: %LINEPROTO-5-UPDOWN: Line protocol on Interface Gi0/1, changed state to up", nil},
		{"nxos", "<189>: 2026 Jun 13 10:00:01 MSK: %ETHPORT-5-IF_UP: Interface Ethernet1/8 is up in mode access", nil},
		{"huawei", "<188>Jun 13 2026 10:00:01+07:00 S5720-A %%01IFNET/4/LINK_STATE(l)[12]:The line protocol IP on the interface Vlanif7 has entered the DOWN state.", nil},
		{"mikrotik", "<134>system,info,account user admin logged in from 192.0.2.7 via winbox", nil},
		{"fortigate", `<189>date=2026-06-13 time=10:00:01 devname="fw1" devid="FGT60F" eventtime=1781344801123456789 tz="+0200" logid="0100032002" type="event" action="login"`, nil},
		{"no-header", "GigabitEthernet0/0/1 changed state to down", nil},
	} {
		b.Run(bb.name, func(b *testing.B) {
			p := NewParser()
			raw := []byte(bb.raw)
			now := time.Date(2026, 6, 13, 10, 0, 2, 0, time.UTC).UnixMicro()
			var m Message
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				p.Parse(&m, raw, now, bb.loc)
			}
		})
	}
}

func BenchmarkFramer(b *testing.B) {
	line := []byte("<134>Jun 13 10:00:01 OLT-2 EPON[7]: PON deregister ONU 0/1/2:7\n")
	counted := append([]byte("62 "), line[:len(line)-1]...)
	for _, bb := range []struct {
		name string
		one  []byte
	}{{"lines", line}, {"counted", counted}} {
		b.Run(bb.name, func(b *testing.B) {
			var stream []byte
			for range 100 {
				stream = append(stream, bb.one...)
			}
			var f Framer
			n := 0
			emit := func([]byte, bool) { n++ }
			b.ReportAllocs()
			b.SetBytes(int64(len(stream)))
			for b.Loop() {
				if err := f.Feed(stream, emit); err != nil {
					b.Fatal(err)
				}
			}
			if n == 0 {
				b.Fatal("no messages")
			}
		})
	}
}
