package store

import (
	"database/sql/driver"
	"fmt"
	"net/netip"
	"strings"

	"github.com/logboom/logboom/internal/sqlite"
)

// A pile is the rows of one device in a slice of the inbox.
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
	f.round.piles = int64(len(piles))
	var crowd, left []pile // those for the table of all others, those that stay
	for _, p := range piles {
		t, wait := f.tables[p.address], false
		if t == nil {
			t, wait, err = f.newTableOf(p, may, &c)
		}
		switch {
		case err != nil:
			return c, 0, 0, err
		case t != nil:
			err = f.movePile(t, p)
			c.counts = append(c.counts, count{t, p.first, p.last, p.rows})
			c.pages += 2
		case wait && !all:
			left = append(left, p)
			f.round.left += p.rows
			continue
		default:
			crowd = append(crowd, p)
		}
		if err != nil {
			return c, 0, 0, err
		}
		moved += p.rows
	}
	if err := f.moveCrowd(crowd, &c); err != nil {
		return c, 0, 0, err
	}
	if err := f.removeFiled(upTo, left); err != nil {
		return c, 0, 0, err
	}
	c.waiting = -int(moved)
	c.pages += int(moved) / 25
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

// newTableOf returns a new table for the rows of a pile; nil if they belong to
// the table of all others, or, with wait, have to wait for one of their own.
func (f *dayFile) newTableOf(p pile, may *allowance, c *change) (t *deviceTable, wait bool, err error) {
	address, err := netip.ParseAddr(p.address)
	if err != nil && p.address != AddressText(netip.Addr{}) {
		return nil, false, nil // somebody else has written this row
	}
	if f.isCrowded(c) {
		return nil, false, nil
	}
	if !may.take() {
		return nil, true, nil
	}
	t, err = f.make(p.address, TableName(address, f.day), c)
	return t, false, err
}

// moveInto returns a statement that copies rows of the slice into a table.
func (f *dayFile) moveInto(t *deviceTable, columns, which string) *sqlite.Stmt {
	// A row that is in the table already was filed before.
	return f.db.Statement("INSERT OR IGNORE INTO " + t.name + "(" + columns + ") SELECT inbox." +
		strings.ReplaceAll(columns, ",", ",inbox.") + " FROM " + which)
}

// movePile copies the rows of a device into its table.
func (f *dayFile) movePile(t *deviceTable, p pile) error {
	if t.file == nil {
		t.file = f.moveInto(t, Columns, "temp.filing AS f CROSS JOIN inbox ON inbox.id=f.id WHERE f.address=?")
	}
	return t.file.Exec(p.address)
}

// moveCrowd copies the rows of devices without a table into the one for all of
// them.
func (f *dayFile) moveCrowd(piles []pile, c *change) error {
	if len(piles) == 0 {
		return nil
	}
	t, err := f.otherTable(c)
	if err != nil {
		return err
	}
	if err := f.list(piles); err != nil {
		return err
	}
	if t.file == nil {
		t.file = f.moveInto(t, inboxColumns, `temp.listed AS l CROSS JOIN temp.filing AS f ON f.address=l.address
			CROSS JOIN inbox ON inbox.id=f.id`)
	}
	if err := t.file.Exec(); err != nil {
		return err
	}
	sum := pile{first: piles[0].first, last: piles[0].last}
	for _, p := range piles {
		sum.rows += p.rows
		sum.first, sum.last = min(sum.first, p.first), max(sum.last, p.last)
	}
	c.counts = append(c.counts, count{t, sum.first, sum.last, sum.rows})
	return nil
}

// list writes down the addresses of piles.
func (f *dayFile) list(piles []pile) error {
	err := f.db.Exec("CREATE TEMP TABLE IF NOT EXISTS listed(address PRIMARY KEY) WITHOUT ROWID; DELETE FROM temp.listed")
	if err != nil {
		return err
	}
	return f.db.Table("temp.listed", "address").Insert(len(piles), func(v *sqlite.Values, i int) {
		v.Text([]byte(piles[i].address))
	})
}

// removeFiled deletes the rows of the slice from the inbox, but for those of
// the devices that are left.
func (f *dayFile) removeFiled(upTo int64, left []pile) error {
	rest, err := f.db.Int("SELECT EXISTS(SELECT 1 FROM inbox WHERE id>? OR id<=?)", upTo, f.round.after)
	if err != nil {
		return err
	}
	query := "DELETE FROM inbox" // without a condition SQLite lets go of the pages whole
	if rest != 0 || len(left) > 0 {
		query += fmt.Sprintf(" WHERE id>%d AND id<=%d", f.round.after, upTo)
	}
	if len(left) > 0 {
		if err := f.list(left); err != nil {
			return err
		}
		query += " AND address NOT IN (SELECT address FROM temp.listed)"
	}
	return f.db.Exec(query)
}
