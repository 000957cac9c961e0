package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// maxIncidents bounds the incidents that are kept; the oldest that are over go
// first.
const maxIncidents = 100_000

// maxNote is the longest note that people may write on an incident, in bytes.
const maxNote = 4096

// ErrNoIncident is returned for a number that no incident has, or none anymore.
var ErrNoIncident = errors.New("there is no such incident")

// An Incident is what the alert engine says of it and what people did about it.
type Incident struct {
	alert.Incident

	AckedAt    int64  `json:"acked_at,omitempty"`    // µs since 1970 UTC; 0 = nobody has taken it on
	AckedBy    string `json:"acked_by,omitempty"`    // who did
	MutedUntil int64  `json:"muted_until,omitempty"` // people are not told of it; 0 = they are
	Note       string `json:"note,omitempty"`        // what people wrote
}

// IncidentFilter says which incidents are asked for.
type IncidentFilter struct {
	Open   bool       // only those that are not over
	Device netip.Addr // only of this device; the zero Addr = of all
	Before int64      // only those with a lower number; 0 = from the newest
	Limit  int        // at most so many; 0 = 100
}

// Incidents returns incidents, newest first.
func (s *State) Incidents(ctx context.Context, f IncidentFilter) ([]Incident, error) {
	query := `SELECT incidents.incident, coalesce(acked_at, 0), coalesce(acked_by, ''), coalesce(muted_until, 0), coalesce(note, '')
		FROM incidents LEFT JOIN handled ON handled.incident = incidents.id WHERE 1`
	var args []any
	if f.Open {
		query += " AND state = 'open'"
	}
	if f.Device.IsValid() {
		query, args = query+" AND device = ?", append(args, addressText(f.Device))
	}
	if f.Before > 0 {
		query, args = query+" AND id < ?", append(args, f.Before)
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	var list []Incident
	err := s.read("reading incidents", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, f.Limit)...)
		return each(rows, err, func(rows *sql.Rows) error {
			i, err := scanIncident(rows.Scan)
			if err == nil {
				list = append(list, i)
			}
			return err
		})
	})
	return list, err
}

// Incident returns one incident; the error is [ErrNoIncident] if there is none.
func (s *State) Incident(ctx context.Context, id int64) (i Incident, err error) {
	err = s.read("reading an incident", func(db *sql.DB) (err error) {
		i, err = scanIncident(db.QueryRowContext(ctx, `SELECT incidents.incident, coalesce(acked_at, 0), coalesce(acked_by, ''), coalesce(muted_until, 0), coalesce(note, '')
			FROM incidents LEFT JOIN handled ON handled.incident = incidents.id WHERE id = ?`, id).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			err = fmt.Errorf("incident %d: %w", id, ErrNoIncident)
		}
		return err
	})
	return i, err
}

func scanIncident(scan func(...any) error) (i Incident, err error) {
	var text string
	if err := scan(&text, &i.AckedAt, &i.AckedBy, &i.MutedUntil, &i.Note); err != nil {
		return i, err
	}
	if err := json.Unmarshal([]byte(text), &i.Incident); err != nil {
		i.Incident = alert.Incident{Rule: "unreadable incident", Text: err.Error(), State: alert.IncidentExpired}
	}
	return i, nil
}

// RuleCount is how many incidents a rule has.
type RuleCount struct {
	Open  int // not over
	Since int // begun since a time
}

// RuleCounts counts the incidents by rule, those since a time among the newest
// 20,000.
func (s *State) RuleCounts(ctx context.Context, since time.Time) (map[string]RuleCount, error) {
	counts := map[string]RuleCount{}
	count := func(db *sql.DB, add func(*RuleCount, int), query string, args ...any) error {
		rows, err := db.QueryContext(ctx, query, args...)
		return each(rows, err, func(rows *sql.Rows) error {
			var rule string
			var n int
			err := rows.Scan(&rule, &n)
			c := counts[rule]
			add(&c, n)
			counts[rule] = c
			return err
		})
	}
	err := s.read("counting incidents", func(db *sql.DB) error {
		return errors.Join(
			count(db, func(c *RuleCount, n int) { c.Open = n }, "SELECT rule, count(*) FROM incidents WHERE state = 'open' GROUP BY rule"),
			count(db, func(c *RuleCount, n int) { c.Since = n },
				"SELECT rule, count(*) FROM (SELECT rule, opened_at FROM incidents ORDER BY id DESC LIMIT 20000) WHERE opened_at >= ? GROUP BY rule", since.UnixMicro()))
	})
	return counts, err
}

// NewestIncident returns the highest number that an incident has had; 0 = none.
func (s *State) NewestIncident(ctx context.Context) (id int64, err error) {
	err = s.read("reading incidents", func(db *sql.DB) error {
		return db.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM incidents").Scan(&id)
	})
	return id, err
}

// Handling is what somebody does about an incident; what is nil stays.
type Handling struct {
	Ack        *bool      // takes it on, or gives it back
	By         string     // who does
	MutedUntil *time.Time // people are not told of it until then; the zero time = they are
	Note       *string    // at most 4096 bytes
}

