package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/alert"
)

// An Alert is one line of the list of alerts.
type Alert struct {
	ID int64
	alert.Notice

	Targets   []string // notifiers that it was for; empty = nobody was set up to be told
	Overtaken []string // of them, those where a later one of its incident took its place before it was sent
	Waiting   int      // notifiers that have not delivered it yet
	LastError string   // why, of the last attempt; "" if there was none
}

// Delivery says in words whether people were told.
func (a *Alert) Delivery() string {
	switch {
	case a.Kind == alert.KindNote:
		return "only listed"
	case len(a.Targets) == 0:
		return "not sent: nobody was set up to be told"
	case a.Waiting == 0 && len(a.Overtaken) == len(a.Targets):
		return overtakenText
	case a.Waiting == 0:
		return "sent"
	case a.LastError != "":
		return "waiting: " + a.LastError
	}
	return "waiting"
}

const overtakenText = "not sent: a later one of its incident took its place, and says it too"

// DeliveryTo says the same of one of the notifiers that it was for.
func (a *Alert) DeliveryTo(notifier string) string {
	if slices.Contains(a.Overtaken, notifier) {
		return overtakenText
	}
	return a.Delivery()
}

// overtakenMark stands behind the name of a notifier in the targets of an alert
// whose place another took in its outbox. No name holds it.
const overtakenMark = ">"

// overtake notes that an alert was not sent to a notifier, and will not be.
func overtake(tx *sql.Tx, id int64, notifier string) error {
	var text string
	err := tx.QueryRow("SELECT targets FROM alerts WHERE id = ?", id).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // the list holds newer ones only
	}
	if err != nil {
		return err
	}
	targets := strings.Fields(text)
	for i, name := range targets {
		if name == notifier {
			targets[i] += overtakenMark
		}
	}
	_, err = tx.Exec("UPDATE alerts SET targets = ? WHERE id = ?", strings.Join(targets, " "), id)
	return err
}

// RecentAlerts returns the newest alerts, newest first, at most limit.
func (s *State) RecentAlerts(ctx context.Context, limit int) ([]Alert, error) {
	return s.newestAlerts(ctx, "TRUE", 0, limit)
}

// AlertsOf returns the newest alerts of an incident, newest first, at most limit.
func (s *State) AlertsOf(ctx context.Context, incident int64, limit int) ([]Alert, error) {
	return s.newestAlerts(ctx, "incident > 0 AND incident = ?1", incident, limit)
}

// newestAlerts returns those for which where holds, of which ?1 is value.
func (s *State) newestAlerts(ctx context.Context, where string, value int64, limit int) ([]Alert, error) {
	var list []Alert
	err := s.read("reading alerts", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, `SELECT id, notice, targets, (SELECT count(*) FROM outbox WHERE alert = alerts.id),
			coalesce((SELECT last_error FROM outbox WHERE alert = alerts.id AND last_error <> ''), '')
			FROM alerts WHERE `+where+` ORDER BY id DESC LIMIT ?2`, value, limit)
		return each(rows, err, func(rows *sql.Rows) error {
			var a Alert
			var text, targets string
			if err := rows.Scan(&a.ID, &text, &targets, &a.Waiting, &a.LastError); err != nil {
				return err
			}
			for _, name := range strings.Fields(targets) {
				name, overtaken := strings.CutSuffix(name, overtakenMark)
				if a.Targets = append(a.Targets, name); overtaken {
					a.Overtaken = append(a.Overtaken, name)
				}
			}
			if err := json.Unmarshal([]byte(text), &a.Notice); err != nil {
				a.Notice = alert.Notice{Kind: alert.KindAlert, Rule: "unreadable alert", Text: err.Error(), Count: 1}
			}
			list = append(list, a)
			return nil
		})
	})
	return list, err
}

// NewestAlert returns when the newest alert or note of these rules was made, in
// µs since 1970 UTC; 0 = never, or so long ago that it is forgotten.
func (s *State) NewestAlert(ctx context.Context, rules ...string) (at int64, err error) {
	err = s.read("reading alerts", func(db *sql.DB) error {
		for _, rule := range rules {
			var one int64
			if err := db.QueryRowContext(ctx, "SELECT coalesce(max(at), 0) FROM alerts WHERE rule = ?", rule).Scan(&one); err != nil {
				return err
			}
			at = max(at, one)
		}
		return nil
	})
	return at, err
}

// Tally returns how many alerts there were at since, in µs since 1970 UTC, or
// later, and how many incidents are open.
func (s *State) Tally(ctx context.Context, since int64) (alerts, open int64, err error) {
	err = s.read("counting alerts", func(db *sql.DB) error {
		return db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM alerts WHERE at >= ? AND kind <> 'note'),
			(SELECT count(*) FROM incidents WHERE state = 'open')`, since).Scan(&alerts, &open)
	})
	return alerts, open, err
}

// trimAlerts keeps the list of alerts within [Options.MaxAlerts].
func (s *State) trimAlerts(tx *sql.Tx) error {
	_, err := tx.Exec("DELETE FROM alerts WHERE id <= (SELECT max(id) FROM alerts) - ?", s.o.MaxAlerts)
	return err
}
