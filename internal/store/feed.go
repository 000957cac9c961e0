package store

import (
	"context"
	"io"
	"sync"

	"github.com/logboom/logboom/internal/syslog"
)

// feedBytes is what the committed records that are kept for followers may
// take, in bytes: some 100,000 messages, enough for a follower that pauses for
// a second at the highest rate we promise.
const feedBytes = 32 << 20

// A block is a number of records that were committed together. Nobody changes
// it after it was published.
type block struct {
	first   int64 // running number of the first record, from 1 at the start of the process
	records []syslog.Record
	size    int // bytes of memory, about
}

// last returns the running number of the newest record of b.
func (b block) last() int64 { return b.first + int64(len(b.records)) - 1 }

// A feed holds the newest committed records in memory for those who follow.
// The writer never waits for them: who is too slow finds the oldest blocks
// gone and reads them from the files.
type feed struct {
	max int // bytes

	mu       sync.Mutex
	blocks   []block       // oldest first
	size     int           // bytes
	upcoming int64         // running number of the next record
	days     map[int]int64 // running number of the newest record of each day
	waiting  chan struct{}
	closed   bool
}

func newFeed(maxBytes int) *feed {
	return &feed{max: maxBytes, upcoming: 1, days: make(map[int]int64), waiting: make(chan struct{})}
}

// publish appends records, which take about size bytes of memory, and wakes
// those who wait. The feed owns the records from now on.
func (f *feed) publish(records []syslog.Record, size int) {
	if len(records) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blocks = append(f.blocks, block{f.upcoming, records, size})
	f.size += size
	for i := range records {
		if day := records[i].Day; i == len(records)-1 || records[i+1].Day != day {
			f.days[day] = f.upcoming + int64(i)
		}
	}
	f.upcoming += int64(len(records))
	drop := 0
	for f.size > f.max && drop < len(f.blocks)-1 {
		f.size -= f.blocks[drop].size
		f.blocks[drop] = block{}
		drop++
	}
	f.blocks = f.blocks[drop:]
	close(f.waiting)
	f.waiting = make(chan struct{})
}

// close tells those who wait that nothing more will come.
func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		close(f.waiting)
		f.waiting = make(chan struct{})
	}
}

// next returns the running number that the next record will have.
func (f *feed) next() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.upcoming
}

// newest returns the running number of the newest record of a day, 0 if none
// was published.
func (f *feed) newest(day int) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.days[day]
}

// after returns the blocks that hold the records numbered n and above, oldest
// first; the first block may begin before n. lost reports that record n was
// published but is no longer in memory.
func (f *feed) after(n int64) (blocks []block, lost bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := len(f.blocks)
	for i > 0 && f.blocks[i-1].last() >= n {
		i--
	}
	blocks = append(blocks, f.blocks[i:]...)
	if len(blocks) == 0 {
		return nil, f.upcoming > n
	}
	return blocks, blocks[0].first > n
}

// wait returns nil once a record numbered n or above was published, io.EOF if
// none will be because the store has ended, and ctx.Err() if ctx is done.
func (f *feed) wait(ctx context.Context, n int64) error {
	for {
		f.mu.Lock()
		ready, closed, waiting := f.upcoming > n, f.closed, f.waiting
		f.mu.Unlock()
		switch {
		case ready:
			return nil
		case closed:
			return io.EOF
		}
		select {
		case <-waiting:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
