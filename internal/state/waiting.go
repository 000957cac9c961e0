package state

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/logboom/logboom/internal/alert"
)

// A waiting is what is known of a note that waited and whose place another
// takes.
type waiting struct {
	replaced  bool
	notice    []byte
	createdAt int64
	nextAt    int64
	attempts  int
	lastError string
}

func incidentOf(n alert.Notice) int64 {
	if n.Incident == nil {
		return 0
	}
	return n.Incident.ID
}

// takePlace takes the note out of the outbox that waits to tell of the same
// incident, as n says what it said, and more. It gets a new number, so that one
// that is on its way just now does not take the new one out with it.
func takePlace(tx *sql.Tx, notifier string, n alert.Notice) (w waiting, err error) {
	id := incidentOf(n)
	if id == 0 {
		return w, nil
	}
	var text string
	var alertID sql.NullInt64
	// "<> 0" lets SQLite use the index, which has only such rows.
	err = tx.QueryRow(`DELETE FROM outbox WHERE incident = ? AND incident <> 0 AND notifier = ? AND folded = 0
		RETURNING alert, notice, created_at, next_at, attempts, last_error`, id, notifier).Scan(&alertID, &text, &w.createdAt, &w.nextAt, &w.attempts, &w.lastError)
	if errors.Is(err, sql.ErrNoRows) {
		return w, nil
	}
	if err != nil {
		return w, err
	}
	w.replaced = true
	if err := overtake(tx, alertID.Int64, notifier); err != nil {
		return w, err
	}
	var old alert.Notice
	if json.Unmarshal([]byte(text), &old) == nil && old.Kind == alert.KindAlert {
		// They were not told yet that it began.
		n.Kind, n.Severity = alert.KindAlert, min(n.Severity, old.Severity)
		n.Count = max(n.Count, old.Count)
	}
	if w.notice, err = json.Marshal(n); err != nil {
		return w, fmt.Errorf("notice of rule %q: %w", n.Rule, err)
	}
	return w, nil
}
