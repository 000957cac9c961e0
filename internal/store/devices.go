package store

import "time"

// Limits on new tables. Each costs the writer up to 2 ms in a file with ten
// thousand; a flood of forged addresses must not take all its time. The rows
// of devices that have to wait stay in the inbox.
const (
	newTablesPerCommit = 50
	newTablesPerMinute = 300
	// newTablesAtEnd is how many a file may get when it is closed, so that
	// its inbox can be emptied.
	newTablesAtEnd = 2000
)

// An allowance is how many tables may be made. One serves all files.
type allowance struct {
	commit int       // in this transaction
	minute int       // in this minute
	until  time.Time // end of the minute
	denied int       // devices that had to wait in this minute
}

// begin starts a transaction at a time by the monotonic clock. It returns how
// many devices had to wait in the minute that has ended, if one has.
func (a *allowance) begin(now time.Time) (denied int) {
	if !now.Before(a.until) {
		denied, a.denied = a.denied, 0
		a.minute = newTablesPerMinute
		a.until = now.Add(time.Minute)
	}
	a.commit = min(newTablesPerCommit, a.minute)
	return denied
}

// use counts n tables that were made.
func (a *allowance) use(n int) { a.minute -= n }

// take reports whether one more table may be made.
func (a *allowance) take() bool {
	if a.commit <= 0 {
		a.denied++
		return false
	}
	a.commit--
	return true
}

// isCrowded reports whether the day has as many tables as it may have.
func (f *dayFile) isCrowded(c *change) bool { return len(f.tables)+len(c.made) >= f.maxDevice }

// tableFor returns the table for a device that has none: a new one, the one
// for all others, or nil if its rows should wait in the inbox.
func (f *dayFile) tableFor(g *group, may *allowance, c *change) (*deviceTable, error) {
	switch {
	case f.isCrowded(c):
		if g.count < denseRows {
			return nil, nil // one by one they would take too long
		}
		return f.otherTable(c)
	case !may.take():
		return nil, nil
	}
	return f.make(string(g.text), TableName(g.address, f.day), c)
}

// otherTable returns the table for devices beyond the limit, made if it is
// absent.
func (f *dayFile) otherTable(c *change) (*deviceTable, error) {
	if f.others != nil {
		return f.others, nil
	}
	for _, t := range c.made {
		if t.address == otherAddress {
			return t, nil
		}
	}
	return f.make(otherAddress, OtherTable(f.day), c)
}

// make makes a table. It is known once the transaction is committed.
func (f *dayFile) make(address, name string, c *change) (*deviceTable, error) {
	t := f.newTable(address, name)
	if err := f.db.Exec(f.create(t)); err != nil {
		return nil, err
	}
	c.made = append(c.made, t)
	c.pages += 2
	return t, nil
}
