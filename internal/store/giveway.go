package store

import (
	"context"
	"time"
)

const (
	// wayTime is how long a window of a search waits at most for storing to
	// catch up: under lasting overload searches become slow, but they go on.
	wayTime  = 250 * time.Millisecond
	wayPause = 10 * time.Millisecond
)

// giveWay waits until a window may be read: what is received comes first, so
// searches and exports together use half of the processors, and pause while
// storing is behind. Those who follow the store are part of its work and do
// not wait. leave is to be called when the window was read.
func (s *scan) giveWay(ctx context.Context) (leave func(), busy bool, err error) {
	if s.live {
		return func() {}, false, nil
	}
	leave, err = enter(ctx, s.archive.windows)
	if err != nil {
		return nil, false, err
	}
	for until := time.Now().Add(wayTime); ; {
		if busy = s.archive.busy(); !busy || time.Now().After(until) {
			return leave, busy, nil
		}
		if err := pause(ctx, wayPause); err != nil {
			leave()
			return nil, false, err
		}
	}
}
