package alert

import (
	"net/netip"
	"testing"

	"github.com/logboom/logboom/internal/pack"
	"github.com/logboom/logboom/internal/syslog"
)

// ordinary is what devices of eight kinds say all day.
var ordinary = []string{
	"<190>Nov 27 10:00:00 core-rtr-0001 dhcpd: DHCPACK on 10.21.117.118 to 5c:cf:7f:01:02:03 via vlan117 lease 3600 s",
	"<134>Nov 27 10:00:00 OLT-0001 EPON: Onu 0/1/3:17 c0:f6:ec:01:02:03 signal level -21.3 dBm, distance 1234 m, traffic 4321 kB",
	"<189>123: sw-acc-0001: Nov 27 10:00:00: %SYS-5-CONFIG_I: Configured from console by noc on vty0 (10.0.17.118)",
	`<188>Nov 27 10:00:00 BRAS-0001 %%01SHELL/5/CMDRECORD(l)[117]:Recorded command information. (Task=vt0, Ip=10.0.117.118, User=noc, Command="display version")`,
	"<30>Nov 27 10:00:00 gw-0001 firewall,info forward: in:ether1 out:ether2, proto TCP (ACK), 192.168.88.117:40123->198.51.100.117:443, len 152",
	`<165>1 2026-11-22T14:30:01.234Z edge-0001 netconf 7123 ID47 [origin ip="192.0.2.117" software="agent"] session 123 closed by client after 17 s`,
	`<46>Nov 27 10:00:00 srv-0001 nginx: 198.51.100.117 GET /api/v2/customers/4123 200 1456 0.012 https "Mozilla/5.0 (X11; Linux x86_64)" upstream 10.3.1.117`,
	"<86>Nov 27 10:00:00 jump-0001 sshd[20123]: Accepted publickey for noc from 10.0.17.118 port 50123 ssh2: ED25519 SHA256:x9J3kQmL0Zs",
}

// BenchmarkOrdinary is of the engine with everything that is shipped: what
// messages cost that say nothing.
func BenchmarkOrdinary(b *testing.B) {
	vendors, err := pack.New(pack.Options{Names: []string{"all"}})
	if err != nil {
		b.Fatal(err)
	}
	set, err := NewSet(Options{Packs: Packs(), Keywords: DefaultKeywords(), Vendors: vendors})
	if err != nil {
		b.Fatal(err)
	}
	parser := syslog.NewParser()
	records := make([]syslog.Record, len(ordinary))
	for i, text := range ordinary {
		r := &records[i]
		r.Source, r.ReceivedAt = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 1e15
		parser.Parse(&r.Message, []byte(text), r.ReceivedAt, nil)
	}
	one := func(name string, records []syslog.Record) {
		b.Run(name, func(b *testing.B) {
			e := NewEngine(set)
			b.ReportAllocs()
			for b.Loop() {
				for i := range records {
					e.Observe(&records[i])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(records)), "ns/message")
		})
	}
	one("all", records)
	for i := range records {
		one(string(records[i].Get(records[i].AppName)), records[i:i+1])
	}
}
