package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/logboom/logboom/internal/alert"
)

// Decide stores in one transaction what the alert engine made of some messages:
// its notices, in the list of alerts and as notes to each notifier; the
// troubles and incidents that changed or ended; and positions, the id of the last message it
// has seen of each day, as the checkpoint of follower. All of it is stored or,
// after an error, nothing.
func (s *State) Decide(ctx context.Context, follower string, positions map[int]int64, d alert.Decisions) error {
	return s.write(ctx, "saving what was decided", func(tx *sql.Tx) error {
		if err := s.addNotices(tx, d.Notices); err != nil {
			return err
		}
		for _, st := range d.States {
			b, err := json.Marshal(st)
			if err != nil {
				return fmt.Errorf("state of rule %q: %w", st.Rule, err)
			}
			if _, err := tx.Exec(`INSERT INTO troubles (rule, device, object, last_at, state) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET last_at = excluded.last_at, state = excluded.state`, st.Rule, addressText(st.Device), st.Object, st.LastAt, string(b)); err != nil {
				return err
			}
		}
		for _, k := range d.Gone {
			if _, err := tx.Exec("DELETE FROM troubles WHERE rule = ? AND device = ? AND object = ?", k.Rule, addressText(k.Device), k.Object); err != nil {
				return err
			}
		}
		if err := s.saveIncidents(tx, d.Incidents); err != nil {
			return err
		}
		if err := saveVendors(tx, d.Vendors); err != nil {
			return err
		}
		return savePositions(tx, follower, positions)
	})
}

// addNotices puts notices into the list of alerts and into the outbox.
func (s *State) addNotices(tx *sql.Tx, notices []alert.Notice) error {
	if len(notices) == 0 {
		return nil
	}
	now := s.o.Now().UnixMicro()
	pending, err := pendingByNotifier(tx)
	if err != nil {
		return err
	}
	folded := map[string][]alert.Notice{}
	for _, n := range notices {
		b, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("notice of rule %q: %w", n.Rule, err)
		}
		targets, err := s.targets(tx, n)
		if err != nil {
			return err
		}
		var incident int64
		if n.Incident != nil {
			incident = n.Incident.ID
		}
		r, err := tx.Exec("INSERT INTO alerts (at, kind, rule, device, severity, text, notice, targets, incident) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			n.At, string(n.Kind), n.Rule, addressText(n.Device), n.Severity, n.Text, string(b), strings.Join(targets, " "), incident)
		if err != nil {
			return err
		}
		id, err := r.LastInsertId()
		if err != nil {
			return err
		}
		for _, name := range targets {
			w, err := takePlace(tx, name, n)
			if err != nil {
				return err
			}
			if !w.replaced && pending[name] >= s.o.MaxPending {
				folded[name] = append(folded[name], n)
				continue
			}
			if !w.replaced {
				pending[name]++
				w.createdAt, w.notice = now, b
			}
			if _, err := tx.Exec(`INSERT INTO outbox (notifier, alert, folded, notice, created_at, next_at, attempts, last_error, incident)
				VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?)`, name, id, string(w.notice), w.createdAt, w.nextAt, w.attempts, w.lastError, incidentOf(n)); err != nil {
				return err
			}
		}
	}
	for name, list := range folded {
		if err := s.fold(tx, name, list, now); err != nil {
			return err
		}
	}
	return s.trimAlerts(tx)
}

// foldedRule is the name under which a note stands for many.
const foldedRule = "more alerts"

// fold counts notices in the note of a notifier that stands for many, because
// its outbox is full. They are in the list of alerts one by one.
func (s *State) fold(tx *sql.Tx, notifier string, list []alert.Notice, now int64) error {
	var id int64
	var text string
	note := alert.Notice{Kind: alert.KindMore, Rule: foldedRule, Severity: 7}
	err := tx.QueryRow("SELECT id, notice FROM outbox WHERE notifier = ? AND folded = 1", notifier).Scan(&id, &text)
	switch err {
	case nil:
		if err := json.Unmarshal([]byte(text), &note); err != nil {
			return fmt.Errorf("note %d of the outbox: %w", id, err)
		}
	case sql.ErrNoRows:
	default:
		return err
	}
	for _, n := range list {
		note.Count += max(1, n.Count)
		note.Severity = min(note.Severity, n.Severity)
		note.At, note.Position = n.At, n.Position
	}
	note.More = note.Count
	note.Text = fmt.Sprintf("%d more alerts, not told one by one because more than %d were waiting; see the list of alerts", note.Count, s.o.MaxPending)
	b, err := json.Marshal(note)
	if err != nil {
		return err
	}
	if id != 0 {
		_, err = tx.Exec("UPDATE outbox SET notice = ? WHERE id = ?", string(b), id)
	} else {
		_, err = tx.Exec(`INSERT INTO outbox (notifier, alert, folded, notice, created_at, next_at, attempts, last_error)
			VALUES (?, NULL, 1, ?, ?, 0, 0, '')`, notifier, string(b), now)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO delivered (notifier, notes, folded, last_at) VALUES (?, 0, ?, 0)
		ON CONFLICT DO UPDATE SET folded = folded + excluded.folded`, notifier, len(list))
	return err
}

// AlertStates returns the troubles that are going on. One that cannot be read
// is left out, and told in the log.
func (s *State) AlertStates(ctx context.Context) ([]alert.State, error) {
	var list []alert.State
	err := s.read("reading troubles", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT rule, state FROM troubles ORDER BY last_at, rule, device, object")
		return each(rows, err, func(rows *sql.Rows) error {
			var rule, text string
			if err := rows.Scan(&rule, &text); err != nil {
				return err
			}
			var st alert.State
			if err := json.Unmarshal([]byte(text), &st); err != nil {
				s.o.Log.Warn("a trouble cannot be read and is forgotten", "rule", rule, "error", err)
				return nil
			}
			list = append(list, st)
			return nil
		})
	})
	return list, err
}
