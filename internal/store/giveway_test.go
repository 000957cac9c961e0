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
		waits  time.Duration
		isBusy bool
	}{
		{"nothing to give way to", false, 0, 0, false},
		{"storing catches up", false, 35 * time.Millisecond, 40 * time.Millisecond, false},
		{"storing does not catch up", false, time.Hour, 260 * time.Millisecond, true},
		{"who follows the store does not wait", true, time.Hour, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				a := &Archive{windows: make(chan struct{}, 1), busy: func() bool { return time.Since(begun) < tt.busy }}
				leave, busy, err := (&scan{archive: a, live: tt.live}).giveWay(t.Context())
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
