package pack

import (
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/syslog"
)

func BenchmarkRead(b *testing.B) {
	s := allPacks(b)
	for _, bb := range []struct{ name, line string }{
		{"nothing fits", `<30>Nov 22 11:59:59 srv-17 dhcpd[812]: DHCPACK on 10.20.30.40 to 02:00:00:aa:00:07 (android-7f3c) via vlan120 for 3600 seconds`},
		{"nearly fits", `<189>71: sw-n: Nov 22 11:59:59.071: %SYS-6-LOGGINGHOST_STARTSTOP: Logging to host 10.9.8.7 port 514 started on interface Vlan77`},
		{"ONU", `<14>Nov 22 11:59:59 olt-n EPON: Onu 0/1/3:14 02:00:00:aa:00:07 dying-gasp`},
		{"link", `<189>71: sw-n: Nov 22 11:59:59.071: %LINK-3-UPDOWN: Interface GigabitEthernet0/7, changed state to down`},
		{"long", "<30>Nov 22 11:59:59 srv-17 app: " + strings.Repeat("interface link down power fan alarm ", 2000)},
	} {
		m := record(bb.line)
		b.Run(bb.name, func(b *testing.B) {
			r := s.NewReader()
			b.ReportAllocs()
			for b.Loop() {
				r.Read(m, "")
			}
		})
	}
	b.Run("body alone", func(b *testing.B) {
		m := record(`<30>Nov 22 11:59:59 srv-17 dhcpd[812]: DHCPACK on 10.20.30.40 to 02:00:00:aa:00:07 (android-7f3c) via vlan120 for 3600 seconds`)
		for b.Loop() {
			m.Body()
		}
	})
}

// BenchmarkHostile reads messages made to keep rules busy: what all of them
// look for, behind what begins one of them.
func BenchmarkHostile(b *testing.B) {
	s := allPacks(b)
	var words []string
	for _, c := range s.rules {
		for _, e := range c.from.Hit {
			m := record(e.line)
			words = append(words, string(m.Body()))
		}
	}
	all := strings.Join(words, " ")
	for _, begin := range []string{"", "# FAULT MAJOR x\n ALARM NAME :", "notfmgrd[1]: [1] Id:1, Syslog-Severity:3, Perceived-Severity:x, Name:ont-missing, Category:x Cause:", "date=1 time=1 a=b c=d ", "%SPANTREE-2-", "APP_NAME:alarm_x,APP_VERSION:"} {
		for at := 0; at < len(all); at += max(len(all)/3, 1) {
			m := syslog.Record{Message: syslog.Message{Raw: []byte(begin + all[at:min(len(all), at+2*MaxLooked)])}}
			b.Run(begin[:min(len(begin), 12)], func(b *testing.B) {
				r := s.NewReader()
				b.ReportAllocs()
				for b.Loop() {
					r.Read(&m, "")
				}
			})
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(Options{Names: []string{"all"}}); err != nil {
			b.Fatal(err)
		}
	}
}
