package syslog

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// receipt is when the messages of these tests arrive.
var receipt = time.Date(2026, 6, 13, 10, 0, 5, 0, time.UTC)

// reading is what is expected of a message: "" and "-" for what it lacks.
type reading struct {
	pri                 int // facility*8 + severity
	time                string
	host, app, proc, id string
	text                string
	format              Format
}

func TestParse(t *testing.T) {
	const unset = DefaultFacility*8 + DefaultSeverity
	tests := []struct {
		name string
		raw  string
		want reading
	}{
		// RFC 5424
		{"5424 full", "<165>1 2026-06-13T09:59:58.5+02:00 core-1 snmpd 71 ID4 - walk done",
			reading{165, "2026-06-13T07:59:58.5Z", "core-1", "snmpd", "71", "ID4", "walk done", RFC5424}},
		{"5424 nothing given", "<165>1 - - - - - -", reading{165, "-", "", "", "", "", "", RFC5424}},
		{"5424 with mark before text", "<165>1 - h a - - - \ufeffnaïve", reading{165, "-", "h", "a", "", "", "naïve", RFC5424}},
		{"5424 blank before text stays", "<165>1 - h a - - -  x", reading{165, "-", "h", "a", "", "", " x", RFC5424}},
		{"5424 cut in the time", "<165>1 2026-06-13T09:5", reading{165, "-", "", "", "", "", "", RFC5424}},
		{"5424 cut behind the host", "<165>1 2026-06-13T09:59:58Z core-1", reading{165, "2026-06-13T09:59:58Z", "core-1", "", "", "", "", RFC5424}},
		{"5424 day that is none", "<165>1 2026-06-31T09:59:58Z h a - - - x", reading{165, "-", "h", "a", "", "", "x", RFC5424}},
		{"5424 leap second", "<165>1 2016-12-31T23:59:60Z h a - - - x", reading{165, "2017-01-01T00:00:00Z", "h", "a", "", "", "x", RFC5424}},
		{"5424 small letters", "<165>1 2026-06-13t09:59:58z h a - - - x", reading{165, "2026-06-13T09:59:58Z", "h", "a", "", "", "x", RFC5424}},
		{"5424 without PRI", "1 2026-06-13T09:59:58Z h a - - - x", reading{unset, "2026-06-13T09:59:58Z", "h", "a", "", "", "x", RFC5424}},
		{"5424 without version", "<165>2026-06-13T09:59:58Z h a 7 - - x", reading{165, "2026-06-13T09:59:58Z", "h", "a", "7", "", "x", RFC5424}},
		{"5424 with fields left out", "<165>1 2026-06-13T09:59:58Z nas-1 Disk: bay 3 failed", reading{165, "2026-06-13T09:59:58Z", "nas-1", "Disk", "", "", "bay 3 failed", RFC5424}},
		{"5424 with an event of CEF in place of fields", "<165>1 2026-06-13T09:59:58Z fw CEF:0|V|P|1|7|Login|5|act=x", reading{165, "2026-06-13T09:59:58Z", "fw", "CEF", "", "", "CEF:0|V|P|1|7|Login|5|act=x", CEF}},

		// RFC 3164
		{"3164 with process", "<131>Jun 13 10:00:01 OLT-2 EPON[7]: PON deregister\r\n  second line\r\n",
			reading{131, "2026-06-13T10:00:01Z", "OLT-2", "EPON", "7", "", "PON deregister\r\n  second line", RFC3164}},
		{"3164 one digit day", "<13>Jun  3 10:00:01 h sshd: x", reading{13, "2026-06-03T10:00:01Z", "h", "sshd", "", "", "x", RFC3164}},
		{"3164 day with zero", "<13>Jun 03 10:00:01 h sshd: x", reading{13, "2026-06-03T10:00:01Z", "h", "sshd", "", "", "x", RFC3164}},
		{"3164 one blank, one digit", "<13>Jun 3 10:00:01 h sshd: x", reading{13, "2026-06-03T10:00:01Z", "h", "sshd", "", "", "x", RFC3164}},
		{"3164 month in capitals", "<13>JUN 13 10:00:01 h sshd: x", reading{13, "2026-06-13T10:00:01Z", "h", "sshd", "", "", "x", RFC3164}},
		{"3164 blank behind PRI", "<13> Jun 13 10:00:01 h sshd: x", reading{13, "2026-06-13T10:00:01Z", "h", "sshd", "", "", "x", RFC3164}},
		{"3164 without host", "<13>Jun 13 10:00:01 dnsd[4]: x", reading{13, "2026-06-13T10:00:01Z", "", "dnsd", "4", "", "x", RFC3164}},
		{"3164 without program", "<13>Jun 13 10:00:01 sw1 Port 7 is down", reading{13, "2026-06-13T10:00:01Z", "sw1", "", "", "", "Port 7 is down", RFC3164}},
		{"3164 small words are text", "<13>Jun 13 10:00:01 sw1 link down on port 7", reading{13, "2026-06-13T10:00:01Z", "sw1", "", "", "", "link down on port 7", RFC3164}},
		{"3164 host alone", "<13>Jun 13 10:00:01 sw1", reading{13, "2026-06-13T10:00:01Z", "sw1", "", "", "", "", RFC3164}},
		{"3164 dash for host", "<13>Jun 13 10:00:01 - logger: x", reading{13, "2026-06-13T10:00:01Z", "", "logger", "", "", "x", RFC3164}},
		{"3164 dash for program", "<13>Jun 13 10:00:01 h - x", reading{13, "2026-06-13T10:00:01Z", "h", "", "", "", "x", RFC3164}},
		{"3164 severity is no program", "<13>Jun 13 10:00:01 sw1 WARN: Port 7 storm", reading{13, "2026-06-13T10:00:01Z", "sw1", "", "", "", "WARN: Port 7 storm", RFC3164}},
		{"3164 pid without colon", "<13>Jun 13 10:00:01 h agentd[9] started", reading{13, "2026-06-13T10:00:01Z", "h", "agentd", "9", "", "started", RFC3164}},
		{"3164 program with parentheses", "<13>Jun 13 10:00:01 h sshd(pam)[9]: x", reading{13, "2026-06-13T10:00:01Z", "h", "sshd(pam)", "9", "", "x", RFC3164}},
		{"3164 level before program", "<13>Jun 13 10:00:01 lb1 notice mcpd[9]: x", reading{13, "2026-06-13T10:00:01Z", "lb1", "mcpd", "9", "", "x", RFC3164}},
		{"3164 IPv6 host", "<13>Jun 13 10:00:01 2001:db8::a sshd[9]: x", reading{13, "2026-06-13T10:00:01Z", "2001:db8::a", "sshd", "9", "", "x", RFC3164}},
		{"3164 RFC 3339 time", "<13>2026-06-13T10:00:01.25+02:00 h sshd[9]: x", reading{13, "2026-06-13T08:00:01.25Z", "h", "sshd", "9", "", "x", RFC3164}},
		{"3164 fraction", "<13>Jun 13 10:00:01.125 h sshd[9]: x", reading{13, "2026-06-13T10:00:01.125Z", "h", "sshd", "9", "", "x", RFC3164}},
		{"3164 tab begins the text", "<13>Jun 13 10:00:01 h app: \tx", reading{13, "2026-06-13T10:00:01Z", "h", "app", "", "", "\tx", RFC3164}},
		{"3164 relayed twice", "<13>Jun 13 10:00:01 relay Jun 13 09:59:59 sw1 snmpd: x", reading{13, "2026-06-13T09:59:59Z", "sw1", "snmpd", "", "", "x", RFC3164}},
		{"3164 zone and year", "<13>Jun 13 10:00:01 CST 2026 h app[1]: x", reading{13, "2026-06-13T16:00:01Z", "h", "app", "1", "", "x", RFC3164}},
		{"3164 event number of ProCurve", "<13>Jun 13 10:00:01 192.0.2.9 00076 ports: port 7 is off", reading{13, "2026-06-13T10:00:01Z", "192.0.2.9", "ports", "", "00076", "port 7 is off", RFC3164}},
		{"3164 name of UniFi", "<13>Jun 13 10:00:01 AP-Hall,0a1b2c3d4e5f,v6.6.55.1: hostapd: ath0 up", reading{13, "2026-06-13T10:00:01Z", "AP-Hall", "hostapd", "", "", "ath0 up", RFC3164}},
		{"3164 month that is none", "<13>Jux 13 10:00:01 h a: x", reading{13, "-", "", "", "", "", "Jux 13 10:00:01 h a: x", Unknown}},

		// Cisco
		{"IOS with counter", "<189>643: *Jun 13 10:00:01.295: %LINK-3-UPDOWN: Interface Gi0/1 down", reading{189, "2026-06-13T10:00:01.295Z", "", "%LINK-3-UPDOWN", "", "", "Interface Gi0/1 down", Cisco}},
		{"IOS with host and number", "<189>643: rt1: 000104: .Jun 13 10:00:01.295 MSK: %SYS-5-CONFIG_I: by admin", reading{189, "2026-06-13T07:00:01.295Z", "rt1", "%SYS-5-CONFIG_I", "", "", "by admin", Cisco}},
		{"IOS with no counter", "<189>: Jun 13 10:00:01: %SYS-5-CONFIG_I: by admin", reading{189, "2026-06-13T10:00:01Z", "", "%SYS-5-CONFIG_I", "", "", "by admin", Cisco}},
		{"IOS with up time", "<189>17: 11w0d: %SYS-5-CONFIG_I: by admin", reading{189, "-", "", "%SYS-5-CONFIG_I", "", "", "by admin", Cisco}},
		{"IOS with short up time", "<189>17: 00:04:11: %SYS-5-CONFIG_I: by admin", reading{189, "-", "", "%SYS-5-CONFIG_I", "", "", "by admin", Cisco}},
		{"IOS with session id", `<189>38: [syslog@9 s_id="sw1:514"]: *Jun 13 10:00:01: %LINK-5-CHANGED: x`, reading{189, "2026-06-13T10:00:01Z", "", "%LINK-5-CHANGED", "", "", "x", Cisco}},
		{"IOS behind a relay", "<189>Jun 13 10:00:03 192.0.2.7 643: *Jun 13 10:00:01: %LINK-3-UPDOWN: x", reading{189, "2026-06-13T10:00:01Z", "192.0.2.7", "%LINK-3-UPDOWN", "", "", "x", Cisco}},
		{"IOS from an IPv6 address", "<189>17: 2001:db8::: 15: Jun 13 10:00:01 UTC: %A-6-B: x", reading{189, "2026-06-13T10:00:01Z", "2001:db8::", "%A-6-B", "", "", "x", Cisco}},
		{"IOS XR", "<187>94: rt1 RP/0/RSP0/CPU0:Jun 13 10:00:01.834 : ifmgr[214]: %PKT-LINK-3-UPDOWN : Te0/2 down", reading{187, "2026-06-13T10:00:01.834Z", "rt1", "ifmgr", "214", "", "%PKT-LINK-3-UPDOWN : Te0/2 down", Cisco}},
		{"NX-OS", "<189>: 2026 Jun 13 13:00:01 MSK: %ETHPORT-5-IF_UP: Ethernet1/8 is up", reading{189, "2026-06-13T10:00:01Z", "", "%ETHPORT-5-IF_UP", "", "", "Ethernet1/8 is up", NXOS}},
		{"NX-OS with host", "<189>2026 Jun 13 10:00:01 n9k %ETHPORT-5-IF_UP: Ethernet1/8 is up", reading{189, "2026-06-13T10:00:01Z", "n9k", "%ETHPORT-5-IF_UP", "", "", "Ethernet1/8 is up", NXOS}},
		{"ASA", "<166>Jun 13 2026 10:00:01 fw1 : %ASA-6-302013: Built", reading{166, "2026-06-13T10:00:01Z", "fw1", "%ASA-6-302013", "", "", "Built", Cisco}},
		{"mnemonic alone", "%ASA-4-401004 Shunned", reading{unset, "-", "", "%ASA-4-401004", "", "", "Shunned", Cisco}},

		// Huawei, H3C, ZTE, BDCOM and other makers of OLTs
		{"Huawei", "<188>Jun 13 2026 17:00:01+07:00 S57 %%01IFNET/4/LINK_STATE(l)[12]:Vlanif7 down", reading{188, "2026-06-13T10:00:01Z", "S57", "IFNET/4/LINK_STATE", "", "", "Vlanif7 down", Huawei}},
		{"Huawei trap", "<188>Jun 13 2026 10:00:01 S57 LINE/5/VTYUSERLOGIN:OID 1.3 login", reading{188, "2026-06-13T10:00:01Z", "S57", "LINE/5/VTYUSERLOGIN", "", "", "OID 1.3 login", Huawei}},
		{"Huawei OLT", "<132> 2000-02-09 00:06:30-03:00 0.0.0.0 ! RUNNING WARNING\r\n  EVENT NAME :x", reading{132, "2000-02-09T03:06:30Z", "0.0.0.0", "", "", "", "! RUNNING WARNING\r\n  EVENT NAME :x", Huawei}},
		{"H3C", "<190>Jun 13 10:00:01 2026 SW2 %%10IFNET/3/PHY_UPDOWN: Gi1/0/1 down.\x00", reading{190, "2026-06-13T10:00:01Z", "SW2", "IFNET/3/PHY_UPDOWN", "", "", "Gi1/0/1 down.", H3C}},
		{"H3C from its buffer", "%Jun 13 10:00:01:068 2026 SW2 SHELL/5/SHELL_LOGIN: admin", reading{unset, "2026-06-13T10:00:01.068Z", "SW2", "SHELL/5/SHELL_LOGIN", "", "", "admin", H3C}},
		{"host with blanks", "<190>Jun 13 10:00:01 2026 Lab Switch 7 %%10IFNET/4/LINK UPDOWN(l):  up", reading{190, "2026-06-13T10:00:01Z", "Lab Switch 7", "IFNET/4/LINK UPDOWN", "", "", "up", H3C}},
		{"ZTE OLT", "<130>2026 Jun 13 10:00:01 olt9 command-log:An alarm 35125 level minor\n on ", reading{130, "2026-06-13T10:00:01Z", "olt9", "command-log", "", "", "An alarm 35125 level minor\n on ", RFC3164}},
		{"ZTE switch", "10:00:01 06/13/2026 UTC alarm 33281 occurred %EPON% x", reading{unset, "2026-06-13T10:00:01Z", "", "", "", "", "alarm 33281 occurred %EPON% x", ZTE}},
		{"BDCOM", "<190>Jun 13 10:00:01 olt4 %EPON-ONUREG: ONU 0200.0000.0007 is registered on EPON0/5:29. \x00", reading{190, "2026-06-13T10:00:01Z", "olt4", "%EPON-ONUREG", "", "", "ONU 0200.0000.0007 is registered on EPON0/5:29. ", RFC3164}},
		{"V-SOL", "<134>Jun 13 10:00:01 OLT-7 auditd[3]: ONU Offline PON 0/1 ONU 3 sn X", reading{134, "2026-06-13T10:00:01Z", "OLT-7", "auditd", "3", "", "ONU Offline PON 0/1 ONU 3 sn X", RFC3164}},
		{"V-SOL console", "2026/06/13 10:00:01   ONU Dying Gasp   PON 0/1 ONU 6 sn X", reading{unset, "2026-06-13T10:00:01Z", "", "", "", "", "ONU Dying Gasp   PON 0/1 ONU 6 sn X", RFC3164}},
		{"HSGQ", "[2026/06/13 10:00:01]  Warning: ONU 1/1 ONU dying gasp", reading{unset, "2026-06-13T10:00:01Z", "", "", "", "", "Warning: ONU 1/1 ONU dying gasp", HSGQ}},
		{"HSGQ behind a PRI", "<132>[2026/06/13 10:00:01]  Warning: x", reading{132, "2026-06-13T10:00:01Z", "", "", "", "", "Warning: x", HSGQ}},
		{"Hioso", "<134>Jun 13 10:00:01 OLT-5 EPON: Onu 0/1/1:4 dying-gasp", reading{134, "2026-06-13T10:00:01Z", "OLT-5", "EPON", "", "", "Onu 0/1/1:4 dying-gasp", RFC3164}},
		{"Hisfocus", "<134>Jun 13 10:00:01 OLT-EAST: [2026-06-13 10:00:01] ONU 0/1:3 linkdown", reading{134, "2026-06-13T10:00:01Z", "OLT-EAST", "", "", "", "[2026-06-13 10:00:01] ONU 0/1:3 linkdown", RFC3164}},
		{"Calix", "<187>Jun 13 10:00:01 olt-3 notfmgrd[62]: [1][A] Id:5029, Name:ont-dying-gasp", reading{187, "2026-06-13T10:00:01Z", "olt-3", "notfmgrd", "62", "", "[1][A] Id:5029, Name:ont-dying-gasp", RFC3164}},
		{"Nokia", "Jun 13 10:00:01 LT1-olt-5 - APP_NAME:alarm,alarm-type-id:onu-dying-gasp", reading{unset, "2026-06-13T10:00:01Z", "LT1-olt-5", "", "", "", "APP_NAME:alarm,alarm-type-id:onu-dying-gasp", RFC3164}},
		{"Raisecom", "<189>2026-06-13,10:00:01  olt6: SSH-5-PASSWORD_OK:User admin", reading{189, "2026-06-13T10:00:01Z", "olt6", "SSH-5-PASSWORD_OK", "", "", "User admin", RFC3164}},

		// MikroTik and others
		{"MikroTik topics alone", "<134>system,error,critical login failure for user x", reading{134, "-", "", "system,error,critical", "", "", "system,error,critical login failure for user x", MikroTik}},
		{"MikroTik as BSD", "<30>Jun 13 10:00:01 RB1 interface,info ether5 link down", reading{30, "2026-06-13T10:00:01Z", "RB1", "interface,info", "", "", "interface,info ether5 link down", MikroTik}},
		{"MikroTik with its date", "jun/13/2026 10:00:01 system,info x", reading{unset, "2026-06-13T10:00:01Z", "", "system,info", "", "", "system,info x", MikroTik}},
		{"MikroTik firewall", "<134>Jun 13 10:00:01 RB1 forward: in:ether1 out:bridge", reading{134, "2026-06-13T10:00:01Z", "RB1", "forward", "", "", "in:ether1 out:bridge", RFC3164}},
		{"MikroTik with identity", "<134>RB1: system,info x", reading{134, "-", "RB1", "system,info", "", "", "system,info x", MikroTik}},
		{"FortiGate", `<189>date=2026-06-13 time=12:00:01 devname="fw1" tz="+0200" type=event`, reading{189, "2026-06-13T10:00:01Z", "fw1", "", "", "", `date=2026-06-13 time=12:00:01 devname="fw1" tz="+0200" type=event`, FortiGate}},
		{"FortiGate with epoch", `<189>date=2026-06-13 time=01:00:01 devname=fw1 eventtime=1781344801000000123`, reading{189, "2026-06-13T10:00:01Z", "fw1", "", "", "", `date=2026-06-13 time=01:00:01 devname=fw1 eventtime=1781344801000000123`, FortiGate}},
		{"SonicWall", `id=firewall sn=7 time="2026-06-13 10:00:01 UTC" fw=192.0.2.1 pri=6`, reading{unset, "2026-06-13T10:00:01Z", "192.0.2.1", "", "", "", `id=firewall sn=7 time="2026-06-13 10:00:01 UTC" fw=192.0.2.1 pri=6`, KeyValue}},
		{"Meraki", "<134>1 1781344801.25 MX84 flows src=192.0.2.1", reading{134, "2026-06-13T10:00:01.25Z", "MX84", "flows", "", "", "src=192.0.2.1", Meraki}},
		{"NetScaler", "<134> 06/13/2026:10:00:01 GMT ns1 0-PPE-0 : default TCP x", reading{134, "2026-06-13T10:00:01Z", "ns1", "0-PPE-0", "", "", "default TCP x", NetScaler}},
		{"NetScaler with time alone", "<134> 10:00:01 GMT ns1 0-PPE-0 : default TCP x", reading{134, "2026-06-13T10:00:01Z", "ns1", "0-PPE-0", "", "", "default TCP x", NetScaler}},
		{"NetScaler with the day first", "<134> 13/06/2026:10:00:01 GMT ns1 0-PPE-0 : x", reading{134, "2026-06-13T10:00:01Z", "ns1", "0-PPE-0", "", "", "x", NetScaler}},
		{"Opengear", "<30>con1 port02 2026-Jun-13 10:00:01.5 LOGIN: root", reading{30, "2026-06-13T10:00:01.5Z", "con1", "port02", "", "", "LOGIN: root", RFC3164}},
		{"CEF behind a header", "<134>Jun 13 10:00:01 fw CEF:0|V|P|1|7|x|5|", reading{134, "2026-06-13T10:00:01Z", "fw", "CEF", "", "", "CEF:0|V|P|1|7|x|5|", CEF}},
		{"time padded with blanks", "<13>Jun  3  9: 0: 1 sw system: x", reading{13, "2026-06-03T09:00:01Z", "sw", "system", "", "", "x", RFC3164}},
		{"time of Snort", "06/13-10:00:01.5 [**] x", reading{unset, "2026-06-13T10:00:01.5Z", "", "", "", "", "[**] x", RFC3164}},
		{"day, month, year", "<13>13-Jun-2026 10:00:01 h app: x", reading{13, "2026-06-13T10:00:01Z", "h", "app", "", "", "x", RFC3164}},
		{"name of the day", "Sat Jun 13 10:00:01 2026 [pid 2] x", reading{unset, "2026-06-13T10:00:01Z", "", "", "", "", "[pid 2] x", RFC3164}},

		// little or nothing
		{"empty", "", reading{unset, "-", "", "", "", "", "", Unknown}},
		{"line ends alone", "\r\n\x00", reading{unset, "-", "", "", "", "", "", Unknown}},
		{"PRI alone", "<13>", reading{13, "-", "", "", "", "", "", Unknown}},
		{"text alone", "GigabitEthernet0/0/1 down", reading{unset, "-", "", "", "", "", "GigabitEthernet0/0/1 down", Unknown}},
		{"PRI and text", "<13>GigabitEthernet0/0/1 down", reading{13, "-", "", "", "", "", "GigabitEthernet0/0/1 down", Unknown}},
		{"PRI and program", "<13>kernel: oops", reading{13, "-", "", "kernel", "", "", "oops", RFC3164}},
		{"mark first", "\ufeff<34>Jun 13 10:00:01 h su: x", reading{34, "2026-06-13T10:00:01Z", "h", "su", "", "", "x", RFC3164}},
		{"highest PRI", "<191>x", reading{191, "-", "", "", "", "", "x", Unknown}},
		{"PRI too high", "<192>Jun 13 10:00:01 h su: x", reading{unset, "-", "", "", "", "", "<192>Jun 13 10:00:01 h su: x", Unknown}},
		{"PRI with zero in front", "<013>x", reading{unset, "-", "", "", "", "", "<013>x", Unknown}},
		{"PRI empty", "<>x", reading{unset, "-", "", "", "", "", "<>x", Unknown}},
		{"PRI not closed", "<13", reading{unset, "-", "", "", "", "", "<13", Unknown}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m Message
			NewParser().Parse(&m, []byte(tt.raw), receipt.UnixMicro(), nil)
			checkMessage(t, []byte(tt.raw), &m)
			sent := "-"
			if m.SentAt != NoTime {
				sent = time.UnixMicro(m.SentAt).UTC().Format(time.RFC3339Nano)
			}
			have := reading{int(m.Facility)*8 + int(m.Severity), sent, string(m.Get(m.Hostname)), string(m.Get(m.AppName)),
				string(m.Get(m.ProcID)), string(m.Get(m.MsgID)), string(m.Text()), m.Format}
			if have != tt.want {
				t.Errorf("%q\n have %+v\n want %+v", tt.raw, have, tt.want)
			}
		})
	}
}

