package state

import (
	"fmt"
	"testing"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/sqlite"
)

// An older version kept the number in the notice only; what is damaged does not
// stop the others.
func TestAlertsOfAnIncident(t *testing.T) {
	const before = 7 // migrations
	path := newFile(t)
	db := get(sqlite.OpenWriter(path, sqlite.Options{Migrations: get(readMigrations())(t)[:before], Application: application}))(t)
	for id, n := range []string{`{"kind":"alert","text":"old","incident":{"id":5}}`, `{"kind":"alert","incident":null}`, `{"kind":`} {
		_, err := db.Exec("INSERT INTO alerts VALUES (?, 1, 'alert', 'r', '', 3, '', ?, 'telegram')", id+1, n)
		must(t, err)
	}
	must(t, db.Close())
	s := open(t, path)
	d := notices(3)
	d.Notices[0].Incident, d.Notices[1].Incident = &alert.Incident{ID: 5}, &alert.Incident{ID: 50}
	decide(t, s, d)
	for _, tt := range []struct {
		incident int64
		limit    int
		want     string
	}{{5, 10, "[PON deregister 1 old]"}, {5, 1, "[PON deregister 1]"}, {50, 10, "[PON deregister 2]"}, {6, 10, "[]"}, {0, 10, "[]"}} {
		texts := []string{}
		for _, a := range get(s.AlertsOf(t.Context(), tt.incident, tt.limit))(t) {
			texts = append(texts, a.Text)
		}
		if got := fmt.Sprint(texts); got != tt.want {
			t.Errorf("of incident %d, at most %d: %s, want %s", tt.incident, tt.limit, got, tt.want)
		}
	}
	if all := get(s.RecentAlerts(t.Context(), 10))(t); len(all) != 6 {
		t.Errorf("%d in all, want 6", len(all))
	}
}
