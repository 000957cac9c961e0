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
	table       *deviceTable // into which they go; nil: they stay
	address     string
	rows        int64
	first, last int64 // received_at
}

// moveRows moves up to n rows from the inbox, and returns the last id it has
// looked at and how many rows it has moved.
//
// The rows are sorted into memory and deleted before they go into their
// tables, so that those take the pages that the inbox lets go of: pages that
// were written anyway, which saves the disk a sixth of all that is written.
func (f *dayFile) moveRows(n int64, may *allowance, all bool) (c change, upTo, moved int64, err error) {
	upTo, err = f.db.Int("SELECT coalesce(max(id),?1) FROM (SELECT id FROM inbox WHERE id>?1 AND id<=?2 ORDER BY id LIMIT ?3)",
		f.round.after, f.round.last, n)
	if err != nil || upTo == f.round.after {
		return c, f.round.last, 0, err
	}
	piles, err := f.sortRows(upTo)
	if err != nil {
		return c, 0, 0, err
	}
	f.round.piles = int64(len(piles))
	var left []pile
	for i := range piles {
		p := &piles[i]
		if p.table, err = f.tableOfPile(p, may, all, &c); err != nil {
			return c, 0, 0, err
		}
		if p.table == nil {
			left = append(left, *p)
			f.round.left += p.rows
			continue
		}
		moved += p.rows
		c.pages += 2
	}
	if err := f.removeFiled(upTo, left); err != nil {
		return c, 0, 0, err
	}
	if err := f.movePiles(piles, &c); err != nil {
		return c, 0, 0, err
	}
	c.waiting = -int(moved)
	c.pages += int(moved) / 25
	return c, upTo, moved, f.db.Exec("DELETE FROM temp.filing")
}

// sortRows copies the rows up to an id into memory, sorted by device, and
// returns the piles.
func (f *dayFile) sortRows(upTo int64) ([]pile, error) {
	rest := strings.TrimPrefix(Columns, "id,")
	err := f.db.Exec("CREATE TEMP TABLE IF NOT EXISTS filing(address,id," + rest + ",PRIMARY KEY(address,id)) WITHOUT ROWID;" +
		"INSERT INTO temp.filing SELECT CAST(coalesce(address,'') AS TEXT),id," + rest +
		fmt.Sprintf(" FROM inbox WHERE id>%d AND id<=%d ORDER BY 1,2", f.round.after, upTo))
	if err != nil {
		return nil, err
	}
	var piles []pile
	err = f.db.Query("SELECT address,count(*),min(received_at),max(received_at) FROM temp.filing GROUP BY address", nil,
		func(v []driver.Value) error {
			rows, _ := v[1].(int64)
			first, _ := v[2].(int64)
			last, _ := v[3].(int64)
			piles = append(piles, pile{nil, text(v[0]), rows, first, last})
			return nil
		})
	return piles, err
}

// tableOfPile returns the table for the rows of a pile, made if need be: that
// of the device, or the one for all others. nil means that they have to wait,
// which they do not with all.
func (f *dayFile) tableOfPile(p *pile, may *allowance, all bool, c *change) (*deviceTable, error) {
	if t := f.tables[p.address]; t != nil {
		return t, nil
	}
	address, err := netip.ParseAddr(p.address)
	if err != nil && p.address != AddressText(netip.Addr{}) {
		return f.otherTable(c) // somebody else has written this row
	}
	switch {
	case f.isCrowded(c):
		return f.otherTable(c)
	case may.take(f, p.address, c):
		return f.make(p.address, TableName(address, f.day), c)
	case all:
		return f.otherTable(c)
	}
	return nil, nil
}

// movePiles copies the sorted rows of the piles into their tables.
func (f *dayFile) movePiles(piles []pile, c *change) error {
	var crowd []pile // those for the table of all others
	for _, p := range piles {
		switch t := p.table; {
		case t == nil:
		case t.address == otherAddress:
			crowd = append(crowd, p)
		default:
			if t.file == nil {
				t.file = f.filing(t, Columns, "WHERE address=?")
			}
			if err := t.file.Exec(p.address); err != nil {
				return err
			}
			c.counts = append(c.counts, count{t, p.first, p.last, p.rows})
		}
	}
	if len(crowd) == 0 {
		return nil
	}
	// There may be tens of thousands: one statement moves them all.
	if err := f.list(crowd); err != nil {
		return err
	}
	t := crowd[0].table
	if t.file == nil {
		t.file = f.filing(t, inboxColumns, "WHERE address IN (SELECT address FROM temp.listed)")
	}
	sum := count{table: t, first: crowd[0].first, last: crowd[0].last}
	for _, p := range crowd {
		sum.rows += p.rows
		sum.first, sum.last = min(sum.first, p.first), max(sum.last, p.last)
	}
	c.counts = append(c.counts, sum)
	return t.file.Exec()
}

// filing returns a statement that copies sorted rows into a table.
func (f *dayFile) filing(t *deviceTable, columns, which string) *sqlite.Stmt {
	// A row that is in the table already was filed before.
	return f.db.Statement("INSERT OR IGNORE INTO " + t.name + "(" + columns + ") SELECT " + columns + " FROM temp.filing " + which)
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
