package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// denseRows is from how many rows of a device in one commit they go into its
// table at once; fewer would not fill the pages that they touch. In commits of
// manyRows, which are made one after the other, a quarter of it is enough:
// there the processor is short, and filing takes more of it.
const (
	denseRows = 16
	manyRows  = 5000
)

// errCommit marks an error of COMMIT, after which the rows may be there.
var errCommit = errors.New("committing")

// A change is what a transaction will have done once it is committed.
type change struct {
	made    []*deviceTable // new tables
	counts  []count        // rows put into tables
	waiting int            // rows put into the inbox, less those taken out
	bytes   int            // of the messages put into the inbox
	pages   int            // pages written, about

	rationed int // of the new tables, those that count in the minute
}

// A count is rows that a table has got.
type count struct {
	table       *deviceTable
	first, last int64 // received_at
	rows        int64
}

// write commits the records of p, whose ids are set. If it fails, nothing of
// them is in the file, unless the error is errCommit and of Kind IO.
func (f *dayFile) write(p *part, may *allowance, now time.Time) error {
	if err := f.db.Begin(); err != nil {
		return fmt.Errorf("beginning a transaction in %s: %w", f.path, err)
	}
	var c change
	if err := f.insert(p, may, &c); err != nil {
		f.db.Rollback() // what it says does not matter any more
		return fmt.Errorf("inserting into %s: %w", f.path, err)
	}
	if err := f.commit(&c); err != nil {
		return err
	}
	may.use(&c)
	f.checkpoint.filed = false
	if c.waiting > 0 {
		if f.waiting == int64(c.waiting) {
			f.since = now
		}
		f.quiet = now
	}
	return nil
}

// commit ends a transaction and, if that succeeded, enters what it did.
func (f *dayFile) commit(c *change) error {
	if err := f.tally(c.counts); err != nil {
		f.db.Rollback() // what it says does not matter any more
		return fmt.Errorf("counting messages in %s: %w", f.path, err)
	}
	if err := f.db.Commit(); err != nil {
		f.db.Rollback() // there is none left, as a rule
		return fmt.Errorf("%w to %s: %w", errCommit, f.path, err)
	}
	for _, t := range c.made {
		f.enter(t)
	}
	f.waiting += int64(c.waiting)
	f.waitingBytes += int64(c.bytes)
	f.checkpoint.pages += c.pages + 2
	return nil
}

// tally adds to what the table of devices says.
func (f *dayFile) tally(counts []count) error {
	return f.counts.Insert(len(counts), func(v *sqlite.Values, i int) {
		c := &counts[i]
		v.Text([]byte(c.table.address))
		v.Text([]byte(c.table.name))
		v.Int(c.first)
		v.Int(c.last)
		v.Int(c.rows)
	})
}

// enter makes a table known that is in the file now.
func (f *dayFile) enter(t *deviceTable) {
	if t.address == otherAddress {
		f.others = t
		return
	}
	f.tables[t.address] = t
	if f.devices != nil {
		f.devices[t.address] = struct{}{}
	}
}

// insert inserts the records of p: those of devices that have many into the
// tables of the devices, also the first ones of a device, the rest into the
// inbox.
func (f *dayFile) insert(p *part, may *allowance, c *change) error {
	var direct []bool // by group; nil: none
	dense := denseRows
	if len(p.records) >= manyRows {
		dense /= 4
	}
	for i := range p.groups {
		g := &p.groups[i]
		t, known := f.tables[string(g.text)]
		if known && g.count < dense {
			continue
		}
		if !known {
			var err error
			if t, err = f.tableFor(g, may, c); err != nil {
				return err
			}
			if t == nil {
				continue
			}
		}
		if err := f.insertInto(t, p, g, c); err != nil {
			return err
		}
		if direct == nil {
			direct = make([]bool, len(p.groups))
		}
		direct[i] = true
		c.pages += 2
	}
	c.pages += p.text / (sqlite.PageSize * 3 / 4)
	return f.insertWaiting(p, direct, c)
}

// insertInto inserts the records of a group into a table.
func (f *dayFile) insertInto(t *deviceTable, p *part, g *group, c *change) error {
	rows := p.rows(g)
	var address []byte
	if t.address == otherAddress {
		address = g.text
	}
	first, last := p.records[rows[0]].ReceivedAt, p.records[rows[0]].ReceivedAt
	err := t.insert.Insert(len(rows), func(v *sqlite.Values, i int) {
		r := &p.records[rows[i]]
		first, last = min(first, r.ReceivedAt), max(last, r.ReceivedAt)
		putRow(v, r, address)
	})
	c.counts = append(c.counts, count{t, first, last, int64(len(rows))})
	return err
}

// insertWaiting inserts the records whose groups were not inserted directly
// into the inbox.
func (f *dayFile) insertWaiting(p *part, direct []bool, c *change) error {
	n := len(p.records)
	for i := range direct {
		if direct[i] {
			n -= p.groups[i].count
		}
	}
	if n == 0 {
		return nil
	}
	at := 0
	err := f.inbox.Insert(n, func(v *sqlite.Values, _ int) {
		for direct != nil && direct[p.groupOf[at]] {
			at++
		}
		putRow(v, &p.records[at], p.groups[p.groupOf[at]].text)
		c.bytes += len(p.records[at].Raw)
		at++
	})
	c.waiting += n
	c.pages++
	return err
}

// holds reports whether a record is in the file.
func (f *dayFile) holds(p *part) (bool, error) {
	r := &p.records[0]
	tables := []string{inboxTable}
	if t := f.tables[string(p.groups[p.groupOf[0]].text)]; t != nil {
		tables = append(tables, t.name)
	}
	if f.others != nil {
		tables = append(tables, f.others.name)
	}
	for _, name := range tables {
		n, err := f.db.Int("SELECT count(*) FROM "+name+" WHERE id=? AND received_at=?", r.ID, r.ReceivedAt)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}
