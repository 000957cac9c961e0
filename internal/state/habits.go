package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/logboom/logboom/internal/silence"
)

// SaveHabits stores habits over those that are known, and forgets those of the
// devices gone.
func (s *State) SaveHabits(ctx context.Context, habits []silence.Habit, gone []netip.Addr) error {
	if len(habits) == 0 && len(gone) == 0 {
		return nil
	}
	return s.write(ctx, "saving how often devices speak", func(tx *sql.Tx) error {
		drop, err := tx.Prepare("DELETE FROM habits WHERE device = ?")
		if err != nil {
			return err
		}
		defer drop.Close()
		for _, a := range gone {
			if _, err := drop.Exec(addressText(a)); err != nil {
				return err
			}
		}
		put, err := tx.Prepare("INSERT INTO habits VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last_at = excluded.last_at, habit = excluded.habit")
		if err != nil {
			return err
		}
		defer put.Close()
		for _, h := range habits {
			b, err := json.Marshal(h)
			if err != nil {
				return fmt.Errorf("habit of %v: %w", h.Device, err)
			}
			if _, err := put.Exec(addressText(h.Device), h.LastAt, string(b)); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`DELETE FROM habits WHERE (SELECT count(*) FROM habits) > ?1
			AND device IN (SELECT device FROM habits ORDER BY last_at DESC LIMIT -1 OFFSET ?1)`, silence.MaxDevices)
		return err
	})
}

// Habits returns how often devices speak, those that spoke last first. One that
// cannot be read is left out, and told in the log.
func (s *State) Habits(ctx context.Context) ([]silence.Habit, error) {
	var list []silence.Habit
	err := s.read("reading how often devices speak", func(db *sql.DB) error {
		var there bool // a file that only an older version has opened has no such table
		if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'habits')").Scan(&there); err != nil || !there {
			return err
		}
		rows, err := db.QueryContext(ctx, "SELECT device, habit FROM habits ORDER BY last_at DESC, device LIMIT ?", silence.MaxDevices)
		return each(rows, err, func(rows *sql.Rows) error {
			var device, text string
			if err := rows.Scan(&device, &text); err != nil {
				return err
			}
			h := silence.Habit{Device: readAddress(device)}
			if err := json.Unmarshal([]byte(text), &h); err != nil || !h.Device.IsValid() {
				s.o.Log.Warn("how often a device speaks cannot be read and is learned anew", "device", device, "error", err)
				return nil
			}
			list = append(list, h)
			return nil
		})
	})
	return list, err
}