func TestParseOverwrites(t *testing.T) {
	p := NewParser()
	var m Message
	p.Parse(&m, []byte(`<165>1 2026-06-13T09:59:58Z h a 7 ID4 [x@1 a="b"] long text`), receipt.UnixMicro(), nil)
	p.Parse(&m, []byte("x"), receipt.UnixMicro(), nil)
	if want := (Message{Raw: m.Raw, SentAt: NoTime, Facility: 1, Severity: 5}); string(m.Raw) != "x" || m.Hostname != want.Hostname ||
		m.AppName != want.AppName || m.ProcID != want.ProcID || m.MsgID != want.MsgID || m.StructuredData != want.StructuredData ||
		m.SentAt != NoTime || m.MessageAt != 0 || m.Facility != 1 || m.Severity != 5 || m.Format != Unknown {
		t.Errorf("left over: %+v", m)
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	p := NewParser()
	var m Message
	for _, raw := range [][]byte{
		[]byte("<131>Jun 13 10:00:01 OLT-2 EPON[7]: PON deregister"),
		[]byte(`<165>1 2026-06-13T09:59:58Z h a 7 ID4 [x@1 a="b"] text`),
		[]byte("<189>643: *Jun 13 10:00:01.295: %LINK-3-UPDOWN: Interface Gi0/1 down"),
		[]byte("<134>system,info x"),
		[]byte("no header"),
	} {
		if n := testing.AllocsPerRun(100, func() { p.Parse(&m, raw, receipt.UnixMicro(), nil) }); n != 0 {
			t.Errorf("%v allocations for %q", n, raw)
		}
	}
}

func TestNameAtIsWhereTheNameStandsLast(t *testing.T) {
	const raw = "<13>Jun 13 10:00:01 app app[app]: app says app"
	header := strings.Index(raw, "app says")
	for name, app := range map[string]Span{
		"as the device wrote it":     {Off: 24, Len: 3},
		"like the host":              {Off: 20, Len: 3},
		"like the process":           {Off: 28, Len: 3},
		"from a column of its own":   {Off: uint32(len(raw)), Len: 3},
		"over the end of the header": {Off: uint32(header - 1), Len: 4},
		"empty":                      {},
		"nowhere in the header":      {Off: uint32(header), Len: 8},
	} {
		t.Run(name, func(t *testing.T) {
			m := Message{Raw: []byte(raw + "app"), MessageAt: header, AppName: app}
			want := -1
			if app.Len > 0 {
				want = bytes.LastIndex(m.Raw[:header], m.Get(app))
			}
			if got := m.NameAt(); got != want {
				t.Errorf("%q is at %d, want %d", m.Get(app), got, want)
			}
		})
	}
}

func TestBody(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"mnemonic behind a header of RFC 5424 that goes on without its fields", "<189>1 2026-11-22T14:30:00Z sw-1 %SYS-5-CONFIG_I: Configured", "%SYS-5-CONFIG_I: Configured"},
		{"tag behind such a header", "<189>1 2026-11-22T14:30:00Z srv-1 sshd[71]: Accepted", "sshd[71]: Accepted"},
		{"fields of RFC 5424", "<165>1 2026-11-22T14:30:00Z edge-1 netconf 71 ID47 [origin ip=\"192.0.2.1\"] closed by netconf", "closed by netconf"},
		{"mnemonic of Cisco", "<189>643: *Jun 13 10:00:01.295: %LINK-3-UPDOWN: Interface Gi0/1 down", "%LINK-3-UPDOWN: Interface Gi0/1 down"},
		{"program and process", "<131>Jun 13 10:00:01 OLT-2 EPON[7]: PON deregister", "EPON[7]: PON deregister"},
		{"module of Huawei", "<188>Jun 13 2026 10:00:01 S57 %%01IFNET/4/LINK_STATE(l)[12]:down", "%%01IFNET/4/LINK_STATE(l)[12]:down"},
		{"topics stand in the text", "<30>Jun 13 10:00:01 RB1 interface,info ether5 link down", "interface,info ether5 link down"},
		{"fields between name and text", "<165>1 - h app 7 ID4 - text", "text"},
		{"no program", "<13>Jun 13 10:00:01 sw1 Port 7 is down", "Port 7 is down"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m Message
			NewParser().Parse(&m, []byte(tt.raw), receipt.UnixMicro(), nil)
			if got := string(m.Body()); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
