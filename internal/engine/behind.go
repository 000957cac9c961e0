package engine

import (
	"sync"
	"time"
)

const (
	// farBehind is how many messages the alerts may have before them: some
	// seconds of a flood, or of work where messages are dear to judge.
	farBehind = 100_000
	// longBehind is how old the oldest of them may be.
	longBehind = time.Minute
)

// behind tells how old the oldest message is that a follower has not seen, from
// how many were stored when it was asked before. Nobody is asked for it on the
// way of a message.
type behind struct {
	mu   sync.Mutex
	seen []stored // the oldest first, at least behindStep apart
}

type stored struct {
	at time.Time
	n  int64 // messages stored by then
}

// With these, ages of more than two minutes are told as two minutes.
const (
	behindStep = 5 * time.Second
	behindKept = 25
)

// age returns for how long, at least, a message has waited when n are stored
// and the follower has not seen lag of them. It knows nothing of the time before
// it was asked first.
func (b *behind) age(now time.Time, n, lag int64) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k := len(b.seen); k == 0 || now.Sub(b.seen[k-1].at) >= behindStep {
		if k == behindKept {
			b.seen = append(b.seen[:0], b.seen[1:]...)
		}
		b.seen = append(b.seen, stored{now, n})
	}
	for _, s := range b.seen {
		if s.n > n-lag {
			return now.Sub(s.at)
		}
	}
	return 0
}
