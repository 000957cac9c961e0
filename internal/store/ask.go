package store

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/logboom/logboom/internal/syslog"
)

// A plan is how a table is asked for wanted messages.
type plan struct {
	where string // with a leading AND; may be empty
	args  []any
	exact bool // what the table answers need not be looked at again
}

// plan returns how to ask a table.
func (s *scan) plan(t *table) *plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.plans[t.name]; p != nil {
		return p
	}
	p := &plan{exact: true}
	var where strings.Builder
	if s.filter.from != 0 {
		where.WriteString(" AND received_at>=?")
		p.args = append(p.args, s.filter.from)
	}
	if s.filter.to != 0 {
		where.WriteString(" AND received_at<?")
		p.args = append(p.args, s.filter.to)
	}
	if t.several && s.filter.device.IsValid() {
		where.WriteString(" AND address=?")
		p.args = append(p.args, AddressText(s.filter.device))
	}
	if s.filter.query != nil {
		condition, args, exact := s.filter.query.SQL(t.source, s.filter.directory)
		where.WriteString(" AND (" + condition + ")")
		p.args = append(p.args, args...)
		p.exact = exact
	}
	p.where = where.String()
	s.plans[t.name] = p
	return p
}

// readTable adds the wanted messages of a table to a page, from its head to
// key last. Where the table is damaged it hops over what cannot be read.
func (s *scan) readTable(ctx context.Context, h head, last int64, p *stretch) error {
	select {
	case <-h.reading.file.gone:
		return errGone
	default:
	}
	plan := s.plan(h.table)
	if p.tally != nil && plan.exact {
		done, err := s.countTable(ctx, h, plan, last, p.tally)
		if done || err != nil {
			return err
		}
	}
	seen := h.key - 1 // the last key that needs no more looking at
	where, args, check := plan.where, plan.args, s.filter.matches
	if plan.exact {
		check = func(*syslog.Record) bool { return true }
	}
	add := func(row []driver.Value) (bool, error) {
		key := s.dir.key(integer(row[0], 0))
		seen = max(seen, key)
		if !p.page.wants(key) {
			return false, nil
		}
		switch r := recordOf(row, s.day, h.table.source); {
		case !check(&r):
		case p.tally != nil:
			p.tally.count(r.ReceivedAt, int64(r.Severity), 1)
		default:
			p.page.add(r)
		}
		return true, nil
	}
	err := s.ask(ctx, h, where, args, h.key, last, add)
	if err == nil || !isDamage(err) {
		return err
	}
	// From here on every row is looked at, so that it is known where the
	// damage begins.
	check = s.filter.accepts
	hole, bad := false, int64(0)
	for from := seen + 1; from <= last; {
		seen = from - 1
		err := s.ask(ctx, h, "", nil, from, last, func(row []driver.Value) (bool, error) {
			if hole {
				s.hole(h, bad, s.dir.key(integer(row[0], 0))-1, p)
				hole = false
			}
			return add(row)
		})
		if err == nil {
			break
		} else if !isDamage(err) {
			return err
		}
		if !hole {
			hole, bad = true, seen+1
		}
		if from, err = h.reading.c.behind(ctx, h.table, s.dir, seen+1, last); err != nil {
			return err
		}
	}
	if hole {
		s.hole(h, bad, last, p)
	}
	return nil
}

// hole notes that the keys first to last of a table cannot be read.
func (s *scan) hole(h head, first, last int64, p *stretch) {
	lowest, highest := s.dir.ids(first, last)
	p.notes.gap(s.gap(h.reading, h.table, lowest, highest))
}

// gap describes a range of ids that cannot be read.
func (s *scan) gap(r *reading, t *table, first, last int64) gap {
	g := gap{file: r.file.name, device: t.owner(), day: s.day, first: first, last: last, density: 1}
	if t.messages > 0 {
		g.density = min(1, float64(t.messages)/float64(max(s.top, last)))
	}
	return g
}

// ask reads the rows of a table with the keys a to b for which where holds, in
// the scan's direction. A tree whose pages are in each other's places hands out
// rows where others should be: twice, in no order, and beyond a and b, where
// they are passed over.
func (s *scan) ask(ctx context.Context, h head, where string, args []any, a, b int64, each func([]driver.Value) (bool, error)) error {
	lowest, highest := s.dir.ids(a, b)
	columns, order, n := Columns, "", numColumns
	if h.table.several {
		columns += ",address"
		n++
	}
	if s.dir == down {
		order = " DESC"
	}
	return h.reading.c.query(ctx, "SELECT "+columns+" FROM "+h.table.name+" WHERE id>=? AND id<=?"+where+" ORDER BY id"+order,
		ordinals(append([]any{lowest, highest}, args...)...), n, func(row []driver.Value) (bool, error) {
			if key := s.dir.key(integer(row[0], 0)); key < a || key > b {
				return true, nil
			}
			return each(row)
		})
}
