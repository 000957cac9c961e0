package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// maxDelay is the longest that a note may be put off. One that is to wait
// longer was put off before the clock was set back, and is due.
const maxDelay = 25 * time.Hour

// Due returns the notes of a notifier that are not delivered yet and may be
// tried now, oldest first, at most limit. None is taken out: [State.Sent] does
// that. A note that stands for many is not changed anymore once it was returned.
func (s *State) Due(ctx context.Context, notifier string, now time.Time, limit int) ([]alert.Note, error) {
	var notes []alert.Note
	var growing []int // places in notes
	err := s.read("reading the outbox", func(db *sql.DB) error {
		at := now.UnixMicro()
		rows, err := db.QueryContext(ctx, `SELECT id, folded, notice, created_at, next_at, attempts, last_error FROM outbox
			WHERE notifier = ? AND (next_at <= ? OR next_at > ?) ORDER BY id LIMIT ?`, notifier, at, at+maxDelay.Microseconds(), limit)
		return each(rows, err, func(rows *sql.Rows) error {
			n := alert.Note{Notifier: notifier}
			var folded bool
			var text string
			if err := rows.Scan(&n.ID, &folded, &text, &n.CreatedAt, &n.NextAt, &n.Attempts, &n.LastError); err != nil {
				return err
			}
			s.readNotice(&n, text)
			if folded {
				growing = append(growing, len(notes))
			}
			notes = append(notes, n)
			return nil
		})
	})
	if err != nil || len(growing) == 0 {
		return notes, err
	}
	err = s.write(ctx, "reading the outbox", func(tx *sql.Tx) error {
		for _, i := range growing {
			var text string // more may have been added since it was read
			if err := tx.QueryRow("UPDATE outbox SET folded = 0 WHERE id = ? RETURNING notice", notes[i].ID).Scan(&text); err != nil {
				return err
			}
			s.readNotice(&notes[i], text)
		}
		return nil
	})
	return notes, err
}

// readNotice fills in the notice. One that cannot be read is told as such: that
// there was an alert must not be lost.
func (s *State) readNotice(n *alert.Note, text string) {
	err := json.Unmarshal([]byte(text), &n.Notice)
	if err == nil {
		return
	}
	s.o.Log.Error("a note cannot be read", "id", n.ID, "error", err)
	n.Notice = alert.Notice{
		Kind: alert.KindAlert, Rule: "unreadable note", At: n.CreatedAt, Count: 1,
		Text: fmt.Sprintf("note %d of the outbox is damaged; what it said is lost", n.ID),
	}
}

// Sent takes delivered notes out of the outbox and counts them.
func (s *State) Sent(ctx context.Context, ids []int64, now time.Time) error {
	list, err := json.Marshal(ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.write(ctx, "recording what was delivered", func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO delivered (notifier, notes, folded, last_at)
			SELECT notifier, count(*), 0, ? FROM outbox WHERE id IN (SELECT value FROM json_each(?)) GROUP BY notifier
			ON CONFLICT DO UPDATE SET notes = notes + excluded.notes, last_at = excluded.last_at`, now.UnixMicro(), string(list)); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?))", string(list))
		return err
	})
}

// Later puts notes off until next after an attempt that did not deliver them,
// and says why.
func (s *State) Later(ctx context.Context, ids []int64, next time.Time, why string) error {
	list, err := json.Marshal(ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.write(ctx, "putting notes off", func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE outbox SET attempts = attempts + 1, next_at = ?, last_error = ? WHERE id IN (SELECT value FROM json_each(?))",
			next.UnixMicro(), why, string(list))
		return err
	})
}

// Pending returns how many notes of each notifier wait to be delivered.
func (s *State) Pending(ctx context.Context) (map[string]int, error) {
	var pending map[string]int
	err := s.read("counting the outbox", func(db *sql.DB) (err error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		pending, err = pendingByNotifier(tx)
		return err
	})
	return pending, err
}

func pendingByNotifier(tx *sql.Tx) (map[string]int, error) {
	pending := map[string]int{}
	rows, err := tx.Query("SELECT notifier, count(*) FROM outbox GROUP BY notifier")
	err = each(rows, err, func(rows *sql.Rows) error {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return err
		}
		pending[name] = n
		return nil
	})
	return pending, err
}

// Delivered is what became of the notes of one notifier since the file was made.
type Delivered struct {
	Notes  int64 // delivered
	Folded int64 // told as a number only, because too many were waiting
	LastAt int64 // newest delivery, µs since 1970 UTC; 0 = none
}

// Delivered returns the totals of each notifier.
func (s *State) Delivered(ctx context.Context) (map[string]Delivered, error) {
	totals := map[string]Delivered{}
	err := s.read("reading the totals of deliveries", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT notifier, notes, folded, last_at FROM delivered")
		return each(rows, err, func(rows *sql.Rows) error {
			var name string
			var d Delivered
			if err := rows.Scan(&name, &d.Notes, &d.Folded, &d.LastAt); err != nil {
				return err
			}
			totals[name] = d
			return nil
		})
	})
	return totals, err
}
