package store

import (
	"testing"
	"testing/synctest"
	"time"
)

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
		{"much is stored: as long a rest as the window before took", false, 0, 20_000, 30 * time.Millisecond, true},
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
