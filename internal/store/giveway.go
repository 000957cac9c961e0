package store

import (
	"context"
	"sync"
	"time"
)

const (
	// wayTime is how long a window of a search waits at most for storing to
	// catch up: under lasting overload searches become slow, but they go on.
	wayTime  = time.Second
	wayPause = 10 * time.Millisecond
	// busyRest is how many times as long as it has read a search then rests.
	busyRest = 2
	// quietRate is how many messages a second may be stored while a search takes
	// more than one processor.
	quietRate = 5_000
)

// giveWay waits until a window may be read: what is received comes first, so
// searches and exports together use half of the processors, a third of that beside
// much traffic, and pause while storing is behind. Those who follow the store are
// part of its work and do not wait. leave is to be called when the window was
// read.
func (s *scan) giveWay(ctx context.Context) (leave func(), busy bool, err error) {
	if s.live {
		return func() {}, false, nil
	}
	leave, err = enter(ctx, s.archive.windows)
	if err != nil {
		return nil, false, err
	}
	busy = s.archive.pace.now(s.archive.stored()) > quietRate
	until := time.Now().Add(wayTime)
	if busy && s.took > 0 {
		if err := pause(ctx, min(busyRest*s.took, wayTime)); err != nil {
			leave()
			return nil, false, err
		}
	}
	for {
		if behind := s.archive.busy(); !behind || time.Now().After(until) {
			s.busy = busy || behind
			return leave, s.busy, nil
		}
		if err := pause(ctx, wayPause); err != nil {
			leave()
			return nil, false, err
		}
	}
}

// paceTime is how old a pace may be.
const paceTime = 100 * time.Millisecond

// A pace is how many messages a second were stored lately.
type pace struct {
	mu        sync.Mutex
	at        time.Time
	stored    int64
	perSecond float64
}

// now returns the pace from the number of messages stored so far.
func (p *pace) now(stored int64) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := time.Now()
	took := t.Sub(p.at)
	if took < paceTime {
		return p.perSecond
	}
	p.perSecond = float64(stored-p.stored) / took.Seconds()
	p.at, p.stored = t, stored
	return p.perSecond
}
