package store

import (
	"database/sql/driver"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// When and how the inbox is filed.
const (
	filingRows  = 100_000               // rows in the inbox that start it
	filingAge   = time.Minute           // age of the oldest row that starts it
	filingQuiet = 2 * time.Second       // without new rows, that start it
	filingPause = 80 * time.Millisecond // a slice should take no longer, that messages need not wait
	filingLeast = 2_000                 // rows of a slice
)

// A round is the filing of what was in the inbox at one time, in slices.
type round struct {
	active bool
	after  int64         // ids up to this one are done
	last   int64         // the last id of the round
	perRow time.Duration // how long a row took lately
	left   int64         // rows of devices that wait for a table
	all    bool          // nothing may be left
}

// filingDue reports whether the inbox should be filed now.
func (f *dayFile) filingDue(now time.Time) bool {
	return f.round.active || f.waiting > 0 &&
		(f.waiting >= filingRows || now.Sub(f.since) >= filingAge || now.Sub(f.quiet) >= filingQuiet)
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
		f.round = round{active: true, last: last, perRow: max(f.round.perRow, 2*time.Microsecond),
			all: f.round.left > filingRows/2}
	}
	rows := min(max(int64(filingPause/f.round.perRow), filingLeast), filingRows)
	begun := time.Now()
	if err := f.db.Begin(); err != nil {
		return fmt.Errorf("beginning to file the inbox of %s: %w", f.path, err)
	}
	c, upTo, moved, err := f.moveRows(rows, may, all || f.round.all)
	if err != nil {
		f.db.Rollback() // what it says does not matter any more
		return fmt.Errorf("filing the inbox of %s: %w", f.path, err)
	}
	if err := f.commit(&c); err != nil {
		return err
	}
	may.use(len(c.made))
	f.round.after = upTo
	if upTo >= f.round.last {
		f.round.active = false
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

// A pile is the rows of one device in a slice.
type pile struct {
	address     string
	rows        int64
	first, last int64 // received_at
}

// moveRows moves up to n rows from the inbox, and returns the last id it has
// looked at and how many rows it has moved.
func (f *dayFile) moveRows(n int64, may *allowance, all bool) (c change, upTo, moved int64, err error) {
	upTo, err = f.db.Int("SELECT max(id) FROM (SELECT id FROM inbox WHERE id>? AND id<=? ORDER BY id LIMIT ?)",
		f.round.after, f.round.last, n)
	if err != nil || upTo == 0 {
		return c, f.round.last, 0, err
	}
	piles, err := f.sortRows(upTo)
	if err != nil {
		return c, 0, 0, err
	}
	var left []string
	for _, p := range piles {
		t, err := f.tableOfPile(p, may, all, &c)
		if err != nil {
			return c, 0, 0, err
		}
		if t == nil {
			left = append(left, p.address)
			f.round.left += p.rows
			continue
		}
		if t.file == nil {
			columns := Columns
			if t.address == otherAddress {
				columns = inboxColumns
			}
			// A row that is in the table already was filed before.
			t.file = f.db.Statement("INSERT OR IGNORE INTO " + t.name + "(" + columns + ") SELECT inbox." +
				strings.ReplaceAll(columns, ",", ",inbox.") + " FROM temp.filing AS f CROSS JOIN inbox ON inbox.id=f.id WHERE f.address=?")
		}
		if err := t.file.Exec(p.address); err != nil {
			return c, 0, 0, err
		}
		if err := f.count.Exec(t.address, t.name, p.first, p.last, p.rows); err != nil {
			return c, 0, 0, err
		}
		moved += p.rows
		c.pages += 2 + int(p.rows)/30
	}
	if err := f.removeFiled(upTo, left); err != nil {
		return c, 0, 0, err
	}
	c.waiting = -int(moved)
	return c, upTo, moved, nil
}

// sortRows writes down which of the rows up to an id belong to whom, and
// returns the piles.
func (f *dayFile) sortRows(upTo int64) ([]pile, error) {
	const sort = `CREATE TEMP TABLE IF NOT EXISTS filing(address,id,received_at,PRIMARY KEY(address,id)) WITHOUT ROWID;
		DELETE FROM temp.filing;
		INSERT INTO temp.filing SELECT CAST(coalesce(address,'') AS TEXT),id,received_at FROM inbox WHERE id>%d AND id<=%d ORDER BY 1,2`
	if err := f.db.Exec(fmt.Sprintf(sort, f.round.after, upTo)); err != nil {
		return nil, err
	}
	var piles []pile
	err := f.db.Query("SELECT address,count(*),min(received_at),max(received_at) FROM temp.filing GROUP BY address", nil,
		func(v []driver.Value) error {
			rows, _ := v[1].(int64)
			first, _ := v[2].(int64)
			last, _ := v[3].(int64)
			piles = append(piles, pile{text(v[0]), rows, first, last})
			return nil
		})
	return piles, err
}

// tableOfPile returns the table for the rows of a pile, nil if they have to
// wait for one.
func (f *dayFile) tableOfPile(p pile, may *allowance, all bool, c *change) (*deviceTable, error) {
	if t, known := f.tables[p.address]; known {
		return t, nil
	}
	address, err := netip.ParseAddr(p.address)
	if err != nil && p.address != AddressText(netip.Addr{}) {
		return f.otherTable(c) // somebody else has written this row
	}
	t, err := f.tableFor(&group{address: address, text: []byte(p.address)}, may, c)
	if t == nil && err == nil && all {
		return f.otherTable(c)
	}
	return t, err
}

// removeFiled deletes the rows of the slice from the inbox, but for those of
// the devices that are left.
func (f *dayFile) removeFiled(upTo int64, left []string) error {
	rest, err := f.db.Int("SELECT EXISTS(SELECT 1 FROM inbox WHERE id>? OR id<=?)", upTo, f.round.after)
	if err != nil {
		return err
	}
	query := "DELETE FROM inbox" // without a condition SQLite lets go of the pages whole
	if rest != 0 || len(left) > 0 {
		query += fmt.Sprintf(" WHERE id>%d AND id<=%d", f.round.after, upTo)
	}
	if len(left) > 0 {
		err := f.db.Exec("CREATE TEMP TABLE IF NOT EXISTS staying(address PRIMARY KEY) WITHOUT ROWID; DELETE FROM temp.staying")
		if err != nil {
			return err
		}
		err = f.db.Table("temp.staying", "address").Insert(len(left), func(v *sqlite.Values, i int) { v.Text([]byte(left[i])) })
		if err != nil {
			return err
		}
		query += " AND address NOT IN (SELECT address FROM temp.staying)"
	}
	return f.db.Exec(query)
}
