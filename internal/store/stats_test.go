package store

import (
	"fmt"
	"testing"
)

// People are told of every kind of trouble once, and of each that it is over
// when messages are stored again.
func TestEveryTroubleIsOverOnce(t *testing.T) {
	b := newBench(t, nil)
	for _, kind := range []string{EventDiskFull, EventLocked, EventDiskFull, EventDiskFull} {
		b.trouble(kind, "because")
		if s := b.Stats(); s.State != kind {
			t.Errorf("state %q, want %q", s.State, kind)
		}
	}
	b.recovered()
	b.recovered()
	b.trouble(EventLocked, "once more")
	var got []string
	b.mu.Lock()
	for _, e := range b.events {
		got = append(got, fmt.Sprint(e.Kind, " ", e.Over))
	}
	b.mu.Unlock()
	want(t, "events", got, []string{
		EventDiskFull + " false", EventLocked + " false", EventDiskFull + " true", EventLocked + " true", EventLocked + " false",
	})
	b.recovered()
	b.run().end()
}
