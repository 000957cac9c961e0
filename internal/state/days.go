package state

import (
	"context"
	"database/sql"
)

// A Day is a file of a day that is closed for good: it does not change anymore.
type Day struct {
	Day      int    // year*10000 + month*100 + day
	Part     int    // of the files of the day; 0 is the one that is named after it alone
	SHA256   string // of the file, hexadecimal
	Bytes    int64  // of the file
	Messages int64
	SealedAt int64 // µs since 1970 UTC
}

// SaveDay records a file of a closed day, over what is recorded of it.
func (s *State) SaveDay(ctx context.Context, d Day) error {
	return s.write(ctx, "recording a closed day", func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO day_files (day, part, sha256, bytes, messages, sealed_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes, messages = excluded.messages, sealed_at = excluded.sealed_at`,
			d.Day, d.Part, d.SHA256, d.Bytes, d.Messages, d.SealedAt)
		return err
	})
}

// HasDay reports whether a file of a closed day is recorded.
func (s *State) HasDay(ctx context.Context, day, part int) (bool, error) {
	var n int
	err := s.read("looking for a closed day", func(db *sql.DB) error {
		return db.QueryRowContext(ctx, "SELECT count(*) FROM day_files WHERE day = ? AND part = ?", day, part).Scan(&n)
	})
	return n > 0, err
}

// Days returns the files of closed days, oldest first.
func (s *State) Days(ctx context.Context) ([]Day, error) {
	var list []Day
	err := s.read("reading the closed days", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT day, part, sha256, bytes, messages, sealed_at FROM day_files ORDER BY day, part")
		return each(rows, err, func(rows *sql.Rows) error {
			var d Day
			if err := rows.Scan(&d.Day, &d.Part, &d.SHA256, &d.Bytes, &d.Messages, &d.SealedAt); err != nil {
				return err
			}
			list = append(list, d)
			return nil
		})
	})
	return list, err
}
