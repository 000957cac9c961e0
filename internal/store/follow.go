package store

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

const (
	// followWindow is how many records are read from a file at once. For each
	// window all tables of the day are asked: ten thousand take most of a second.
	followWindow = 20_000
	followBytes  = 12 << 20 // of memory for them
	// followRetry is how long a follower waits before it tries to read a file
	// again that it could not open.
	followRetry = time.Second
)

// A Follower hands out every committed message once, those of a day in the
// order of their ids. It takes them from memory while its reader keeps up, and
// from the day files when it does not or comes back after a restart. It serves
// one goroutine.
//
// What it has handed out it knows by the last id of every day: a clock that is
// set back goes on in the file of an older day, and the ids of a day only
// grow.
type Follower struct {
	feed    *feed
	archive *Archive
	log     *slog.Logger

	positions map[int]int64 // last id handed out, by day
	checked   map[int]bool  // days whose position was compared with their files

	// next is the running number of the record to take from memory next.
	next    int64
	reached atomic.Int64 // next, while the files need not be read
	// behind tells to read the files, in a round over all days, until they
	// have nothing more. All records numbered below next are then handed out.
	behind bool
	round  []int         // days that are left of the round
	scan   *scan         // of the first of them
	empty  map[int]int64 // by day, the number below which all its records were handed out

	trouble string // the last one that was logged
}

// Follow returns a Follower that begins behind the given ids: last id by day.
// A day that is not among them is read from its begin if it is later than the
// earliest that is; if it is earlier, from its present end, as are all days if
// from is nil. An empty map stands for the begin of everything.
//
// Whoever keeps the positions for the next start keeps all of
// [Follower.Positions], and after that those of the records.
func (s *Store) Follow(from map[int]int64) *Follower {
	f := &Follower{
		feed: s.feed, archive: s.archive, log: s.options.Log,
		positions: make(map[int]int64), checked: make(map[int]bool), empty: make(map[int]int64),
		behind: from != nil,
	}
	maps.Copy(f.positions, from)
	floor, newest := 0, 0
	switch {
	case from == nil:
		floor = math.MaxInt
	case len(from) > 0:
		days := slices.Collect(maps.Keys(from))
		floor, newest = slices.Min(days), slices.Max(days)
	}
	// The number is taken before the files are looked at: what they hold
	// already and memory has again is known by its id.
	f.next = s.feed.next()
	f.reached.Store(f.next)
	days, err := s.archive.days()
	if err != nil {
		f.complain(err)
	} else {
		maps.DeleteFunc(f.positions, func(day int, _ int64) bool { return !slices.Contains(days, day) })
	}
	for _, day := range days {
		if _, known := f.positions[day]; !known && day < floor {
			f.positions[day] = math.MaxInt64
		} else if day != newest {
			continue
		}
		if err := f.check(context.Background(), day); err != nil {
			f.complain(err) // and is tried again by Next
			f.behind = true
		}
	}
	return f
}

// Positions returns the last id handed out by day, of all days that were
// there when the Follower began or came since.
func (f *Follower) Positions() map[int]int64 {
	p := maps.Clone(f.positions)
	maps.DeleteFunc(p, func(_ int, id int64) bool { return id == math.MaxInt64 })
	return p
}

// Lag returns how many messages were committed since the store was opened that
// the Follower has not seen; while it reads files, all since it fell behind. It
// may be called from any goroutine.
func (f *Follower) Lag() int64 { return max(0, f.feed.next()-f.reached.Load()) }

// check brings the position of a day down to the last id in its files, if it
// is beyond: the file is another than the one that was followed, or a power
// cut took its end. A day without a file has no position.
func (f *Follower) check(ctx context.Context, day int) error {
	if f.checked[day] {
		return nil
	}
	if position, ok := f.positions[day]; ok {
		last, err := f.archive.lastID(ctx, day)
		if err != nil {
			return err
		}
		f.positions[day] = min(position, last)
	}
	f.checked[day] = true
	return nil
}

// Next returns the messages that have come, oldest first, as soon as there are
// some, or none after it has waited for so long, as for a file that cannot be
// read. Reading one takes the time that it takes. The messages are shared with
// other followers: read only. The error is io.EOF after the store has ended and
// everything was handed out, or ctx.Err(). What a damaged file has lost is left
// out and logged.
func (f *Follower) Next(ctx context.Context, wait time.Duration) (records []syslog.Record, err error) {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		if f.behind {
			records, err = f.fromFiles(ctx, waiting)
		} else {
			records, err = f.fromMemory(waiting)
		}
		switch {
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			return nil, nil
		case err != nil || len(records) > 0:
			return records, err
		}
	}
}

