package engine

import (
	"net/netip"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/syslog"
)

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
