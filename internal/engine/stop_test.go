package engine

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/store"
)

// Where storing has to be given up, what was received is stored or counted as
// dropped, in the ledger too, and the list of alerts says so.
func TestWhatIsGivenUpIsCountedAndTold(t *testing.T) {
	cfg := testConfig(t, "")
	// Files of a newer version under all the names of today.
	steps := make([]string, 99)
	for i := range steps {
		steps[i] = "SELECT 1"
	}
	day := store.DayOf(time.Now().UnixMicro(), cfg.Location())
	for part := range 10 {
		db, err := sqlite.OpenWriter(filepath.Join(cfg.DataDirectory(), store.FileName(day, part)),
			sqlite.Options{Migrations: steps, Application: 0x4c6f6762})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, cfg)
	c, err := net.Dial("udp", s.e.Listeners()[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(60 * time.Second); s.e.store.Stats().Dropped == 0; {
		<-tick.C
		_, _ = c.Write([]byte("<13>a message")) // refused once the server has ended
		if time.Now().After(deadline) {
			t.Fatal("the store has not given up after a minute")
		}
	}
	for range 100 {
		<-tick.C
		_, _ = c.Write([]byte("<13>one more"))
	}
	if err := s.stop(); err == nil {
		t.Error("the server ended without an error")
	}
	for name, a := range s.e.accounts() {
		if a.received != a.stored+a.sum() {
			t.Errorf("%s: received %d, stored %d, dropped %d: %d are gone", name, a.received, a.stored, a.sum(), a.received-a.stored-a.sum())
		}
	}
	st, err := state.OpenReader(filepath.Join(cfg.DataDirectory(), state.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	rows, err := st.Ledger(t.Context(), 0, 1<<62)
	if err != nil {
		t.Fatal(err)
	}
	var kept int64
	for _, r := range rows {
		kept += r.Dropped["disk"]
	}
	if want := s.e.accounts()[s.e.collector.Listeners()[0].Name].dropped["disk"]; kept != want || kept == 0 {
		t.Errorf("the ledger has %d messages dropped for the disk, want %d", kept, want)
	}
	alerts, err := st.RecentAlerts(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, a := range alerts {
		said = append(said, a.Rule)
	}
	for _, want := range []string{"Logboom: messages lost on udp", "Logboom: stopped"} {
		if !strings.Contains(strings.Join(said, "; "), want) {
			t.Errorf("nobody is told of %q, only of %q", want, said)
		}
	}
}
