package engine

import (
	"log/slog"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/syslog"
)

// What storing takes is what the next storing waits for, when there is something
// to store.
func TestStoringDecisionsIsTimed(t *testing.T) {
	set, err := alert.NewSet(alert.Options{Keywords: []string{"link down"}})
	if err != nil {
		t.Fatal(err)
	}
	st, err := state.Open(state.Options{Path: filepath.Join(t.TempDir(), state.FileName)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w := newWatcher(watcherOptions{engine: alert.NewEngine(set), state: st, census: newCensus(st, nil, newNewcomers(false), slog.New(slog.DiscardHandler)), wake: func() {}})
	for _, raw := range []string{"port 7: link down", ""} {
		w.positions = map[int]int64{}
		if raw != "" {
			r := &syslog.Record{Source: netip.MustParseAddr("192.0.2.1"), ReceivedAt: time.Now().UnixMicro()}
			r.Raw = []byte(raw)
			w.engine.Observe(r)
		}
		begun := time.Now()
		if err := w.keep(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if w.stored.Before(begun) || (w.took > 0) != (raw != "") || w.took > time.Since(begun) {
			t.Errorf("after %q: stored %v after the beginning, took %v", raw, w.stored.Sub(begun), w.took)
		}
		if n := w.engine.Pending(); n != 0 {
			t.Errorf("after %q: %d notices are left", raw, n)
		}
	}
	if rows, err := st.Incidents(t.Context(), state.IncidentFilter{Open: true, Limit: 10}); len(rows) != 1 || err != nil {
		t.Errorf("%d incidents are stored, want 1: %v", len(rows), err)
	}
}

// In a storm, storing what was decided takes no more than a tenth of the time, as
// long as that leaves nobody waiting for more than a second.
func TestDecisionsRestInProportionToWhatStoringThemTook(t *testing.T) {
	set, err := alert.NewSet(alert.Options{Keywords: []string{"link down"}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 6, 13, 10, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		told bool          // there is something that people are to be told
		took time.Duration // to store the last decisions
		ago  time.Duration // since then
		want time.Duration
	}{
		"nobody is told anything":            {false, time.Millisecond, 200 * time.Millisecond, 800 * time.Millisecond},
		"nobody, for a second":               {false, time.Millisecond, time.Second, 0},
		"somebody, first thing":              {true, 0, 0, 0},
		"somebody, on a quiet day":           {true, 2 * time.Millisecond, 5 * time.Millisecond, 15 * time.Millisecond},
		"somebody, when it has rested":       {true, 2 * time.Millisecond, 30 * time.Millisecond, -10 * time.Millisecond},
		"somebody, in a storm":               {true, 60 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond},
		"somebody, on a disk that hardly is": {true, time.Minute, 100 * time.Millisecond, 900 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatcher(watcherOptions{engine: alert.NewEngine(set)})
			if tt.told {
				r := &syslog.Record{Source: netip.MustParseAddr("192.0.2.1"), ReceivedAt: now.UnixMicro()}
				r.Raw = []byte("port 7: link down")
				w.engine.Observe(r)
			}
			w.stored, w.took = now.Add(-tt.ago), tt.took
			if got := w.rest(now); got != tt.want {
				t.Errorf("rest is %v, want %v", got, tt.want)
			}
		})
	}
}
