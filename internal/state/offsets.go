package state

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// offsetFor is how long an offset is good. Telegram begins with other numbers
// after a week without updates (Bot API, Update), which may be lower.
const offsetFor = 6 * 24 * time.Hour

// Offset returns the number of the update of a bot that is to be taken next; 0
// if none was taken, or none lately.
func (s *State) Offset(ctx context.Context, bot string) (next int64, err error) {
	err = s.read("reading which commands were taken", func(db *sql.DB) error {
		err := db.QueryRowContext(ctx, "SELECT next FROM offsets WHERE bot = ? AND at > ?", bot, s.o.Now().Add(-offsetFor).UnixMicro()).Scan(&next)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return next, err
}

// SetOffset keeps it.
func (s *State) SetOffset(ctx context.Context, bot string, next int64) error {
	return s.write(ctx, "keeping which commands were taken", func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO offsets VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next, at = excluded.at", bot, next, s.o.Now().UnixMicro())
		return err
	})
}
