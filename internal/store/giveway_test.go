package store

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// Where storing never catches up each window waits for a second. That is no
// reason to read shorter ones, of which there would be thousands.
func TestASearchEndsWhileStoringIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		const rows = 300
		for i := range rows {
			l.receive(20260613, note("10.0.0.1", midday, fmt.Sprintf("message %d", i)))
			l.last[20260613] += 100_000
		}
		a := l.archive()
		a.busy = func() bool { return true }
		begun := time.Now() // of synctest
		p, err := a.Search(t.Context(), Search{Query: ask(t, "nobody-says-this"), Limit: 10})
		if err != nil || len(p.Records) != 0 || len(p.Notes) != 0 {
			t.Fatalf("found %d, notes %q, %v", len(p.Records), p.Notes, err)
		}
		if took := time.Since(begun); took < 3*wayTime || took > 20*wayTime {
			t.Errorf("waited %v for storing, want some windows of %v each", took, wayTime)
		}
	})
}

func TestSearchesGiveWayToStoring(t *testing.T) {
	tests := []struct {
		name   string
		live   bool
		busy   time.Duration // how long storing is behind
		stored int64         // in the last second
		waits  time.Duration
		isBusy bool
	}{
		{"nothing to give way to", false, 0, 1_000, 0, false},
		{"storing catches up", false, 35 * time.Millisecond, 1_000, 40 * time.Millisecond, false},
		{"storing does not catch up", false, time.Hour, 1_000, 1010 * time.Millisecond, true},
		{"much is stored: twice as long a rest as reading the window before took", false, 0, 20_000, 60 * time.Millisecond, true},
		{"who follows the store does not wait", true, time.Hour, 20_000, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &Archive{windows: make(chan struct{}, 1), stored: func() int64 { return tt.stored }}
				a.pace.now(0)
				time.Sleep(time.Second)
				begun := time.Now()
				a.busy = func() bool { return time.Since(begun) < tt.busy }
				leave, busy, err := (&scan{archive: a, live: tt.live, took: 30 * time.Millisecond}).giveWay(t.Context())
				if err != nil || busy != tt.isBusy || time.Since(begun) != tt.waits {
					t.Errorf("waited %v, busy %v, %v; want %v, %v", time.Since(begun), busy, err, tt.waits, tt.isBusy)
				}
				leave()
				if len(a.windows) != 0 {
					t.Error("the place was not given back")
				}
			})
		})
	}
}
