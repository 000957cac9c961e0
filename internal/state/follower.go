package state

import (
	"context"
	"database/sql"
)

// Positions returns how far a follower has read: the id of the last message it
// has dealt with of each day. It is empty for one that has never read.
func (s *State) Positions(ctx context.Context, follower string) (map[int]int64, error) {
	positions := map[int]int64{}
	err := s.read("reading a checkpoint", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT day, id FROM checkpoints WHERE follower = ?", follower)
		return each(rows, err, func(rows *sql.Rows) error {
			var day int
			var id int64
			if err := rows.Scan(&day, &id); err != nil {
				return err
			}
			positions[day] = id
			return nil
		})
	})
	return positions, err
}

// SetPositions replaces all positions of a follower.
func (s *State) SetPositions(ctx context.Context, follower string, positions map[int]int64) error {
	return s.write(ctx, "saving a checkpoint", func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM checkpoints WHERE follower = ?", follower); err != nil {
			return err
		}
		return savePositions(tx, follower, positions)
	})
}

// savePositions lays positions over those that are there.
func savePositions(tx *sql.Tx, follower string, positions map[int]int64) error {
	for day, id := range positions {
		if _, err := tx.Exec(`INSERT INTO checkpoints (follower, day, id) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET id = excluded.id`, follower, day, id); err != nil {
			return err
		}
	}
	return nil
}
