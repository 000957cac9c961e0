package state

import (
	"context"
	"database/sql"
)

// A Session is that of somebody who has signed in to the console. Times are µs
// since 1970 UTC.
type Session struct {
	Key       [32]byte // SHA-256 of what the browser keeps
	User      string
	Version   string // of the password
	CreatedAt int64
	UsedAt    int64
	Address   string
}

// maxSessions bounds what Sessions returns: the console keeps no more.
const maxSessions = 1000

// Sessions returns the sessions, those used last first.
func (s *State) Sessions(ctx context.Context) ([]Session, error) {
	var list []Session
	err := s.read("reading sessions of the console", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT token, user, version, created_at, used_at, address FROM sessions ORDER BY used_at DESC LIMIT ?", maxSessions)
		return each(rows, err, func(rows *sql.Rows) error {
			var v Session
			var key []byte
			err := rows.Scan(&key, &v.User, &v.Version, &v.CreatedAt, &v.UsedAt, &v.Address)
			if err == nil && copy(v.Key[:], key) == len(v.Key) {
				list = append(list, v)
			}
			return err
		})
	})
	return list, err
}

// SaveSession keeps a session, or that it was used.
func (s *State) SaveSession(ctx context.Context, v Session) error {
	return s.write(ctx, "keeping a session of the console", func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO sessions (token, user, version, created_at, used_at, address) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (token) DO UPDATE SET used_at = excluded.used_at`, v.Key[:], v.User, v.Version, v.CreatedAt, v.UsedAt, v.Address)
		return err
	})
}

// EndSessions forgets sessions; those that are not there are no error.
func (s *State) EndSessions(ctx context.Context, keys [][32]byte) error {
	return s.write(ctx, "ending sessions of the console", func(tx *sql.Tx) error {
		for _, key := range keys {
			if _, err := tx.Exec("DELETE FROM sessions WHERE token = ?", key[:]); err != nil {
				return err
			}
		}
		return nil
	})
}
