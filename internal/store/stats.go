package store

import (
	"maps"
	"slices"
	"time"
)

// Stats is how the writer is doing. Counters run from the start of the
// process.
type Stats struct {
	Stored int64 // messages committed
	// Dropped is the messages lost because the disk would not take them until
	// the store had to stop. Those whose last COMMIT failed are among them if
	// their file could not be opened any more to look for them: they may be
	// there after all, but were not accepted.
	Dropped int64

	// StoredBy and DroppedBy are the same by listener, as batches number them;
	// listeners beyond the end have none.
	StoredBy, DroppedBy []int64

	Refused int64   // of the messages stored: those kept as bare bytes because SQLite would not have them as rows
	Commits int64   // commits that stored messages
	Seconds float64 // spent in those commits

	Errors           map[string]int64 // attempts that failed, by sqlite.Kind
	CheckpointErrors int64            // failures to move the write-ahead log into its file
	LogPages         int              // pages in the write-ahead log of today's file, at the last checkpoint

	State  string    // "ok", or the kind of the event that describes the trouble
	Detail string    // a sentence about the trouble; empty if State is "ok"
	Since  time.Time // when the state began

	Day     int   // the day that was written last; 0 while there is none
	Devices int   // devices with a table in its file
	Inbox   int64 // rows in the inbox of its file
	Waiting int   // messages that the writer holds and has not committed

	Trying   time.Time // since when the writer tries to commit what it holds; zero = there is nothing
	Obstacle string    // what is in the way meanwhile, such as who holds a lock; empty if nothing is known
}

// Stats returns how the writer is doing.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Errors = maps.Clone(stats.Errors)
	stats.StoredBy, stats.DroppedBy = slices.Clone(stats.StoredBy), slices.Clone(stats.DroppedBy)
	return stats
}

// note changes the stats.
func (s *Store) note(change func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.stats)
}

// try notes that the writer has begun to commit messages.
func (s *Store) try() {
	s.note(func(s *Stats) {
		if s.Trying.IsZero() {
			s.Trying = time.Now()
		}
	})
}

// trouble enters a state that is not ok and tells people, once of each kind
// until messages are stored again: that another one has come does not say that
// the first is over.
func (s *Store) trouble(kind, detail string) {
	s.mu.Lock()
	if s.stats.State != kind {
		s.stats.State, s.stats.Since = kind, s.options.Now()
	}
	s.stats.Detail = detail
	known := slices.Contains(s.told, kind)
	if !known {
		s.told = append(s.told, kind)
	}
	s.mu.Unlock()
	if known {
		return
	}
	s.options.Log.Error("storing messages: "+kind, "detail", detail)
	s.options.Event(Event{Kind: kind, Text: detail})
}

// recovered ends a state that is not ok.
func (s *Store) recovered() {
	s.mu.Lock()
	kind, since, told := s.stats.State, s.stats.Since, s.told
	s.told = nil
	if kind != stateOK {
		s.stats.State, s.stats.Detail, s.stats.Since = stateOK, "", s.options.Now()
	}
	s.mu.Unlock()
	if kind == stateOK {
		return
	}
	s.options.Log.Info("storing messages again", "after", kind, "since", since)
	for _, kind := range told {
		s.options.Event(Event{Kind: kind, Text: "messages are stored again", Over: true})
	}
}

const stateOK = "ok"
