package store

import (
	"cmp"
	"time"
)

// batching says how messages are gathered into commits, as in [Options].
type batching struct {
	size int
	wait time.Duration
}

// SetRetention says which days are deleted from now on. Those that are too many
// go soon.
func (s *Store) SetRetention(r Retention) {
	if *s.retention.Swap(&r) != r {
		s.writer.keeper.hurry()
	}
}

// SetBatches says how messages are gathered from now on; 0 as in [Options].
func (s *Store) SetBatches(size int, wait time.Duration) {
	s.batching.Store(&batching{cmp.Or(size, 1000), cmp.Or(wait, 100*time.Millisecond)})
}

// Relearn has [Options.Zone] and [Options.Charset] asked anew for the messages
// that come from now on.
func (s *Store) Relearn() { s.relearn.Store(true) }
