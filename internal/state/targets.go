package state

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/alert"
)

// targets returns the notifiers that n is for and that there are.
func (s *State) targets(tx *sql.Tx, n alert.Notice) ([]string, error) {
	names := n.Notify
	switch {
	case n.Kind == alert.KindNote:
		return nil, nil // it is listed only
	case s.o.Targets != nil:
		names = s.o.Targets(n)
	case len(names) == 0:
		names = s.notifiers()
	}
	if id := incidentOf(n); id != 0 && n.Kind != alert.KindAlert {
		told, err := toldOf(tx, id)
		if err != nil {
			return nil, err
		}
		names = append(slices.Clone(names), told...)
	}
	var there []string
	for _, name := range names {
		if slices.Contains(s.notifiers(), name) && !slices.Contains(there, name) {
			there = append(there, name)
		}
	}
	return there, nil
}

// notifiers returns the names of those that deliver notes now.
func (s *State) notifiers() []string {
	if names := s.names.Load(); names != nil {
		return *names
	}
	return s.o.Notifiers
}

// SetNotifiers says that others deliver notes from now on. What waits for one
// that there is no more stays, and is delivered when there is one of its name
// again; a part of one, such as a chat, leaves its notes to the whole.
func (s *State) SetNotifiers(names []string) error {
	s.names.Store(&names)
	return s.adopt()
}

// toldOf returns the notifiers that were told of an incident, or will be.
func toldOf(tx *sql.Tx, incident int64) (names []string, err error) {
	rows, err := tx.Query("SELECT notifier FROM messages WHERE incident = ? UNION SELECT notifier FROM outbox WHERE incident = ? AND incident <> 0", incident, incident)
	err = each(rows, err, func(rows *sql.Rows) error {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		names = append(names, name)
		return nil
	})
	return names, err
}

// adopt gives the notes of parts of a notifier, such as "telegram:-100123", that
// there are no more to the notifier itself: they are to be told.
func (s *State) adopt() error {
	var gone []string
	err := s.read("looking at the outbox", func(db *sql.DB) error {
		rows, err := db.Query("SELECT DISTINCT notifier FROM outbox")
		return each(rows, err, func(rows *sql.Rows) error {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			if whole, _, part := strings.Cut(name, ":"); part && !slices.Contains(s.notifiers(), name) && slices.Contains(s.notifiers(), whole) {
				gone = append(gone, name)
			}
			return nil
		})
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	return s.write(context.Background(), "giving notes to another chat", func(tx *sql.Tx) error {
		for _, name := range gone {
			whole, _, _ := strings.Cut(name, ":")
			if _, err := tx.Exec("UPDATE outbox SET notifier = ? WHERE notifier = ?", whole, name); err != nil {
				return err
			}
		}
		return nil
	})
}
