package store

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"path/filepath"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

const (
	// firstWindow is how many ids are looked at first, at least; each further
	// window holds up to windowGrowth times as many. Asking a thousand tables
	// for a window costs some 10 ms, reading a million rows some 250 ms.
	firstWindow  = 256
	windowGrowth = 8
	// windowTime is what a window is made to last at most, about: so soon a
	// search gives way to storing that has fallen behind, and no transaction is
	// open longer, so that the log of the file can shrink.
	windowTime = 200 * time.Millisecond
	// busyShare is how many times shorter windows are beside much traffic.
	busyShare = 4
	// parallelWindow is the size from which a window is read in two halves at
	// the same time.
	parallelWindow = 1 << 17
	// rowsPerAsk is how many rows can be read while a table is asked.
	rowsPerAsk = 50
)

// A scan reads the wanted messages of one day in one direction, window by
// window of ids. Each window is one read transaction over the files of the
// day: a row that moves from the inbox to the table of its device keeps its id
// and is seen once, before or after.
type scan struct {
	archive *Archive
	day     int
	dir     direction
	filter  *filter
	live    bool // the day may grow while it is scanned; see window

	pos, end int64         // keys that are left, both included
	size     int64         // ids of the next window
	took     time.Duration // to read the last window; not what it waited before
	busy     bool          // much was stored beside it
	asking   int64         // rows that could have been read while the tables of the last one were asked
	done     bool          // nothing was left when last looked
	missing  bool          // there is no file of the day

	ready   bool       // prepare was done
	allowed []keyRange // where the times wanted may be; nil = anywhere
	top     int64      // highest id seen

	strict bool   // what is locked or missing is an error, not a note
	tally  *tally // if not nil, wanted messages are counted here and not returned
	notes  notes

	mu    sync.Mutex
	plans map[string]*plan // by table
}

// A keyRange is a range of keys, both included.
type keyRange struct{ first, last int64 }

// newScan returns a scan of the ids from lowest to highest of a day; highest 0
// stands for no limit but [highestID].
func (a *Archive) newScan(day int, dir direction, f *filter, lowest, highest int64) *scan {
	lowest = max(lowest, 1)
	if highest == 0 || highest > highestID { // rows beyond are not ours
		highest = highestID
	}
	s := &scan{archive: a, day: day, dir: dir, filter: f, plans: make(map[string]*plan)}
	s.pos, s.end = lowest, highest
	if dir == down {
		s.pos, s.end = -highest, -lowest
	}
	s.done = s.pos > s.end
	return s
}

// window reads the next window and returns at most want of its records, of at
// most so many bytes in all but at least one, in the scan's direction. None
// does not mean that there are none further on: see done.
//
// A scan that is not live ends with the newest message at its begin. A live
// one wants all messages upward and may be asked again after it was done.
func (s *scan) window(ctx context.Context, want, bytes int) ([]syslog.Record, error) {
	for {
		records, err := s.tryWindow(ctx, want, bytes)
		if !errors.Is(err, errGone) {
			return records, err
		}
	}
}

func (s *scan) tryWindow(ctx context.Context, want, bytes int) ([]syslog.Record, error) {
	files, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, f := range files {
			s.archive.giveBack(f)
		}
	}()
	if !s.ready {
		if err := s.prepare(ctx, files); err != nil {
			return nil, err
		}
		s.ready = true
	}
	end := s.nextAllowed()
	if s.pos > s.end {
		s.done = true
		return nil, nil
	}
	if s.size == 0 {
		s.size = max(firstWindow, 2*int64(want))
	}

	got, err := s.read(ctx, files, end, want, bytes)
	if err != nil {
		return nil, err
	}
	s.advance(got, end, want)
	return got.page.records, nil
}

// nextAllowed moves on to where wanted times may be and returns the last key
// before they may not.
func (s *scan) nextAllowed() (end int64) {
	if s.allowed == nil {
		return s.end
	}
	for _, r := range s.allowed {
		if r.last >= s.pos {
			s.pos = max(s.pos, r.first)
			return min(s.end, r.last)
		}
	}
	s.pos = s.end + 1
	return s.end
}

