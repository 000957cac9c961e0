package state

import (
	"context"
	"database/sql"
	"time"
)

// MutedIncidents returns the incidents that people are not told of at now, and
// until when.
func (s *State) MutedIncidents(ctx context.Context, now time.Time) (map[int64]time.Time, error) {
	muted := map[int64]time.Time{}
	err := s.read("reading which incidents are muted", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT incident, muted_until FROM handled WHERE muted_until > ?", now.UnixMicro())
		return each(rows, err, func(rows *sql.Rows) error {
			var id, until int64
			if err := rows.Scan(&id, &until); err != nil {
				return err
			}
			muted[id] = time.UnixMicro(until)
			return nil
		})
	})
	return muted, err
}

// NewestTold returns the highest number of an incident that a notifier has told
// of at a place; 0 = of none.
func (s *State) NewestTold(ctx context.Context, notifier, place string) (incident int64, err error) {
	err = s.read("reading what people were told", func(db *sql.DB) error {
		return db.QueryRowContext(ctx, "SELECT coalesce(max(incident), 0) FROM messages WHERE notifier = ? AND place = ?", notifier, place).Scan(&incident)
	})
	return incident, err
}