// Handle keeps what somebody does about an incident. The error is
// [ErrNoIncident] if there is none.
func (s *State) Handle(ctx context.Context, id int64, h Handling) error {
	now := s.o.Now().UnixMicro()
	return s.write(ctx, "keeping what was done about an incident", func(tx *sql.Tx) error {
		var there bool
		if err := tx.QueryRow("SELECT EXISTS (SELECT 1 FROM incidents WHERE id = ?)", id).Scan(&there); err != nil {
			return err
		}
		if !there {
			return fmt.Errorf("incident %d: %w", id, ErrNoIncident)
		}
		if _, err := tx.Exec("INSERT INTO handled VALUES (?, 0, '', 0, '') ON CONFLICT DO NOTHING", id); err != nil {
			return err
		}
		if h.Ack != nil {
			at, by := now, h.By
			if !*h.Ack {
				at, by = 0, ""
			}
			if _, err := tx.Exec("UPDATE handled SET acked_at = ?, acked_by = ? WHERE incident = ?", at, by, id); err != nil {
				return err
			}
		}
		if h.MutedUntil != nil {
			var until int64
			if !h.MutedUntil.IsZero() {
				until = h.MutedUntil.UnixMicro()
			}
			if _, err := tx.Exec("UPDATE handled SET muted_until = ? WHERE incident = ?", until, id); err != nil {
				return err
			}
		}
		if h.Note != nil {
			if _, err := tx.Exec("UPDATE handled SET note = ? WHERE incident = ?", (*h.Note)[:min(len(*h.Note), maxNote)], id); err != nil {
				return err
			}
		}
		return nil
	})
}

// saveIncidents stores incidents as they are now.
func (s *State) saveIncidents(tx *sql.Tx, list []alert.Incident) error {
	if len(list) == 0 {
		return nil
	}
	put, err := tx.Prepare(`INSERT INTO incidents (id, state, rule, device, object, severity, opened_at, updated_at, cleared_at, incident) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET state = excluded.state, severity = excluded.severity, object = excluded.object, updated_at = excluded.updated_at,
			cleared_at = excluded.cleared_at, incident = excluded.incident`)
	if err != nil {
		return err
	}
	defer put.Close()
	for i := range list {
		n := &list[i]
		b, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("incident %d: %w", n.ID, err)
		}
		if _, err := put.Exec(n.ID, string(n.State), n.Rule, addressText(n.Device), n.Object, n.Severity, n.OpenedAt, n.UpdatedAt, n.ClearedAt, string(b)); err != nil {
			return err
		}
	}
	// The newest stays: the numbers go on from it.
	_, err = tx.Exec("DELETE FROM incidents WHERE state <> 'open' AND id <= (SELECT max(id) FROM incidents) - ?", maxIncidents)
	if err == nil {
		_, err = tx.Exec("DELETE FROM handled WHERE incident < (SELECT min(id) FROM incidents)")
	}
	if err == nil {
		_, err = tx.Exec("DELETE FROM messages WHERE incident < (SELECT min(id) FROM incidents)")
	}
	return err
}

func saveVendors(tx *sql.Tx, vendors map[netip.Addr]string) error {
	for a, vendor := range vendors {
		var err error
		if vendor == "" {
			_, err = tx.Exec("DELETE FROM vendors WHERE device = ?", addressText(a))
		} else {
			_, err = tx.Exec("INSERT INTO vendors VALUES (?, ?) ON CONFLICT DO UPDATE SET vendor = excluded.vendor", addressText(a), vendor)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Vendors returns whose equipment devices have shown to be: names of packs.
func (s *State) Vendors(ctx context.Context) (map[netip.Addr]string, error) {
	all := map[netip.Addr]string{}
	err := s.read("reading vendors", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT device, vendor FROM vendors")
		return each(rows, err, func(rows *sql.Rows) error {
			var address, vendor string
			if err := rows.Scan(&address, &vendor); err != nil {
				return err
			}
			if a, err := netip.ParseAddr(address); err == nil {
				all[a] = vendor
			}
			return nil
		})
	})
	return all, err
}

// A Told is a message in which a notifier told people of an incident.
type Told struct {
	Message string // its number in its place, as of a chat
	Alarm   int    // [alert.Incident.Alarms] when it was sent
}

// Told returns the newest message in which a notifier told people of an
// incident at a place; ok is false if there is none.
func (s *State) Told(ctx context.Context, notifier string, incident int64, place string) (t Told, ok bool, err error) {
	err = s.read("reading what people were told", func(db *sql.DB) error {
		err := db.QueryRowContext(ctx, "SELECT message, alarm FROM messages WHERE notifier = ? AND incident = ? AND place = ?", notifier, incident, place).
			Scan(&t.Message, &t.Alarm)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	return t, ok, err
}

// SetTold keeps the message in which a notifier told people of an incident.
func (s *State) SetTold(ctx context.Context, notifier string, incident int64, place string, t Told) error {
	return s.write(ctx, "keeping what people were told", func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO messages (notifier, incident, place, message, alarm, at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET message = excluded.message, alarm = excluded.alarm, at = excluded.at`,
			notifier, incident, place, t.Message, t.Alarm, s.o.Now().UnixMicro())
		return err
	})
}

// IncidentTold returns the incident that a message at a place told of; 0 if it
// is not known.
func (s *State) IncidentTold(ctx context.Context, notifier, place, message string) (incident int64, err error) {
	err = s.read("reading what people were told", func(db *sql.DB) error {
		err := db.QueryRowContext(ctx, "SELECT incident FROM messages WHERE notifier = ? AND place = ? AND message = ?", notifier, place, message).Scan(&incident)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return incident, err
}
