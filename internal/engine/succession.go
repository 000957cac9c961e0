package engine

import (
	"context"
	"net/netip"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// A succession is what the watcher is to go on with: other rules, and what
// people expect of devices.
type succession struct {
	set        *alert.Set
	newDevices bool
	expected   []netip.Addr
	done       chan struct{} // closed when it is in force
}

// succeed lets an engine for other rules go on where the one of before is,
// between two messages: that has no decision left that is not stored.
func (w *watcher) succeed(ctx context.Context, s *succession) error {
	if err := w.keep(ctx, false); err != nil {
		return err
	}
	w.engine = w.engine.Succeed(s.set)
	w.judge.Store(w.engine)
	w.silences.engine = w.engine
	w.silences.watch.Expect(s.expected, time.Now().UnixMicro())
	w.census.new.tell = s.newDevices
	close(s.done)
	return w.keep(ctx, false) // what is over with the rules of before
}
