package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

const (
	// sealRetry is how long a day waits that could not be sealed, as while
	// another program reads it; after n attempts n times as long, at most
	// sealLongest.
	sealRetry   = time.Minute
	sealLongest = time.Hour
)

// A sealer closes past days for good, in a goroutine of its own: a large file
// takes minutes to be read.
type sealer struct {
	*Store
	wake chan struct{}

	mu      sync.Mutex
	due     map[int]attempt    // days to be sealed
	unfiled map[int]int        // days in whose inbox there is something, which is for the writer; and failed attempts
	current int                // the day that is being sealed
	cancel  context.CancelFunc // ends its sealing; nil if nothing is being sealed
	left    chan struct{}      // closed when that has ended
}

// An attempt is the next one to seal a day.
type attempt struct {
	at     time.Time // not before
	failed int       // attempts so far
}

func newSealer(s *Store) *sealer {
	return &sealer{Store: s, wake: make(chan struct{}, 1), due: make(map[int]attempt), unfiled: make(map[int]int)}
}

// later returns the attempt that comes after so many that have failed.
func later(failed int) attempt {
	return attempt{time.Now().Add(min(time.Duration(failed)*sealRetry, sealLongest)), failed}
}

// add says that a day will hardly be written any more.
func (s *sealer) add(day int) { s.plan(day, attempt{}) }

// plan says when a day should be sealed.
func (s *sealer) plan(day int, a attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due[day] = a
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// unseal stops the sealing of a day that will be written again, and waits until
// the sealer has left its files.
func (w *writer) unseal(day int) {
	s := w.sealer
	s.mu.Lock()
	delete(s.due, day)
	delete(s.unfiled, day)
	var left chan struct{}
	if s.cancel != nil && s.current == day {
		s.cancel()
		left = s.left
	}
	s.mu.Unlock()
	if left != nil {
		<-left
	}
}

// next leaves the day that was being sealed and takes the oldest one whose time
// has come. If there is none it returns how long that will take.
func (s *sealer) next(ctx context.Context) (of context.Context, day int, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
		close(s.left)
	}
	wait = sealLongest
	if ctx.Err() != nil {
		return nil, 0, wait
	}
	for d, a := range s.due {
		if w := time.Until(a.at); w > 0 {
			wait = min(wait, w)
		} else if day == 0 || d < day {
			day = d
		}
	}
	if day == 0 {
		return nil, 0, wait
	}
	s.current, s.left = day, make(chan struct{})
	of, s.cancel = context.WithCancel(ctx)
	return of, day, 0
}

// ended enters what became of an attempt.
func (s *sealer) ended(ctx context.Context, day int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case ctx.Err() != nil: // it is written again, or the store ends
		return
	case err == nil:
		delete(s.due, day)
		return
	}
	if lasting(err) {
		delete(s.due, day)
		return
	}
	failed := s.due[day].failed + 1
	if errors.Is(err, errUnfiled) {
		s.unfiled[day] = failed
	}
	s.due[day] = later(failed)
}

// lasting reports whether an error is one that time does not mend.
func lasting(err error) bool {
	k := sqlite.Classify(err)
	return k == sqlite.Foreign || k == sqlite.Corrupt
}

// takeUnfiled returns a day that cannot be sealed before the writer has filed
// its inbox, 0 if there is none, and how often it was tried.
func (s *sealer) takeUnfiled() (day, failed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for day, failed := range s.unfiled {
		delete(s.unfiled, day)
		return day, failed
	}
	return 0, 0
}

// run seals days until ctx is done.
func (s *sealer) run(ctx context.Context) {
	for {
		c, day, wait := s.next(ctx)
		if day != 0 {
			s.ended(c, day, s.day(c, day))
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-s.wake:
		case <-timer.C:
		case <-ctx.Done():
			return // next has left the day
		}
		timer.Stop()
	}
}
