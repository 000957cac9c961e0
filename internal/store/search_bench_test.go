package store

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// benchmarkDay writes a day of so many messages from so many devices, as they
// are filed: device by device in slices of 100,000. One message in 5,000 holds
// "seldom", one of all "unique", half of them "link". Set LOGBOOM_BENCH_DIR to
// keep the files from one run to the next.
func benchmarkDay(b *testing.B, devices, messages int) *Archive {
	l := newLibrary(b)
	if dir := os.Getenv("LOGBOOM_BENCH_DIR"); dir != "" {
		l.dir = filepath.Join(dir, fmt.Sprintf("%d-%d", devices, messages))
		l.must(os.MkdirAll(l.dir, 0o755))
	}
	if _, err := os.Stat(l.path(thisDay, 0)); err != nil {
		const slice = 100_000
		for from := 0; from < messages; from += slice {
			n := min(slice, messages-from)
			piles := make([][]syslog.Record, devices)
			for i := from; i < from+n; i++ {
				d := i * 7919 % devices
				raw := fmt.Sprintf("<134>Nov 22 12:%02d:%02d olt-%d GPON[%d]: ONU 0/%d/%d rx power -%d.%d dBm on gpon-olt_1/2/%d:%d serial HWTC%08X", i/60%60, i%60, d, i%4000, i%8, i%64, i%30, i%10, i%8, i%64, uint32(i)*2654435761)
				switch {
				case i == messages/3:
					raw += " unique"
				case i%5000 == 17:
					raw += " seldom"
				case i%2 == 0:
					raw += " link state changed to up"
				}
				r := note(fmt.Sprintf("10.%d.%d.1", d/250, d%250), noon.Add(-12*time.Hour+time.Duration(i)*60*time.Millisecond), raw)
				r.Position = syslog.Position{Day: thisDay, ID: int64(i + 1)}
				r.AppName = syslog.Span{Off: uint32(len("<134>Nov 22 12:00:00 ")), Len: 3}
				r.MessageAt = len("<134>Nov 22 12:00:00 ")
				piles[d] = append(piles[d], r)
			}
			var records []syslog.Record
			for _, p := range piles {
				records = append(records, p...)
			}
			l.insert(thisDay, 0, records, func(r *syslog.Record) string { return TableName(r.Source, thisDay) })
		}
		l.close()
	}
	return l.archive()
}

func BenchmarkSearch(b *testing.B) {
	tests := []struct {
		name string
		s    func(b *testing.B) Search
	}{
		{"newest", func(b *testing.B) Search { return Search{} }},
		{"newest of a common word", func(b *testing.B) Search { return Search{Query: ask(b, "link")} }},
		{"newest of a seldom word", func(b *testing.B) Search { return Search{Query: ask(b, "seldom")} }},
		{"unique word", func(b *testing.B) Search { return Search{Query: ask(b, "unique")} }},
		{"regexp with a literal", func(b *testing.B) Search { return Search{Query: ask(b, `/uniq.e/`)} }},
		{"a device", func(b *testing.B) Search { return Search{Device: netip.MustParseAddr("10.0.7.1")} }},
		{"a minute long ago", func(b *testing.B) Search {
			return Search{From: noon.Add(-11 * time.Hour).UnixMicro(), To: noon.Add(-11*time.Hour + time.Minute).UnixMicro()}
		}},
	}
	for _, size := range []struct{ devices, messages int }{{50, 1_000_000}, {1000, 1_000_000}, {10_000, 200_000}} {
		b.Run(strconv.Itoa(size.devices)+" devices, "+strconv.Itoa(size.messages)+" messages", func(b *testing.B) {
			a := benchmarkDay(b, size.devices, size.messages)
			for _, tt := range tests {
				b.Run(tt.name, func(b *testing.B) {
					s := tt.s(b)
					b.ReportAllocs()
					late := 0 // searches whose time was up: on a busy machine a few are
					for b.Loop() {
						r, err := a.Search(b.Context(), s)
						if err != nil {
							b.Fatal(err)
						}
						late += min(len(r.Notes), 1)
					}
					b.ReportMetric(float64(late)/float64(b.N), "late/op")
				})
			}
			b.Run("export", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					n := 0
					if err := a.Each(b.Context(), Search{}, func(*syslog.Record) error { n++; return nil }); err != nil || n != size.messages {
						b.Fatal(n, err)
					}
				}
			})
		})
	}
}
