package alert

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// lines are texts as they arrive all day, 150 to 180 bytes with their headers.
var lines = []struct{ name, text string }{
	{"harmless", "Accepted publickey for netops from 10.17.3.94 port 51234 ssh2: RSA SHA256:q0kVq3nq1cYz2n7o3JpXn0b3kk run=7f3a seq=000000123456, session 4711 opened for netops by uid 0"},
	{"near alarm", "%LINK-3-UPDOWN: Interface GigabitEthernet0/7/12 changed state to up, vlan 1712, duplex full, speed 1000, flaps 3 run=7f3a seq=000000123456, line protocol is up too"},
	{"alarm", "ALARM PON 0/7/12 ONU 93 LOSi/LOBi deregister, distance 4711m, rx power -27.3 dBm, reason dying-gasp, vendor HWTC run=7f3a seq=000000123456, frame 0 slot 7 port 12"},
}

func BenchmarkFind(b *testing.B) {
	rules, err := wordRules(Packs(), DefaultKeywords())
	if err != nil {
		b.Fatal(err)
	}
	m, err := newMatcher(rules)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d rules, %d patterns, %d states, %d classes", len(rules), len(m.alarms), len(m.lexicon.class), m.lexicon.classes)
	var s scan
	for _, l := range lines {
		b.Run(l.name, func(b *testing.B) {
			text := []byte(l.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				m.find(&s, text)
			}
		})
	}
}

// BenchmarkJudge is of texts that were not judged before: ordinary ones, and
// the dearest that we know of.
func BenchmarkJudge(b *testing.B) {
	m := shippedMatcher(b)
	texts := map[string]string{"hostile 1": hostile(hostileWords[0]), "hostile 2": hostile(hostileWords[1]), "hostile names": hostile("(cleared 0 (enabled")}
	for _, l := range lines {
		texts[l.name] = l.text
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		b.Run(name, func(b *testing.B) {
			var s scan
			b.ReportAllocs()
			for b.Loop() {
				s.begin(m, []byte(texts[name]))
				m.judge(&s)
			}
			b.ReportMetric(float64(s.work), "work")
		})
	}
}

func BenchmarkObserve(b *testing.B) {
	var rules []Rule
	for _, text := range []string{
		`"user login" failed severity:warning+`, `"configuration changed" -backup`, `bgp down`, `/ospf.*down/`, `app:sshd refused`,
		`severity:crit+`, `"no space left"`, `host:core-* reboot`, `"temperature" critical`, `/user \w+ locked/`,
	} {
		q, err := query.ParseRule(text)
		if err != nil {
			b.Fatal(err)
		}
		rules = append(rules, Rule{Name: text, Query: q})
	}
	set, err := NewSet(Options{Packs: Packs(), Keywords: DefaultKeywords(), Rules: rules})
	if err != nil {
		b.Fatal(err)
	}
	for _, l := range lines {
		b.Run(l.name, func(b *testing.B) {
			e := NewEngine(set)
			r := &syslog.Record{Source: netip.MustParseAddr("192.0.2.1"), ReceivedAt: 1e15}
			r.Raw, r.Severity = []byte(l.text), 6
			b.ReportAllocs()
			for b.Loop() {
				e.Observe(r)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	rules, err := wordRules(Packs(), DefaultKeywords())
	if err != nil {
		b.Fatal(err)
	}
	m, err := newMatcher(rules)
	if err != nil {
		b.Fatal(err)
	}
	text := []byte(lines[0].text)
	var f []found
	for b.Loop() {
		f = m.lexicon.read(f[:0], text)
	}
}
