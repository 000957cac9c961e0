package store

import (
	"context"

	"github.com/logboom/logboom/internal/syslog"
)

// A Tail hands out messages as they are committed, from memory only: if its
// reader is too slow, it skips and says how many. It serves one goroutine.
type Tail struct {
	feed *feed
	next int64 // running number of the record to hand out next
}

// Tail returns a Tail that begins with the next message that is committed.
func (s *Store) Tail() *Tail { return &Tail{s.feed, s.feed.next()} }

// Next waits for messages and returns those that have come, oldest first, and
// how many were skipped before them. The records are shared: read only. The
// error is io.EOF after the store has ended, or ctx.Err().
func (t *Tail) Next(ctx context.Context) (records []syslog.Record, skipped int64, err error) {
	if err := t.feed.wait(ctx, t.next); err != nil {
		return nil, 0, err
	}
	blocks, lost := t.feed.after(t.next)
	if lost {
		first := t.feed.next() // nothing is left in memory
		if len(blocks) > 0 {
			first = blocks[0].first
		}
		skipped, t.next = first-t.next, first
	}
	records = gather(blocks, t.next)
	t.next += int64(len(records))
	return records, skipped, nil
}

// gather returns the records numbered n and above: those of the first block
// that has any, so that nothing is copied.
func gather(blocks []block, n int64) []syslog.Record {
	for _, b := range blocks {
		if b.last() >= n {
			return b.records[max(0, n-b.first):]
		}
	}
	return nil
}
