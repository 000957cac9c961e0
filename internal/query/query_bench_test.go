package query

import "testing"

func BenchmarkMatch(b *testing.B) {
	r := record(23, 6, "sw-17", "IFMGR", "%LINK-3-UPDOWN: Interface GigabitEthernet0/7/12 changed state to up, vlan 1712, duplex full, speed 1000, flaps 3 run=7f3a seq=000000123456")
	for _, bb := range []struct{ name, query string }{
		{"word", "deregister"},
		{"two words", "interface rogue"},
		{"not", "interface -duplex"},
		{"beyond ASCII", "потерян"},
		{"severity", "severity:err+ deregister"},
		{"regex with literal", `/onu \d+\/\d+ lost/`},
		{"regex without literal", `/\d\d\d\d\d\d\d\d\d\d\d\d\d/`},
		{"port", "port:1/7/12"},
		{"device", "device:192.168.0.0/16"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			q := mustParse(b, bb.query)
			b.ReportAllocs()
			for b.Loop() {
				if q.Match(r, nil) {
					b.Fatal("matches")
				}
			}
		})
	}
}
