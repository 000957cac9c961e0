package store

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// A load is a Source that gives the same messages again and again.
type load struct {
	batch  *syslog.Batch
	left   int // messages
	commit int // messages that are given at once
	at     int64
	turn   int // of the next message
}

// newLoad returns n messages of so many devices, 180 bytes each, commit by
// commit.
func newLoad(n, devices, commit int) *load {
	l := &load{left: n, commit: commit, at: midday.UnixMicro(), batch: &syslog.Batch{}}
	for i := range max(devices, commit) {
		from := netip.AddrFrom4([4]byte{10, 0, byte(i % devices >> 8), byte(i % devices)})
		raw := fmt.Sprintf("<188>Jun 13 11:59:58 OLT-%d EPON[%d]: PON port 0/%d ONU %d deregister, reason: loss of signal, distance %d m, rx power -%d.%d dBm, serial number HWTC%08x, uptime %d s, temperature 41 C",
			i%devices, i%9000, i%16, i%64, i*37%20000, 20+i%9, i%100, i*7919, i*13)
		raw = raw[:180-len(raw)%7]
		l.batch.Datagrams = append(l.batch.Datagrams, syslog.Datagram{Off: uint32(len(l.batch.Buf)), Len: uint32(len(raw)), Source: from})
		l.batch.Buf = append(l.batch.Buf, raw...)
	}
	return l
}

func (l *load) Next(context.Context, int, time.Duration) ([]*syslog.Batch, error) {
	if l.left <= 0 {
		return nil, io.EOF
	}
	l.left -= l.commit
	b := &syslog.Batch{Buf: l.batch.Buf}
	for range l.commit {
		d := l.batch.Datagrams[l.turn]
		l.turn = (l.turn + 1) % len(l.batch.Datagrams)
		l.at++
		d.ReceivedAt = l.at
		b.Datagrams = append(b.Datagrams, d)
	}
	return []*syslog.Batch{b}, nil
}

func (l *load) Done([]*syslog.Batch) {}

// BenchmarkWriter stores messages in files on the disk, filing included, and
// tells what a message costs: rows/s, CPU seconds a million messages (reading
// them included), bytes written to the disk.
func BenchmarkWriter(b *testing.B) {
	for _, bb := range []struct {
		name                      string
		devices, commit, messages int
		sync                      string
	}{
		{"50 devices, 10000 a commit", 50, 10_000, 500_000, "full"},
		{"1000 devices, 10000 a commit", 1000, 10_000, 500_000, "full"},
		{"50 devices, 100 a commit", 50, 100, 100_000, "full"},
		{"1000 devices, 100 a commit", 1000, 100, 100_000, "full"},
		{"1000 devices, a minute of 1000 a second", 1000, 100, 60_000, "full"},
		{"1 device, 1 a commit", 1, 1, 2_000, "full"},
		{"50 devices, 10000 a commit, sync normal", 50, 10_000, 500_000, "normal"},
		{"50 devices, 100 a commit, sync normal", 50, 100, 100_000, "normal"},
		{"1 device, 1 a commit, sync normal", 1, 1, 2_000, "normal"},
	} {
		b.Run(strings.NewReplacer(" ", "_", ",", "").Replace(bb.name), func(b *testing.B) {
			b.ReportAllocs()
			var took, cpu time.Duration
			var written int64
			n := 0
			for b.Loop() {
				options := Options{Directory: b.TempDir(), Sync: bb.sync, Location: time.UTC, Now: func() time.Time { return midday }}
				// The tables are made beforehand: that is done once a day.
				for _, l := range []*load{newLoad(bb.devices, bb.devices, bb.devices), newLoad(bb.messages, bb.devices, bb.commit)} {
					s, err := Open(options)
					if err != nil {
						b.Fatal(err)
					}
					want := l.left
					begun, beforeCPU, beforeWritten := time.Now(), cpuTime(), bytesWritten()
					if err := s.Run(context.Background(), l); err != nil {
						b.Fatal(err)
					}
					if stats := s.Stats(); stats.Stored != int64(want) {
						b.Fatalf("stored %d of %d", stats.Stored, want)
					}
					if want == bb.messages {
						n += want
						took += time.Since(begun)
						cpu += cpuTime() - beforeCPU
						written += bytesWritten() - beforeWritten
					}
				}
				os.RemoveAll(options.Directory)
			}
			b.ReportMetric(float64(n)/took.Seconds(), "rows/s")
			b.ReportMetric(cpu.Seconds()/float64(n)*1e6, "CPU-s/M")
			b.ReportMetric(float64(written)/float64(n), "B/row")
		})
	}
}

// BenchmarkIntake reads datagrams into records.
func BenchmarkIntake(b *testing.B) {
	b.ReportAllocs()
	in := newIntake(Options{Location: time.UTC, BatchSize: 1000})
	l := newLoad(1<<60, 50, 1000)
	batches, _ := l.Next(context.Background(), 0, 0)
	n := 0
	for b.Loop() {
		d := in.read(batches)
		n += len(d.parts[0].records)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/row")
}
