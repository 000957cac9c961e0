package state

import (
	"context"
	"database/sql"
	"time"
)

// Prune removes what speaks of messages that are no longer kept: alerts,
// incidents that are over, ledger, checkpoints and closed days from before the
// given moment, whose zone is that of the days. Devices and notes that are not
// delivered stay, and troubles, which end by themselves.
func (s *State) Prune(ctx context.Context, before time.Time) error {
	at := before.UnixMicro()
	day := before.Year()*10_000 + int(before.Month())*100 + before.Day()
	return s.write(ctx, "removing what is old", func(tx *sql.Tx) error {
		for _, d := range []struct {
			query string
			limit any
		}{
			{"DELETE FROM alerts WHERE at < ?", at},
			{"DELETE FROM incidents WHERE updated_at < ? AND state <> 'open'", at},
			{"DELETE FROM ledger WHERE hour < ?", HourOf(before)},
			{"DELETE FROM checkpoints WHERE day < ?", day},
			{"DELETE FROM day_files WHERE day < ?", day},
		} {
			if _, err := tx.Exec(d.query, d.limit); err != nil {
				return err
			}
		}
		return nil
	})
}
