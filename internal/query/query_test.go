package query

import (
	"net/netip"
	"testing"

	"github.com/logboom/logboom/internal/syslog"
)

// names is a Directory of one named device.
type names struct{}

func (names) Device(a netip.Addr) (name, site string) {
	if a == netip.MustParseAddr("10.1.2.3") {
		return "OLT North", "Москва"
	}
	return "", ""
}

// record makes a message of 10.1.2.3 whose header is "<PRI>host app: ".
func record(facility, severity uint8, host, app, text string) *syslog.Record {
	raw := "<190>" + host + " " + app + ": " + text
	r := &syslog.Record{Source: netip.MustParseAddr("10.1.2.3")}
	r.Raw = []byte(raw)
	r.Hostname = syslog.Span{Off: 5, Len: uint32(len(host))}
	r.AppName = syslog.Span{Off: uint32(6 + len(host)), Len: uint32(len(app))}
	r.MessageAt = len(raw) - len(text)
	r.Facility, r.Severity = facility, severity
	return r
}

func TestMatch(t *testing.T) {
	onu := record(20, 3, "olt-7", "EPON", "ONU 0/1/2:7 Deregistered, reason dying-gasp 100%")
	tests := []struct {
		name  string
		query string
		in    *syslog.Record
		want  bool
	}{
		{"empty finds all", "", onu, true},
		{"word in any case", "deREGister", onu, true},
		{"word within a word", "egiste", onu, true},
		{"word that is not there", "rogue", onu, false},
		{"words in any order", "gasp onu", onu, true},
		{"one of two words missing", "onu rogue", onu, false},
		{"star after a word", "dereg*", onu, true},
		{"lone star", "*", onu, true},
		{"phrase", `"reason dying"`, onu, true},
		{"phrase in another order", `"dying reason"`, onu, false},
		{"percent is no wildcard", `"reason%gasp"`, onu, false},
		{"percent is itself", `100%`, onu, true},
		{"header is searched", "olt-7", onu, true},
		{"not", "onu -rogue", onu, true},
		{"not what is there", "onu -gasp", onu, false},
		{"only not", "-rogue", onu, true},
		{"not a phrase", `-"dying-gasp"`, onu, false},
		{"not a group", "-(rogue OR gasp)", onu, false},
		{"not not", "-(-gasp)", onu, true},
		{"or", "rogue OR gasp", onu, true},
		{"or of nothing", "rogue OR loopback", onu, false},
		{"or binds weaker", "rogue loopback OR gasp", onu, true},
		{"brackets", "rogue (loopback OR gasp)", onu, false},
		{"and is a space", "onu AND gasp", onu, true},
		{"or in lower case is a word", "rogue or gasp", onu, false},

		{"regex", `/onu \d+\/\d+\/\d+:\d dereg/`, onu, true},
		{"regex in any case", `/DEREG.*GASP/`, onu, true},
		{"regex with case", `/(?-i)DEREG/`, onu, false},
		{"regex over line breaks", `/a.b/`, record(1, 5, "h", "a", "a\nb"), true},
		{"regex of alternatives", `/(rogue|dying)[- ]gasp/`, onu, true},
		{"regex that fails at its literal", `/rogue \d/`, onu, false},
		{"regex with the Kelvin sign", `/\d ok/`, record(1, 5, "h", "a", "7 o\u212a"), true},
		{"word with the Kelvin sign", `ok`, record(1, 5, "h", "a", "7 o\u212a"), false},

		{"severity", "severity:err", onu, true},
		{"severity by number", "severity:3", onu, true},
		{"another severity", "severity:crit", onu, false},
		{"severity and worse", "severity:warning+", onu, true},
		{"severity not bad enough", "severity:crit+", onu, false},
		{"facility", "facility:local4", onu, true},
		{"facility with a star", "facility:local*", onu, true},
		{"another facility", "facility:kern", onu, false},
		{"app", "app:epon", onu, true},
		{"app is compared whole", "app:epo", onu, false},
		{"app with a star", "app:ep*", onu, true},
		{"app is there", "app:*", onu, true},
		{"app is not there", `app:""`, onu, false},
		{"no app", `app:""`, record(1, 5, "h", "", "x"), true},
		{"not another host", "-host:sw-1", record(1, 5, "", "a", "x"), true},
		{"host", "host:OLT-7", onu, true},
		{"device", "device:10.1.2.3", onu, true},
		{"device mapped into IPv6", "device:::ffff:10.1.2.3", onu, true},
		{"another device", "device:10.1.2.4", onu, false},
		{"range", "device:10.1.0.0/16", onu, true},
		{"range written from within", "device:10.1.99.1/16", onu, true},
		{"another range", "device:10.2.0.0/16", onu, false},
		{"beginning of an address", "device:10.1.*", onu, true},
		{"another beginning", "device:10.2.*", onu, false},
		{"device by name", `device:"olt north"`, onu, true},
		{"device by beginning of name", `device:olt*`, onu, true},
		{"name", `name:"OLT North"`, onu, true},
		{"name is not the address", `name:10.1.2.3`, onu, false},
		{"site beyond ASCII", `site:МОСКВА`, onu, true},
		{"site beginning beyond ASCII", `site:мос*`, onu, true},

		{"word beyond ASCII in another case", "ПОРТ", record(1, 5, "h", "a", "Потерян порт 3"), true},
		{"word beyond ASCII that is not there", "ПОРТУ", record(1, 5, "h", "a", "Потерян порт 3"), false},
		{"word without case", "掉电", record(1, 5, "h", "a", "设备掉电告警"), true},
		{"not UTF-8", "lost", record(1, 5, "h", "a", "\xff\xfe lost \xc3"), true},
		{"not UTF-8, beyond ASCII", "порт", record(1, 5, "h", "a", "\xd0порт"), true},
		{"after a NUL", "lost", record(1, 5, "h", "a", "\x00\x00lost"), true},
		{"mac address", "c0:f6:ec:1e:ff:da", record(1, 5, "h", "a", "Onu C0:F6:EC:1E:FF:DA lost"), true},
		{"mac address of letters first", "fa:ce:00:00:00:01", record(1, 5, "h", "a", "fa:ce:00:00:00:01"), true},
		{"unknown name without value", "EPON:", onu, true},
		{"link", "http://x", record(1, 5, "h", "a", "see http://x/y"), true},
		{"pasted arrow", "a -> b", record(1, 5, "h", "a", "a -> b"), true},
		{"pasted dashes", "restarted --", record(1, 5, "h", "a", "restarted --"), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := Parse(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := q.Match(tt.in, names{}); got != tt.want {
				t.Errorf("%s matches %q: %v, want %v", tt.query, tt.in.Raw, got, tt.want)
			}
			again, err := Parse(q.String())
			if err != nil {
				t.Fatalf("its plain form: %v", err)
			}
			if got := again.Match(tt.in, names{}); got != tt.want || again.String() != q.String() {
				t.Errorf("plain form %s of %s matches: %v, want %v; its own is %s", q, tt.query, got, tt.want, again)
			}
		})
	}
}

