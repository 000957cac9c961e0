package state

import (
	"context"
	"database/sql"
	"net/netip"
	"slices"
)

// A Device is a sender of messages, as it was seen.
type Device struct {
	Address  netip.Addr
	Hostname string // as it last called itself; "" if it never did
	FirstAt  int64  // first message, our clock, µs since 1970 UTC
	LastAt   int64  // newest message, likewise
	Messages int64  // since FirstAt; 0 = not counted
}

// SaveDevices stores devices over what is known of them: Hostname is replaced
// unless it is empty, FirstAt only becomes earlier, LastAt only later and
// Messages only more. Beyond [Options.MaxDevices], those that were silent longest are
// forgotten.
func (s *State) SaveDevices(ctx context.Context, devices []Device) error {
	if len(devices) == 0 {
		return nil
	}
	return s.write(ctx, "saving devices", func(tx *sql.Tx) error {
		insert, err := tx.Prepare(`INSERT INTO devices (address, hostname, first_at, last_at, messages) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET hostname = CASE excluded.hostname WHEN '' THEN hostname ELSE excluded.hostname END,
			first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at), messages = max(messages, excluded.messages)`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, d := range devices {
			if _, err := insert.Exec(addressText(d.Address), d.Hostname, d.FirstAt, d.LastAt, d.Messages); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`DELETE FROM devices WHERE (SELECT count(*) FROM devices) > ?1
			AND address IN (SELECT address FROM devices ORDER BY last_at DESC LIMIT -1 OFFSET ?1)`, s.o.MaxDevices)
		return err
	})
}

// Devices returns all devices in the order of their addresses.
func (s *State) Devices(ctx context.Context) ([]Device, error) {
	var list []Device
	err := s.read("reading devices", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT address, hostname, first_at, last_at, messages FROM devices")
		return each(rows, err, func(rows *sql.Rows) error {
			var d Device
			var address string
			if err := rows.Scan(&address, &d.Hostname, &d.FirstAt, &d.LastAt, &d.Messages); err != nil {
				return err
			}
			if d.Address = readAddress(address); d.Address.IsValid() {
				list = append(list, d)
			}
			return nil
		})
	})
	slices.SortFunc(list, func(a, b Device) int { return a.Address.Compare(b.Address) })
	return list, err
}

// addressText writes an address for a column; "" if there is none.
func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// readAddress reads what addressText writes; the zero Addr for anything else.
func readAddress(text string) netip.Addr {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a
}
