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
	// newTablesPerMinute is how many devices that were not there the day before
	// get a table in a file with lightTables.
	newTablesPerMinute = 300
	// newTablesAtEnd is how many a file may get when it is closed, so that
	// its inbox can be emptied.
	newTablesAtEnd = 2000
)

// An allowance is how many tables may be made. One serves all files.
type allowance struct {
	commit int       // in this transaction, light ones
	minute int       // of strangers in large files, in this minute
	until  time.Time // end of the minute
	// strangers are the devices that were new in this minute, among them, once
	// for each attempt, those that have to wait.
	strangers int
}

// begin starts a transaction at a time by the monotonic clock. It returns how
// many new devices there were in the minute that has ended, if one has.
func (a *allowance) begin(now time.Time) (strangers int) {
	if !now.Before(a.until) {
		strangers, a.strangers = a.strangers, 0
		a.minute = newTablesPerMinute
		a.until = now.Add(time.Minute)
	}
	a.commit = newTablesPerCommit
	return strangers
}

// use counts the tables that a transaction has made.
func (a *allowance) use(c *change) {
	a.minute -= c.rationed
	a.strangers += c.strangers
}

// take reports whether f may get one more table, for the device of that address.
func (a *allowance) take(f *dayFile, address string, c *change) bool {
	_, familiar := f.familiar[address]
	cost := 1
	if len(f.tables)+len(c.made) >= lightTables {
		cost = heavyTable
	}
	rationed := cost > 1 && !familiar
	if rationed && c.rationed >= a.minute {
		a.strangers++
		return false
	}
	if a.commit < cost {
		return false
	}
	a.commit -= cost
	if rationed {
		c.rationed++
	}
	if f.settled && !familiar {
		c.strangers++
	}
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