func TestPortIsMatchedWhole(t *testing.T) {
	tests := []struct {
		query, text string
		want        bool
	}{
		{"port:0/1", "PON 0/1 down", true},
		{"port:0/1", "PON 0/1.", true},
		{"port:0/1", "(0/1)", true},
		{"port:0/1", "EPON0/1: lost", true},
		{"port:0/1", "PON 0/12", false},
		{"port:0/1", "PON 0/1/2", false},
		{"port:0/1", "PON 0/1:7", false},
		{"port:0/1", "PON 10/1", false},
		{"port:0/1", "PON 1/0/1", false},
		{"port:0/1", "PON 0/12, then 0/1", true},
		{"port:0/1*", "PON 0/12", true},
		{"port:0/1*", "PON 0/1/2:7", true},
		{"port:0/1*", "PON 0/2", false},
		{"port:0/1/2:7", "ONU 0/1/2:7 lost", true},
		{"port:1/0/1", "Gi1/0/1.100 down", true},
		{"port:gi1/0/1", "interface Gi1/0/1 down", true},
		{"port:gi1/0/1", "interface xgi1/0/1 down", false},
		{"port:ether5", "ether5 link down", true},
		{"port:ether5", "ether51 link down", false},
		{"port:10", "from 10.0.0.1", false},
		{"port:1", "from 10.0.0.1", false},
		{"port:3", "at 12:03:3", false},
		{"port:26", "Port 26 link down", true},
	}
	for _, tt := range tests {
		t.Run(tt.query+" in "+tt.text, func(t *testing.T) {
			q, err := Parse(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := q.Match(record(1, 5, "h", "a", tt.text), nil); got != tt.want {
				t.Errorf("= %v", got)
			}
		})
	}
}

func TestRuleLooksAtTheTextOnly(t *testing.T) {
	forged := record(1, 5, "rogue-onu", "reset", "all is well")
	for _, text := range []string{"rogue", `"rogue-onu"`, "/rogue/", "reset", "190"} {
		q, err := ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		if q.Match(forged, nil) {
			t.Errorf("rule %s matches the header of %q", text, forged.Raw)
		}
		if q, _ = Parse(text); !q.Match(forged, nil) {
			t.Errorf("search for %s does not find %q", text, forged.Raw)
		}
	}
	if q, _ := ParseRule("host:rogue-onu well"); !q.Match(forged, nil) {
		t.Error("a rule may ask for the host by its field")
	}
}

func TestRuleLooksAtTheMnemonic(t *testing.T) {
	r := record(23, 3, "sw-1", "%LINK-3-UPDOWN", "Interface Gi0/7, changed state to down")
	far := *r // as read from a row: the name stands behind the text
	far.Raw = append(append([]byte(nil), r.Raw...), "%LINK-3-UPDOWN"...)[:len(r.Raw)]
	far.AppName.Off = uint32(len(r.Raw))
	for _, text := range []string{"updown", "/updown: interface .* down/", `"UPDOWN: Interface"`, "updown -sw-1"} {
		q, err := ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		if !q.Match(r, nil) || !q.Match(&far, nil) {
			t.Errorf("rule %s does not match %q", text, r.Raw)
		}
	}
}

func TestString(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"  a   b ", "a b"},
		{"a AND b", "a b"},
		{"((a))", "a"},
		{"(a b) c", "a b c"},
		{"a (b OR c)", "a (b OR c)"},
		{"(a b) OR c", "a b OR c"},
		{"-(a b)", "-(a b)"},
		{"-(a)", "-a"},
		{"-(-a)", "-(-a)"},
		{`"a"`, "a"},
		{`"a b"`, `"a b"`},
		{`"OR"`, `"OR"`},
		{`"a*"`, `"a*"`},
		{`a*`, `a*`},
		{`"C:\logs"`, `"C:\logs"`},
		{`"say \"hi\""`, `"say \"hi\""`},
		{`-"->"`, `-"->"`},
		{`-"-x"`, `-"-x"`},
		{`"app:x"`, `"app:x"`},
		{`APP:"x"`, `app:x`},
		{`name:"a b*"`, `name:"a b*"`},
		{`/a\/b\d/`, `/a\/b\d/`},
		{`msg="hi"x`, `msg= hi x`},
	}
	for _, tt := range tests {
		q, err := Parse(tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
		} else if got := q.String(); got != tt.want {
			t.Errorf("%s is written %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	r := record(20, 3, "olt-7", "EPON", "ONU 0/1/2:7 Deregistered, причина dying-gasp")
	q, err := Parse(`onu ПРИЧИНА "dying-gasp" /dereg\w+/ severity:warning+ app:ep* device:10.1.* port:0/1/2:7 -rogue site:москва`)
	if err != nil {
		t.Fatal(err)
	}
	// The race detector makes sync.Pool, where package regexp keeps what it
	// needs, forget something now and then: then it is measured again.
	n := 1.0
	for range 10 {
		if n = testing.AllocsPerRun(100, func() {
			if !q.Match(r, names{}) {
				t.Fatal("does not match")
			}
		}); n == 0 {
			return
		}
	}
	t.Errorf("%v allocations", n)
}

func TestMayMatchSource(t *testing.T) {
	north, other := netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("10.9.9.9")
	tests := []struct {
		query        string
		north, other bool
	}{
		{"", true, true},
		{"onu", true, true},
		{"device:10.1.2.3", true, false},
		{"device:10.1.2.3 onu", true, false},
		{"device:10.1.2.3 OR onu", true, true},
		{"-device:10.1.2.3", false, true},
		{"-(device:10.1.2.3 onu)", true, true},
		{"name:OLT*", true, false},
		{"-site:москва", false, true},
		{"device:10.1.* name:other", false, false},
	}
	for _, tt := range tests {
		q, err := Parse(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.MayMatchSource(north, names{}); got != tt.north {
			t.Errorf("%s may match the named device: %v", tt.query, got)
		}
		if got := q.MayMatchSource(other, names{}); got != tt.other {
			t.Errorf("%s may match the other device: %v", tt.query, got)
		}
	}
}

func TestSQL(t *testing.T) {
	tests := []struct {
		query, where string
		args         int
		exact        bool
	}{
		{"", "1", 0, true},
		{"severity:err+", "(severity <= ?)", 1, true},
		{"severity:err", "(severity IN (?))", 1, true},
		{"-facility:local7", "NOT (facility IN (?))", 1, true},
		{"device:10.1.2.3", "1", 0, true},
		{"device:10.9.9.9 onu", "0", 0, true},
		{"device:10.1.2.3 severity:err+", "(severity <= ?)", 1, true},
		{"onu", `((raw LIKE ? ESCAPE '\') OR typeof(raw) = 'blob')`, 1, false},
		{"severity:err+ onu", `(((severity <= ?) AND (raw LIKE ? ESCAPE '\')) OR (typeof(raw) = 'blob' AND (severity <= ?)))`, 3, false},
		{`-onu`, `(NOT (raw LIKE ? ESCAPE '\') OR typeof(raw) = 'blob')`, 1, false},
		{`-/onu \d/`, `1`, 0, false},
		{`/\d/`, `1`, 0, false},
	}
	for _, tt := range tests {
		q, err := Parse(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		where, args, exact := q.SQL(netip.MustParseAddr("10.1.2.3"), names{})
		if where != tt.where || len(args) != tt.args || exact != tt.exact {
			t.Errorf("%s becomes %s with %v, exact %v", tt.query, where, args, exact)
		}
	}
	if where, _, exact := mustParse(t, "device:10.1.2.3").SQL(netip.Addr{}, nil); where != "1" || exact {
		t.Errorf("for rows of several devices: %s, exact %v", where, exact)
	}
}

func mustParse(t testing.TB, text string) *Query {
	t.Helper()
	q, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}
