package state

import (
	"context"
	"database/sql"
)

// Bounds of the audit log; the oldest lines go first. Whoever has a password
// can sign in and out all day, which must not push out who changed what.
const (
	maxAudit = 10_000 // of what was changed
	maxSigns = 2_000  // of who signed in and out

	signs = "action IN ('signed in', 'signed out')" // as the console calls it
)

// A Change is a line of the audit log: who changed what.
type Change struct {
	ID      int64
	At      int64 // µs since 1970 UTC
	Who     string
	Address string // from where; "" = not over the network
	Action  string
	Detail  string
	Mark    string // a change with the mark of an earlier one is that one; "" = it has none
}

// Record adds changes to the audit log. What is too long is cut.
func (s *State) Record(ctx context.Context, changes ...Change) error {
	return s.write(ctx, "keeping who changed what", func(tx *sql.Tx) error {
		for _, c := range changes {
			if _, err := tx.Exec("INSERT INTO audit (at, who, address, action, detail, mark) VALUES (?, ?, ?, ?, ?, nullif(?, '')) ON CONFLICT (mark) DO NOTHING",
				c.At, cutText(c.Who, 200), cutText(c.Address, 100), cutText(c.Action, 100), cutText(c.Detail, 1000), c.Mark); err != nil {
				return err
			}
		}
		for which, most := range map[string]int{signs: maxSigns, "NOT " + signs: maxAudit} {
			// Before there are as many, the inner SELECT is NULL and nothing goes.
			if _, err := tx.Exec("DELETE FROM audit WHERE "+which+" AND id <= (SELECT id FROM audit WHERE "+which+" ORDER BY id DESC LIMIT 1 OFFSET ?)", most); err != nil {
				return err
			}
		}
		return nil
	})
}

// Changes returns lines of the audit log, newest first: with a lower number
// than before, 0 = the newest.
func (s *State) Changes(ctx context.Context, before int64, limit int) ([]Change, error) {
	return s.changes(ctx, "?1 = 0 OR id < ?1", before, limit)
}

// ChangesOf returns lines of the audit log whose detail is of one thing, "incident
// 7" or "incident 7, until …", newest first, at most limit.
func (s *State) ChangesOf(ctx context.Context, thing string, limit int) ([]Change, error) {
	return s.changes(ctx, "detail = ?1 OR substr(detail, 1, length(?1) + 1) = ?1 || ','", thing, limit)
}

// changes returns lines for which where holds, of which ?1 is value.
func (s *State) changes(ctx context.Context, where string, value any, limit int) ([]Change, error) {
	var list []Change
	err := s.read("reading who changed what", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT id, at, who, address, action, detail, coalesce(mark, '') FROM audit WHERE "+where+" ORDER BY id DESC LIMIT ?2", value, limit)
		return each(rows, err, func(rows *sql.Rows) error {
			var c Change
			err := rows.Scan(&c.ID, &c.At, &c.Who, &c.Address, &c.Action, &c.Detail, &c.Mark)
			list = append(list, c)
			return err
		})
	})
	return list, err
}

// cutText returns the first bytes of s, at the boundary of a character.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xC0 == 0x80 {
		most--
	}
	return s[:most] + "…"
}
