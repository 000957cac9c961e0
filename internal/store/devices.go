package store

import "time"

// Limits on new tables. In a file with fewer than lightTables each costs the
// writer 0.1 ms, in one with ten thousand up to 2 ms; a flood of forged addresses
// must not take all its time. The rows of devices that have to wait stay in the
// inbox.
const (
	lightTables        = 2000
	newTablesPerCommit = 500
	heavyTable         = 10 // a table of a larger file counts in a commit as so many
	// newTablesPerMinute is how many strangers get a table: devices that had none
	// on this day or the day before.
	newTablesPerMinute = 300
	// tablesAtEnd bounds the time for new ones when a file is closed, so that its
	// inbox can be emptied.
	tablesAtEnd = 2000
)

// An allowance is how many tables may be made. One serves all files.
type allowance struct {
	commit  int       // in this transaction, light ones
	minute  int       // of strangers, in this minute
	until   time.Time // end of the minute
	settled time.Time // until then a site is being switched on, and strangers are welcome
	open    bool      // it is
	many    bool      // more strangers came in this minute than are allowed
}

// begin starts a transaction at a time by the monotonic clock. It reports
// whether more strangers came in the minute that has ended, if one has, than
// may have tables.
func (a *allowance) begin(now time.Time) (many bool) {
	if !now.Before(a.until) {
		many, a.many = a.many, false
		a.minute = newTablesPerMinute
		a.until = now.Add(time.Minute)
	}
	a.open = now.Before(a.settled)
	a.commit = newTablesPerCommit
	return many
}

// use counts the tables that a transaction has made.
func (a *allowance) use(c *change) { a.minute -= c.rationed }

// take reports whether f may get one more table, for the device of that address.
func (a *allowance) take(f *dayFile, address string, c *change) bool {
	cost := 1
	if len(f.tables)+len(c.made) >= lightTables {
		cost = heavyTable
	}
	rationed := (cost > 1 || !a.open) && !f.familiar(address)
	if rationed && c.rationed >= a.minute {
		a.many = a.many || !a.open
		return false
	}
	if a.commit < cost {
		return false
	}
	a.commit -= cost
	if rationed {
		c.rationed++
	}
	return true
}

// familiar reports whether a device has, or had, a table on this day or the one
// before.
func (f *dayFile) familiar(address string) bool {
	if _, ok := f.before[address]; ok {
		return true
	}
	_, ok := f.devices[address]
	return ok
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
	case !may.take(f, string(g.text), c):
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
