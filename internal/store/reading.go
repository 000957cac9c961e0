package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/sqlite"
)

// highestID is more than anyone can have counted in a day.
const highestID = 1 << 48

// fewTables are asked one by one for their heads, more in one statement.
const fewTables = 8

// A reading is a read transaction on one file: what it sees does not change.
type reading struct {
	file   *openFile
	c      *connection
	tables []*table // those that can hold wanted messages
	notes  *notes
}

// begin starts a reading. nil means that the file cannot be read, and was
// noted.
func (s *scan) begin(ctx context.Context, f *openFile, n *notes) (*reading, error) {
	select {
	case <-f.gone:
		return nil, errGone
	default:
	}
	c, err := f.connection(ctx)
	if err != nil {
		return nil, s.excuse(ctx, f.dayPath, err, n)
	}
	timed := s.filter.from != 0 || s.filter.to != 0
	if err := c.begin(ctx, timed); err != nil {
		f.giveBack(c, true)
		return nil, s.excuse(ctx, f.dayPath, err, n)
	}
	r := &reading{file: f, c: c, notes: n}
	for i := range c.tables {
		if t := &c.tables[i]; s.filter.wants(t) {
			r.tables = append(r.tables, t)
		}
	}
	return r, nil
}

// close ends the transaction.
func (r *reading) close() {
	err := r.c.end()
	r.file.giveBack(r.c, err != nil)
}

// A head is the next message of a table in a direction.
type head struct {
	reading *reading
	table   *table
	key     int64
}

func sortHeads(heads []head) {
	slices.SortFunc(heads, func(x, y head) int { return cmp.Compare(x.key, y.key) })
}

// heads returns the lowest key from a on of every table that has one.
func (s *scan) heads(ctx context.Context, r *reading, dir direction, a int64) ([]head, error) {
	var heads []head
	if len(r.tables) <= fewTables || len(r.tables) < len(r.c.tables)/4 {
		for _, t := range r.tables {
			h, err := s.head(ctx, r, t, dir, a)
			if err != nil {
				return nil, err
			} else if h != nil {
				heads = append(heads, *h)
			}
		}
		return heads, nil
	}
	wanted := make(map[*table]bool, len(r.tables))
	for _, t := range r.tables {
		wanted[t] = true
	}
	for chunk := range slices.Chunk(r.c.tables, maxTerms) {
		before := len(heads)
		err := r.c.queryHeads(ctx, chunk, dir, a, func(i int, key int64) {
			if t := &chunk[i]; wanted[t] {
				heads = append(heads, head{r, t, key})
			}
		})
		if err == nil {
			continue
		}
		if !isDamage(err) && sqlite.Classify(err) != sqlite.Schema {
			return nil, err
		}
		heads = heads[:before]
		for i := range chunk {
			if t := &chunk[i]; wanted[t] {
				h, err := s.head(ctx, r, t, dir, a)
				if err != nil {
					return nil, err
				} else if h != nil {
					heads = append(heads, *h)
				}
			}
		}
	}
	return heads, nil
}

// head returns the head of one table, nil if it has none from a on. Of a
// damaged table it is the first message that can be read.
func (s *scan) head(ctx context.Context, r *reading, t *table, dir direction, a int64) (*head, error) {
	key, ok, err := r.c.head(ctx, t, dir, a)
	switch {
	case err == nil && !ok:
		return nil, nil
	case err == nil:
		return &head{r, t, key}, nil
	case sqlite.Classify(err) == sqlite.Schema:
		r.notes.add("%s has lost the table %s", r.file.name, t.name)
		return nil, nil
	case !isDamage(err):
		return nil, err
	}
	bad, end := max(a, 1), int64(highestID)
	if dir == down {
		bad, end = max(a, -highestID), -1
	}
	from, err := r.c.behind(ctx, t, dir, bad, end)
	if err != nil {
		return nil, err
	}
	key, ok, err = r.c.head(ctx, t, dir, from)
	if err != nil && !isDamage(err) {
		return nil, err
	}
	lowest, last := dir.ids(bad, max(bad, from-1))
	r.notes.gap(s.gap(r, t, lowest, last))
	if err != nil || !ok {
		return nil, nil
	}
	return &head{r, t, key}, nil
}

// behind returns a key behind the one at bad, where reading failed, from which
// on it may work again; last+1 if there is none.
func (c *connection) behind(ctx context.Context, t *table, dir direction, bad, last int64) (int64, error) {
	// readable finds the way to the first message from key on.
	readable := func(key int64) (found int64, ok bool, err error) {
		found, ok, err = c.head(ctx, t, dir, key)
		switch {
		case err != nil && isDamage(err):
			return 0, false, nil
		case err == nil && !ok:
			return last + 1, true, nil // there is nothing more
		}
		return found, true, err
	}
	if found, ok, err := readable(bad); ok || err != nil {
		return found + 1, err // the damage is in this message alone
	}
	// Look ever farther away, then by halves for the place nearest to bad.
	step := int64(1)
	for ; step <= last-bad; step *= 2 {
		if _, ok, err := readable(bad + step); err != nil {
			return 0, err
		} else if ok {
			break
		}
	}
	unreadable, good := bad+step/2, min(bad+step, last+1)
	for good-unreadable > 1 {
		middle := unreadable + (good-unreadable)/2
		if _, ok, err := readable(middle); err != nil {
			return 0, err
		} else if ok {
			good = middle
		} else {
			unreadable = middle
		}
	}
	return good, nil
}

