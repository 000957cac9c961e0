package main

import (
	"math/rand/v2"
	"strings"
	"time"
)

// A demoDevice is one sender of the demo: what it says all day, where @T is the
// time and # a digit.
type demoDevice struct {
	name, site string
	everyday   []string
}

var demoDevices = []demoDevice{
	{"OLT North", "North exchange", []string{
		"<134>@T OLT-NORTH EPON: Onu 0/1/#:1# c0:f6:ec:6#:3e:1# [Na] signal level -2#.# dBm",
		"<134>@T OLT-NORTH EPON: Onu 0/1/#:1# c0:f6:ec:6#:3e:1# registered, distance 1### m",
		"<133>@T OLT-NORTH CLI: user noc from 10.0.0.1# ran \"show onu 0/1/#\"",
	}},
	{"OLT Harbour", "Harbour", []string{
		"<190>@T OLT-HARBOUR GPON: ONU 0/4/#:2# activated, serial VSOL0###2###",
		"<190>@T OLT-HARBOUR GPON: ONU 0/4/#:2# rx power -2#.## dBm",
		"<189>@T OLT-HARBOUR SNMP: authentication with community from 10.0.0.1# ok",
	}},
	{"core-rtr-1", "North exchange", []string{
		"<189>4##: core-rtr-1: @T: %SYS-5-CONFIG_I: Configured from console by noc on vty0 (10.0.0.1#)",
		"<190>4##: core-rtr-1: @T: %SEC-6-IPACCESSLOGP: list edge-in denied tcp 203.0.113.1##(5####) -> 198.51.100.1#(23), 1 packet",
		"<190>4##: core-rtr-1: @T: %BGP-6-NLRI_COUNT: neighbor 192.0.2.1# sends 9##### prefixes",
	}},
	{"sw-pop-04", "Harbour", []string{
		"<190>@T sw-pop-04 %%01DHCP/6/ACK(l)[1##]:Lease of 10.2#.1##.1## for 5c:cf-7f##-## on Vlanif1##",
		"<189>@T sw-pop-04 %%01SHELL/5/CMDRECORD(l)[1##]:Recorded command information. (Task=vt0, Ip=10.0.0.1#, User=noc, Command=\"display interface brief\")",
	}},
	{"gw-office", "Office", []string{
		"<30>@T gw-office firewall,info forward: in:ether1 out:bridge, proto TCP (SYN), 192.168.88.1##:5####->198.51.100.1##:443, len 60",
		"<30>@T gw-office dhcp,info dhcp1 assigned 192.168.88.1## for 5C:CF:7F:##:##:## laptop-##",
		"<38>@T gw-office system,info,account user noc logged in from 10.0.0.1# via winbox",
	}},
	{"edge-fw", "North exchange", []string{
		"<165>1 @Z edge-fw session 7### - [flow src=\"192.0.2.1##\" dst=\"198.51.100.1##\" bytes=\"4###\"] session closed after ## s",
		"<165>1 @Z edge-fw session 7### - [flow src=\"192.0.2.1##\" dst=\"198.51.100.1##\"] session opened by policy 1#",
	}},
}

// A scene is something that happens now and then: lines of one device, after
// one another.
type scene struct {
	device int
	lines  []string
}

var demoScenes = []scene{
	{0, []string{
		"<131>@T OLT-NORTH EPON: PON 0/1/3 LOS: the feeder fiber is broken or the OLT can not receive expected optical signals",
		"<131>@T OLT-NORTH EPON: PON deregister ONU 0/1/3:1 c0:f6:ec:68:3e:11",
		"<131>@T OLT-NORTH EPON: PON deregister ONU 0/1/3:2 c0:f6:ec:68:3e:12",
		"<131>@T OLT-NORTH EPON: PON deregister ONU 0/1/3:7 c0:f6:ec:68:3e:17",
		"<133>@T OLT-NORTH EPON: PON 0/1/3 optical signal is back",
		"<134>@T OLT-NORTH EPON: Onu 0/1/3:1 c0:f6:ec:68:3e:11 registered, distance 1204 m",
	}},
	{1, []string{
		"<130>@T OLT-HARBOUR GPON: ONU 0/4/2:21 dying-gasp received: the power of the ONU is off",
		"<130>@T OLT-HARBOUR GPON: ONU 0/4/2:22 dying-gasp received: the power of the ONU is off",
		"<130>@T OLT-HARBOUR GPON: ONU 0/4/2:25 dying-gasp received: the power of the ONU is off",
	}},
	{2, []string{
		"<187>4##: core-rtr-1: @T: %LINK-3-UPDOWN: Interface GigabitEthernet0/0/1, changed state to down",
		"<189>4##: core-rtr-1: @T: %LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/0/1, changed state to down",
		"<187>4##: core-rtr-1: @T: %LINK-3-UPDOWN: Interface GigabitEthernet0/0/1, changed state to up",
	}},
	{3, []string{
		"<188>@T sw-pop-04 %%01MSTP/4/LOOPBACK(l)[14]:Loopback detected on interface GigabitEthernet0/0/20, the port is blocked",
		"<188>@T sw-pop-04 %%01IFNET/4/IF_STATE(l)[15]:Interface GigabitEthernet0/0/20 has turned into DOWN state.",
	}},
	{4, []string{"<36>@T gw-office system,error,critical login failure for user admin from 203.0.113.77 via ssh"}},
	{5, []string{"<164>1 @Z edge-fw power - - - Power supply 2 has failed, running on power supply 1"}},
}

// show decides what the devices of the demo say next.
type show struct {
	random *rand.Rand
	scene  scene // the rest of the one that is on
	calm   int   // messages until the next scene
}

func newShow(r *rand.Rand) *show { return &show{random: r, calm: 15} }

// next returns a message and the device that sends it.
func (s *show) next(now time.Time) (text []byte, device int) {
	if s.calm--; s.calm <= 0 && len(s.scene.lines) == 0 {
		s.scene = demoScenes[s.random.IntN(len(demoScenes))]
		s.calm = 60 + s.random.IntN(200)
	}
	if len(s.scene.lines) > 0 && s.random.IntN(3) == 0 {
		line := s.scene.lines[0]
		s.scene.lines = s.scene.lines[1:]
		return s.fill(line, now), s.scene.device
	}
	device = s.random.IntN(len(demoDevices))
	lines := demoDevices[device].everyday
	return s.fill(lines[s.random.IntN(len(lines))], now), device
}

func (s *show) fill(line string, now time.Time) []byte {
	line = strings.NewReplacer("@T", now.Format(time.Stamp), "@Z", now.Format("2006-01-02T15:04:05.000Z07:00")).Replace(line)
	b := []byte(line)
	for i, c := range b {
		if c == '#' {
			b[i] = '0' + byte(s.random.IntN(10))
		}
	}
	return b
}