// advance moves on behind what was read and chooses the size of the next
// window.
func (s *scan) advance(got *stretch, end int64, want int) {
	found := len(got.page.records)
	s.done = false
	switch {
	case got.page.cut:
		last := s.dir.key(got.page.records[found-1].ID)
		s.size = max(last-got.first+1, 64)
		s.pos = last + 1
		return
	case got.empty && s.live:
		s.done = true
		return
	case got.empty:
		s.pos = after(end)
	default:
		s.pos = after(got.last)
	}
	if !s.live {
		s.done = s.pos > s.end
	}
	grow := int64(windowGrowth)
	if found > 0 {
		grow = min(grow, max(1, int64(want)/int64(found))) // what does not fit is read twice
	}
	s.asking = int64(got.asked) * rowsPerAsk
	limit := windowTime
	if s.busy {
		limit /= busyShare
	}
	switch {
	case s.asking > s.size && found == 0: // asking takes the time, smaller windows make it worse
		grow *= windowGrowth
	case s.asking <= s.size && s.took > limit/windowGrowth:
		grow = min(grow, int64(limit/s.took))
	}
	if grow == 0 {
		s.size = max(s.size/2, firstWindow)
	} else if s.size < math.MaxInt64/(2*windowGrowth*windowGrowth) {
		s.size *= grow
	}
}

// after returns the key behind k.
func after(k int64) int64 {
	if k == math.MaxInt64 {
		return k
	}
	return k + 1
}

// take opens the files of the day. Those that cannot be opened are noted, or
// are an error if the scan is strict.
func (s *scan) take(ctx context.Context) (files []*openFile, err error) {
	paths, err := s.archive.filesOf(s.day)
	if err != nil {
		return nil, err
	}
	s.missing = len(paths) == 0
	for _, p := range paths {
		f, err := s.archive.take(ctx, p)
		if err == nil {
			files = append(files, f)
			continue
		}
		if err = s.excuse(ctx, p, err, &s.notes); err != nil {
			for _, f := range files {
				s.archive.giveBack(f)
			}
			return nil, err
		}
	}
	return files, nil
}

// excuse notes that a file cannot be read, and returns nil if the scan can go
// on without it.
func (s *scan) excuse(ctx context.Context, p dayPath, err error, n *notes) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrClosed):
		return err
	case errors.Is(err, fs.ErrNotExist): // deleted since it was listed
		return nil
	case s.strict && !hopeless(err) && p.Part >= 0:
		return err
	}
	n.add("%s cannot be read: %v", filepath.Base(p.Path), rootOf(err))
	return nil
}

// hopeless reports whether trying again will not help.
func hopeless(err error) bool {
	k := sqlite.Classify(err)
	return k == sqlite.Corrupt || k == sqlite.Foreign || k == sqlite.Schema
}

// rootOf returns what went wrong, without our words about where.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// prepare finds out where a scan upward ends and where the wanted times may
// be.
func (s *scan) prepare(ctx context.Context, files []*openFile) error {
	timed := s.filter.from != 0 || s.filter.to != 0
	if s.live || s.dir == down && !timed {
		return nil
	}
	var allowed []keyRange
	for _, f := range files {
		r, err := s.begin(ctx, f, &s.notes)
		if err != nil {
			return err
		} else if r == nil {
			continue
		}
		heads, err := s.heads(ctx, r, down, math.MinInt64+1)
		if err == nil {
			top := int64(0)
			for _, h := range heads {
				top = max(top, -h.key)
			}
			s.top = max(s.top, top)
			if timed && top > 0 {
				var ranges []keyRange
				ranges, err = f.timeRanges(ctx, r, top, s.filter.from, s.filter.to)
				allowed = append(allowed, ranges...)
			}
		}
		r.close()
		if err != nil {
			return err
		}
	}
	if s.dir == up {
		s.end = min(s.end, s.top)
	}
	if timed {
		s.allowed = inDirection(s.dir, allowed)
	}
	return nil
}
