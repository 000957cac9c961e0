package pack

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/syslog"
)

// record reads line as it would come from the network.
func record(line string) *syslog.Record {
	var m syslog.Record
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixMicro()
	syslog.NewParser().Parse(&m.Message, []byte(line), now, time.UTC)
	return &m
}

func TestNamesThatOthersChoseRaiseNothing(t *testing.T) {
	r := allPacks(t).NewReader()
	for name, line := range map[string]string{
		"host name of a DHCP client":        "<30>Mar  4 21:10:00 srv dhcpd[71]: DHCPACK on 10.9.8.7 to 02:00:00:aa:00:07 (EPON: Onu 0/1/3:14 02:00:00:aa:00:07 dying-gasp) via eth0",
		"a mnemonic as a host name":         "<30>Mar  4 21:10:00 srv dhcpd[71]: DHCPREQUEST for 10.9.8.7 from 02:00:00:aa:00:07 (%LINK-3-UPDOWN: Interface GigabitEthernet0/7, changed state to down) via eth0",
		"a name behind line breaks":         "<30>Mar  4 21:10:00 srv dnsmasq[71]: DHCPACK(eth0) 10.9.8.7 02:00:00:aa:00:07 x\r\n%LINK-3-UPDOWN: Interface GigabitEthernet0/7, changed state to down",
		"escaped line breaks":               "<30>Mar  4 21:10:00 srv dnsmasq[71]: DHCPACK(eth0) x#015#012EPON: Onu 0/1/3:14 02:00:00:aa:00:07 dying-gasp",
		"SSID":                              "<30>Mar  4 21:10:00 ap hostapd: wlan0: STA 02:00:00:aa:00:07 SSID 'ONU 0200.00aa.0007 is deregistered on EPON0/7:31' associated",
		"SSID of MikroTik":                  "<30>Mar  4 21:10:00 rb wireless,info 02:00:00:AA:00:07@wlan1: connected, wants ether7 link down",
		"user name":                         "<38>Mar  4 21:10:00 srv sshd[71]: Invalid user UPS: On battery power in response to an undervoltage. from 203.0.113.77",
		"command that was typed":            "<190>Mar  4 21:10:00 r-n mgd[71]: UI_CMDLINE_READ_LINE: User 'netops', command 'show log | match \"Alarm set: Fan color=RED, class=CHASSIS, reason=Fan 1\"'",
		"command on a Cisco":                "71: Mar  4 21:10:00.071: %PARSER-5-CFGLOG_LOGGEDCMD: User:netops  logged command:description %LINK-3-UPDOWN: Interface Gi0/7, changed state to down",
		"URL":                               "<13>Mar  4 21:10:00 lb haproxy[71]: GET /?q=notfmgrd[71]:%20Name:ont-dying-gasp 200",
		"path of a trap":                    "<13>Mar  4 21:10:00 srv app: Perceived-Severity:MAJOR, Name:ont-dying-gasp, Xpath:/config/system/ont[ont-id='7']",
		"alarm name in a description":       "<132>Mar  4 21:10:00 olt cli: description ALARM NAME :The feeder fiber is broken or OLT can not receive any expected optical signals(LOS) PARAMETERS :FrameID: 0, SlotID: 5, PortID: 15",
		"name of an ONU in another message": "<134>Mar  4 21:10:00 OLT-N: [2026-03-04 21:10:00] ONU 0/3:14 [ 02:00:00:AA:00:07 ] [x] linkdown] linkup",
	} {
		for _, vendor := range append(Names(), "") {
			if e, ok := r.Read(record(line), vendor); ok && e.State == Raise {
				t.Errorf("%s, of a %q, raises %s by %s: %q", name, vendor, e.Kind, e.Vendor, line)
			}
		}
	}
}

func TestNamesThatOthersChoseClearNothing(t *testing.T) {
	r := allPacks(t).NewReader()
	for name, line := range map[string]string{
		"two words in the bracket": "<14>Mar  4 21:10:05 olt-n EPON: Slot 0/1/3:14 Onu 02:00:00:aa:00:07[foo cleared] Lost",
		"discovery in the bracket": "<14>Mar  4 21:10:05 olt-n EPON: Slot 0/1/3:14 Onu 02:00:00:aa:00:07[foo Discovery] Lost",
		"linkup as a name":         "<134>Mar  4 21:10:00 OLT-N: [2026-03-04 21:10:00] ONU 0/3:14 [ 02:00:00:AA:00:07 ] [foo linkup] linkdown",
		"a description that is up": "<165>Mar  4 21:10:01 sw-a Ebra: %LINEPROTO-5-UPDOWN: Line protocol on Interface Ethernet7 (x), changed state to up), changed state to down",
		"cleared as an equipment":  "<131> 2026-03-04 21:10:05 0.0.0.0 # FAULT MINOR 2026-03-04 21:10:04\n  ALARM NAME :The dying-gasp of GPON ONTi (DGi) is generated\n  PARAMETERS :FrameID: 0, SlotID: 3, PortID: 1, ONT ID: 9, Equipment ID: RECOVERY CLEARED 0x2e12a00b",
	} {
		e, ok := r.Read(record(line), "")
		if !ok || e.State != Raise {
			t.Errorf("%s: read as %s %q, want a raise: %q", name, e.State, e.Kind, line)
		}
	}
}

