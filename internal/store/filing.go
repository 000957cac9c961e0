package store

import (
	"fmt"
	"math"
	"time"
)

// When and how the inbox is filed.
const (
	filingRows  = 100_000               // rows in the inbox that start it
	filingBytes = 32 << 20              // bytes of their messages that start it
	filingAge   = time.Minute           // age of the oldest row that starts it
	filingQuiet = 2 * time.Second       // without new rows, that start it
	filingPause = 80 * time.Millisecond // a slice should take no longer, that messages need not wait
	filingLeast = 2_000                 // rows of a slice
	// filingEach is how many rows a slice should have for each device at the
	// least. With fewer it writes the same pages too often: where the machine is
	// busy, ever smaller slices would take ever more time.
	filingEach = 50
)

// A round is the filing of what was in the inbox at one time, in slices.
type round struct {
	active bool
	after  int64         // ids up to this one are done
	last   int64         // the last id of the round
	perRow time.Duration // how long a row took lately
	piles  int64         // devices in the last slice
	left   int64         // rows of devices that wait for a table
	all    bool          // nothing may be left
}

// overflows reports whether the inbox has to be filed before anything else.
func (f *dayFile) overflows() bool {
	return f.waiting >= 2*filingRows || f.waitingBytes >= 2*filingBytes
}

// filingDue reports whether the inbox should be filed now.
func (f *dayFile) filingDue(now time.Time) bool {
	return f.round.active || f.waiting > 0 &&
		(f.waiting >= filingRows || f.waitingBytes >= filingBytes || now.Sub(f.since) >= filingAge || now.Sub(f.quiet) >= filingQuiet)
}

// recount counts the rows of the inbox. Other programs may have taken some out
// of it, or put some in.
func (f *dayFile) recount() error {
	n, err := f.db.Int("SELECT count(*) FROM inbox")
	if err != nil {
		return fmt.Errorf("counting the inbox of %s: %w", f.path, err)
	}
	if f.waiting = n; n == 0 {
		f.waitingBytes = 0
	}
	return nil
}

// fileSlice moves the oldest rows of the inbox, as many as take filingPause,
// into the tables of their devices, in one transaction. Rows of devices that
// may not have a table yet stay, unless all is true or too many stay already:
// then they go to the table for all others.
func (f *dayFile) fileSlice(may *allowance, all bool, now time.Time) error {
	if !f.round.active {
		last, err := f.db.Int("SELECT max(id) FROM inbox")
		if err != nil {
			return fmt.Errorf("reading the inbox of %s: %w", f.path, err)
		}
		f.round = round{active: true, after: math.MinInt64, last: last, perRow: max(f.round.perRow, 2*time.Microsecond),
			piles: f.round.piles, all: f.round.left > filingRows/2}
	}
	rows := min(max(int64(filingPause/f.round.perRow), filingLeast, filingEach*f.round.piles), filingRows)
	if f.waiting < rows*3/2 {
		rows = filingRows // a small rest would touch all pages once more
	}
	if f.waitingBytes > filingBytes { // a slice is held in memory
		rows = max(1, int64(float64(rows)*filingBytes/float64(f.waitingBytes)))
	}
	begun := time.Now()
	if err := f.db.Begin(); err != nil {
		return fmt.Errorf("beginning to file the inbox of %s: %w", f.path, err)
	}
	c, upTo, moved, err := f.moveRows(rows, may, all || f.round.all)
	if err == nil {
		err = f.point("filing")
	}
	if err != nil {
		f.db.Rollback() // what it says does not matter any more
		return fmt.Errorf("filing the inbox of %s: %w", f.path, err)
	}
	if err := f.commit(&c); err != nil {
		return err
	}
	if err := f.point("filed"); err != nil {
		return err
	}
	may.use(&c)
	f.waitingBytes -= f.waitingBytes * moved / (f.waiting + moved + 1)
	if f.waiting == 0 {
		f.waitingBytes = 0
	}
	f.round.after = upTo
	if upTo >= f.round.last {
		f.round.active, f.checkpoint.filed = false, true
		if err := f.recount(); err != nil {
			return err
		}
		f.since, f.quiet = now, now
		if f.round.left > 0 {
			f.quiet = now.Add(filingAge) // there is no point in hurrying
		}
	}
	if moved > filingLeast/2 {
		f.round.perRow = (3*f.round.perRow + time.Since(begun)/time.Duration(moved)) / 4
	}
	return nil
}