// fromMemory waits for the next block in memory and takes it; it may hold
// nothing new.
func (f *Follower) fromMemory(ctx context.Context) ([]syslog.Record, error) {
	if err := f.feed.wait(ctx, f.next); err != nil {
		return nil, err
	}
	blocks, lost := f.feed.after(f.next)
	if lost {
		f.behind = true
		return nil, nil
	}
	records := gather(blocks, f.next)
	f.next += int64(len(records))
	f.reached.Store(f.next)

	known := maps.Clone(f.positions)
	isNew := func(r *syslog.Record) bool { return r.ID > known[r.Day] }
	fresh := 0
	for i := range records {
		if r := &records[i]; isNew(r) {
			fresh++
			f.positions[r.Day] = max(f.positions[r.Day], r.ID)
			f.checked[r.Day] = true
		}
	}
	if fresh == len(records) {
		return records, nil
	}
	some := make([]syslog.Record, 0, fresh)
	for i := range records {
		if isNew(&records[i]) {
			some = append(some, records[i])
		}
	}
	return some, nil
}

// fromFiles reads the next records from the day files, for which it waits until
// waiting is done. None means that the round is over.
func (f *Follower) fromFiles(ctx, waiting context.Context) ([]syslog.Record, error) {
	if f.round == nil {
		if err := f.beginRound(waiting); err != nil {
			return nil, err
		}
	}
	for len(f.round) > 0 {
		records, err := f.readDay(ctx, f.round[0])
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, ErrClosed):
			return nil, io.EOF
		case err != nil: // nothing may be passed over: try until it can be read
			f.complain(err)
			if err := pause(waiting, followRetry); err != nil {
				return nil, err
			}
		case len(records) > 0:
			return records, nil
		}
	}
	f.round, f.behind, f.trouble = nil, false, ""
	f.reached.Store(f.next)
	return nil, nil
}

// beginRound lists the days that may have something new. Whatever is committed
// from here on can be had from memory.
func (f *Follower) beginRound(waiting context.Context) error {
	f.next = f.feed.next()
	for {
		days, err := f.archive.days()
		if err == nil {
			f.round = slices.DeleteFunc(days, func(day int) bool {
				below, read := f.empty[day]
				return read && f.feed.newest(day) < below
			})
			if f.round == nil {
				f.round = []int{}
			}
			return nil
		}
		f.complain(err)
		if err := pause(waiting, followRetry); err != nil {
			return err
		}
	}
}

// readDay reads on in the first day of the round, and takes it off the round
// when it has nothing more.
func (f *Follower) readDay(ctx context.Context, day int) ([]syslog.Record, error) {
	if err := f.check(ctx, day); err != nil {
		return nil, err
	}
	if f.scan == nil {
		f.scan = f.archive.newScan(day, up, &filter{}, f.positions[day]+1, 0)
		f.scan.live, f.scan.strict = true, true
	}
	records, err := f.scan.window(ctx, followWindow, followBytes)
	if err != nil {
		return nil, err
	}
	if n := len(records); n > 0 {
		f.positions[day] = records[n-1].ID
	}
	if f.scan.done {
		for _, note := range f.scan.notes.all() {
			f.log.Warn("a follower of the messages could not read all of a day", "day", day, "why", note)
		}
		f.scan = nil
		f.empty[day] = f.next
		f.round = f.round[1:]
	}
	return records, nil
}

// complain logs a trouble once.
func (f *Follower) complain(err error) {
	if s := err.Error(); s != f.trouble {
		f.trouble = s
		f.log.Warn("a follower of the messages cannot read them, trying again", "error", s)
	}
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lastID returns the highest id of a day, 0 if there is none.
func (a *Archive) lastID(ctx context.Context, day int) (int64, error) {
	s := a.newScan(day, down, &filter{}, 0, 0)
	s.strict = true
	records, err := s.window(ctx, 1, followBytes)
	if err != nil || len(records) == 0 {
		return 0, err
	}
	return records[0].ID, nil
}