// owner names the device of a table, for people.
func (t *table) owner() string {
	switch {
	case t.name == inboxTable:
		return "several devices (inbox)"
	case t.several:
		return "several devices"
	}
	return AddressText(t.source)
}

// head asks one table.
func (c *connection) head(ctx context.Context, t *table, dir direction, a int64) (key int64, ok bool, err error) {
	err = c.query(ctx, headOf(t, dir, "0"), ordinals(dir.id(a)), 2, func(row []driver.Value) (bool, error) {
		var id int64
		if id, ok = row[1].(int64); ok {
			key = max(dir.key(id), a) // a damaged tree may have a smaller one there
		}
		return false, nil
	})
	return key, ok, err
}

// queryHeads asks at most maxTerms tables and calls found for those that have
// a head, with their place in the slice.
func (c *connection) queryHeads(ctx context.Context, tables []table, dir direction, a int64, found func(i int, key int64)) error {
	var text strings.Builder
	for i := range tables {
		if i > 0 {
			text.WriteString(" UNION ALL ")
		}
		text.WriteString(headOf(&tables[i], dir, fmt.Sprint(i)))
	}
	return c.query(ctx, text.String(), ordinals(dir.id(a)), 2, func(row []driver.Value) (bool, error) {
		if id, ok := row[1].(int64); ok {
			if i := integer(row[0], -1); i >= 0 && i < int64(len(tables)) {
				found(int(i), max(dir.key(id), a))
			}
		}
		return true, nil
	})
}

// headOf returns the statement that finds the first id from ?1 on.
func headOf(t *table, dir direction, number string) string {
	if dir == down {
		return "SELECT " + number + ",max(id) FROM " + t.name + " WHERE id<=?1"
	}
	return "SELECT " + number + ",min(id) FROM " + t.name + " WHERE id>=?1"
}

// readTables lists the tables of messages.
func (c *connection) readTables(ctx context.Context) error {
	c.tables = append(c.tables[:0], table{name: inboxTable, several: true})
	// A view may be without an end; what is in one was not stored by us.
	views := make(map[string]bool)
	err := c.query(ctx, "SELECT name FROM sqlite_master WHERE type='view' OR type='table' AND sql LIKE 'CREATE VIRTUAL%'", nil, 1, func(row []driver.Value) (bool, error) {
		name, _ := row[0].(string)
		views[name] = true
		return true, nil
	})
	if err != nil && !isDamage(err) {
		return err
	}
	err = c.query(ctx, "SELECT address,table_name,first_at,last_at,messages FROM devices", nil, 5, func(row []driver.Value) (bool, error) {
		address, _ := row[0].(string)
		name, _ := row[1].(string)
		if views[name] {
			return true, nil
		}
		c.tables = append(c.tables, table{
			name: quoted(name), source: addressOf(row[0]), several: address == otherAddress,
			first: integer(row[2], 0), last: integer(row[3], 0), messages: integer(row[4], 0),
		})
		return true, nil
	})
	if sqlite.Classify(err) == sqlite.Schema {
		// A crash between making the file and its tables leaves it empty.
		made := false
		if err := c.query(ctx, "SELECT name FROM sqlite_master LIMIT 1", nil, 1, func([]driver.Value) (bool, error) {
			made = true
			return false, nil
		}); err != nil {
			return err
		}
		if !made {
			c.tables = c.tables[:0]
			return nil
		}
	}
	if err == nil || !isDamage(err) {
		return err
	}
	// The list of devices is damaged: the names of the tables say the same.
	c.tables = c.tables[:1]
	return c.query(ctx, "SELECT name FROM sqlite_master WHERE type='table' AND name LIKE 'logs\\_%' ESCAPE '\\'", nil, 1, func(row []driver.Value) (bool, error) {
		name, _ := row[0].(string)
		source, ok := sourceOf(name)
		c.tables = append(c.tables, table{name: quoted(name), source: source, several: !ok && strings.HasPrefix(name, "logs_other_")})
		return true, nil
	})
}

// sourceOf returns the device after which a table was named.
func sourceOf(table string) (netip.Addr, bool) {
	s := strings.TrimPrefix(table, "logs_")
	if i := strings.LastIndexByte(s, '_'); i >= 0 {
		s = s[:i]
	}
	for _, separator := range []string{".", ":"} {
		if a, err := netip.ParseAddr(strings.ReplaceAll(s, "_", separator)); err == nil {
			return a, true
		}
	}
	return netip.Addr{}, false
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func unquoted(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(name, `"`), `"`), `""`, `"`)
}