func TestOneFactToldTwiceIsOneTrouble(t *testing.T) {
	r := allPacks(t).NewReader()
	for name, lines := range map[string][]string{
		"LINK and LINEPROTO": {"%LINK-3-UPDOWN: Interface GigabitEthernet0/7, changed state to down", "%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/7, changed state to down"},
		"ifName and unit 0":  {"mib2d[71]: SNMP_TRAP_LINK_DOWN: ifIndex 507, ifAdminStatus up(1), ifOperStatus down(2), ifName xe-0/0/7", "mib2d[71]: SNMP_TRAP_LINK_DOWN: ifIndex 508, ifAdminStatus up(1), ifOperStatus down(2), ifName xe-0/0/7.0"},
		"alarmd and craftd":  {"alarmd[71]: Alarm set: Pwr supply color=YELLOW, class=CHASSIS, reason=PEM 1 Not OK", "craftd[72]:  Minor alarm set, PEM 1 Not OK"},
		"VRP log and trap":   {"%%01IFNET/4/IF_STATE(l)[71]:Interface 10GE1/0/7 has turned into DOWN state.", "%%01IFNET/1/linkDown_active(l):CID=0x80fa0002-alarmID=0x08520003;The interface status changes. (ifName=10GE1/0/7, AdminStatus=UP, OperStatus=DOWN)", "%%01IFNET/4/LINK_STATE(l)[12]:The line protocol IP on the interface 10GE1/0/7 has entered the DOWN state."},
		"XR line protocol":   {"%PKT_INFRA-LINK-3-UPDOWN : Interface TenGigE0/2/0/7, changed state to Down", "%PKT_INFRA-LINEPROTO-5-UPDOWN : Line protocol on Interface TenGigE0/2/0/7, changed state to Down"},
	} {
		var first Event
		for i, line := range lines {
			e, ok := r.Read(record(line), "")
			if i == 0 {
				first = e
			}
			if !ok || e.Kind != first.Kind || e.Port != first.Port || e.State != Raise || e.Vendor != first.Vendor {
				t.Errorf("%s: %q is %s %s %q, the first %s %q", name, line, e.State, e.Kind, e.Port, first.Kind, first.Port)
			}
		}
	}
}

func TestGenericRulesNeedTheirVendor(t *testing.T) {
	r := allPacks(t).NewReader()
	for _, tt := range []struct{ line, vendor, want string }{
		{"POWER2 IS OK", "", ""},
		{"POWER2 IS OK", "cisco", ""},
		{"POWER2 IS OK", "bdcom", "bdcom"},
		{"Port 7 link down", "", ""},
		{"Port 7 link down", "dlink", "dlink"},
		{"Port 7 link down", "extreme", "extreme"},
		{"Port 7 link down", "no such vendor", ""},
		{"INFO: Port 7 link down", "cisco", ""},
	} {
		if e, _ := r.Read(record(tt.line), tt.vendor); e.Vendor != tt.want {
			t.Errorf("%q of a %q is read by %q, want %q", tt.line, tt.vendor, e.Vendor, tt.want)
		}
	}
}

func TestProofBeatsAWrongVendor(t *testing.T) {
	r := allPacks(t).NewReader()
	line := "<190>Mar  4 21:10:05 olt-n %EPON-ONUDEREG: ONU 0200.00aa.0007 is deregistered on EPON0/7:31."
	if e, ok := r.Read(record(line), "cisco"); !ok || e.Vendor != "bdcom" || !e.Proves {
		t.Errorf("a line that only BDCOM writes is read by %q", e.Vendor)
	}
}

// TestExamplesAreOfOneVendor holds that no pack takes the lines of another as
// long as the vendor is unknown.
func TestExamplesAreOfOneVendor(t *testing.T) {
	s := allPacks(t)
	r := s.NewReader()
	for _, c := range s.rules {
		if c.generic {
			continue
		}
		for _, e := range c.from.Hit {
			if got, _ := r.Read(record(e.line), ""); got.Vendor != c.vendor || got.Kind != c.from.Kind {
				t.Errorf("%q of %s (%s) is read as %s of %s", e.line, c.vendor, c.from.Kind, got.Kind, got.Vendor)
			}
		}
	}
}

func TestFieldsAreShortAndShown(t *testing.T) {
	s := mustNew(t, `match = 'ZOLT says (?P<port>(?s).+)'`, `"ZOLT says hello"`)
	r := s.NewReader()
	e, ok := r.Read(record("ZOLT says \x1b[31m\u202e\xff"+strings.Repeat("é", 200)), "")
	if !ok || len(e.Port) > MaxField || !utf8.ValidString(e.Port) || strings.ContainsAny(e.Port, "\x1b\u202e") {
		t.Errorf("Port = %q", e.Port)
	}
}

func TestWhatIsBeyondTheLimitIsNotLookedAt(t *testing.T) {
	s := mustNew(t, `match = 'ZOLT says [^!]*!over'`, `"ZOLT says !over"`)
	r := s.NewReader()
	if _, ok := r.Read(record("ZOLT says "+strings.Repeat("x", MaxLooked)+"!over"), ""); ok {
		t.Error("a rule matched beyond MaxLooked")
	}
}

// mustNew returns the set of one rule for notices.
func mustNew(t *testing.T, match, hit string) *Set {
	t.Helper()
	s, err := New(Options{Files: []File{{"zolt.toml", []byte("title = \"Z\"\ncoverage = \"full\"\n[[rule]]\nkind = \"link\"\nstate = \"raise\"\n" + match + "\nhit = [" + hit + "]\n")}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
