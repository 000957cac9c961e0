package state

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Mute keeps until when people are not to be told; the zero time ends it.
func (s *State) Mute(ctx context.Context, until time.Time) error {
	return s.write(ctx, "muting alerts", func(tx *sql.Tx) error {
		if until.IsZero() {
			_, err := tx.Exec("DELETE FROM mute")
			return err
		}
		_, err := tx.Exec("INSERT INTO mute (only, until) VALUES (1, ?) ON CONFLICT DO UPDATE SET until = excluded.until", until.UnixMicro())
		return err
	})
}

// MutedUntil returns what Mute has kept, which may be over.
func (s *State) MutedUntil(ctx context.Context) (until time.Time, err error) {
	err = s.read("reading whether alerts are muted", func(db *sql.DB) error {
		var at int64
		err := db.QueryRowContext(ctx, "SELECT until FROM mute").Scan(&at)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil {
			until = time.UnixMicro(at)
		}
		return err
	})
	return until, err
}
