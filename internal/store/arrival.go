package store

import (
	"iter"
	"math"

	"github.com/logboom/logboom/internal/syslog"
)

// A run is some datagrams in a row of one batch: from its number from up to
// but not including its number to.
type run struct{ from, to int }

// byArrival goes through all datagrams in the order in which they arrived, as
// far as their times tell: those of one listener stay in their order, and where
// two listeners had one in the same microsecond, the first of them goes first.
func byArrival(batches []*syslog.Batch) iter.Seq2[*syslog.Batch, run] {
	// The batches of a listener are one stream, in their order.
	type stream struct {
		batches []*syslog.Batch
		at      int // datagram of the first batch
	}
	var streams []*stream
	place := map[int]*stream{}
	for _, b := range batches {
		if len(b.Datagrams) == 0 {
			continue
		}
		s := place[b.Listener]
		if s == nil {
			s = &stream{}
			place[b.Listener] = s
			streams = append(streams, s)
		}
		s.batches = append(s.batches, b)
	}
	head := func(s *stream) int64 { return s.batches[0].Datagrams[s.at].ReceivedAt }
	return func(yield func(*syslog.Batch, run) bool) {
		for len(streams) > 0 {
			// The stream whose next one came first goes on until another's came
			// before.
			first, limit := 0, int64(math.MaxInt64)
			for i := 1; i < len(streams); i++ {
				if h := head(streams[i]); h < head(streams[first]) {
					limit, first = head(streams[first]), i
				} else {
					limit = min(limit, h)
				}
			}
			s := streams[first]
			b := s.batches[0]
			r := run{s.at, s.at + 1}
			for r.to < len(b.Datagrams) && b.Datagrams[r.to].ReceivedAt < limit {
				r.to++
			}
			if s.at = r.to; s.at == len(b.Datagrams) {
				s.batches, s.at = s.batches[1:], 0
				if len(s.batches) == 0 {
					streams = append(streams[:first], streams[first+1:]...)
				}
			}
			if !yield(b, r) {
				return
			}
		}
	}
}
