package store

import (
	"slices"
	"testing"

	"github.com/logboom/logboom/internal/syslog"
)

func TestByArrival(t *testing.T) {
	batch := func(listener int, times ...int64) *syslog.Batch {
		b := &syslog.Batch{Listener: listener}
		for _, at := range times {
			b.Datagrams = append(b.Datagrams, syslog.Datagram{ReceivedAt: at})
		}
		return b
	}
	tests := []struct {
		name    string
		batches []*syslog.Batch
		want    []int64 // listener*1000 + time
	}{
		{"nothing", nil, nil},
		{"an empty batch", []*syslog.Batch{batch(0)}, nil},
		{"one listener, two batches", []*syslog.Batch{batch(3, 1, 2), batch(3, 3)}, []int64{3001, 3002, 3003}},
		{"the second listener heard first", []*syslog.Batch{batch(0, 5, 6), batch(1, 4)}, []int64{1004, 5, 6}},
		{"interleaved", []*syslog.Batch{batch(0, 1, 3, 5), batch(1, 2, 4, 6)}, []int64{1, 1002, 3, 1004, 5, 1006}},
		{"the same moment", []*syslog.Batch{batch(0, 1, 2), batch(1, 1, 2)}, []int64{1, 1001, 2, 1002}},
		{"three, with batches between", []*syslog.Batch{batch(0, 1), batch(1, 2, 9), batch(2, 3), batch(0, 7), batch(1, 10)}, []int64{1, 1002, 2003, 7, 1009, 1010}},
		{"a clock set back keeps the order of its listener", []*syslog.Batch{batch(0, 8, 2, 9), batch(1, 5)}, []int64{1005, 8, 2, 9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []int64
			for b, r := range byArrival(tt.batches) {
				for _, d := range b.Datagrams[r.from:r.to] {
					got = append(got, int64(b.Listener)*1000+d.ReceivedAt)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
