package state

import (
	"context"
	"database/sql"
	"time"
)

// A LedgerRow is what became of the messages of one listener in one hour.
type LedgerRow struct {
	Hour     int64            // its beginning, µs since 1970 UTC
	Listener string           // for example "udp :514"
	Received int64            // Stored and all that is in Dropped
	Stored   int64            // committed
	Dropped  map[string]int64 // by reason
}

const (
	received = "received"
	stored   = "stored"
)

// HourOf returns the beginning of the hour of at, for [LedgerRow.Hour].
func HourOf(at time.Time) int64 {
	return at.Truncate(time.Hour).UnixMicro()
}

// AddLedger adds the numbers of rows to those that are there.
func (s *State) AddLedger(ctx context.Context, rows []LedgerRow) error {
	if len(rows) == 0 {
		return nil
	}
	return s.write(ctx, "adding to the ledger", func(tx *sql.Tx) error {
		add := func(r LedgerRow, counter string, n int64) error {
			if n == 0 {
				return nil
			}
			_, err := tx.Exec(`INSERT INTO ledger (hour, listener, counter, messages) VALUES (?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET messages = messages + excluded.messages`, r.Hour, r.Listener, counter, n)
			return err
		}
		for _, r := range rows {
			if err := add(r, received, r.Received); err != nil {
				return err
			}
			if err := add(r, stored, r.Stored); err != nil {
				return err
			}
			for reason, n := range r.Dropped {
				if err := add(r, reason, n); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Ledger returns the rows of the hours that begin at from or later and before
// to, in µs since 1970 UTC, by hour and listener.
func (s *State) Ledger(ctx context.Context, from, to int64) ([]LedgerRow, error) {
	var list []LedgerRow
	err := s.read("reading the ledger", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT hour, listener, counter, messages FROM ledger WHERE hour >= ? AND hour < ? ORDER BY hour, listener", from, to)
		return each(rows, err, func(rows *sql.Rows) error {
			var hour, n int64
			var listener, counter string
			if err := rows.Scan(&hour, &listener, &counter, &n); err != nil {
				return err
			}
			if last := len(list) - 1; last < 0 || list[last].Hour != hour || list[last].Listener != listener {
				list = append(list, LedgerRow{Hour: hour, Listener: listener, Dropped: map[string]int64{}})
			}
			switch r := &list[len(list)-1]; counter {
			case received:
				r.Received = n
			case stored:
				r.Stored = n
			default:
				r.Dropped[counter] = n
			}
			return nil
		})
	})
	return list, err
}
