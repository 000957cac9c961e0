package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// errStopped is the error of a part that ended although nobody told it to.
var errStopped = errors.New("stopped by itself")

// stopTime bounds how long all parts together may take to stop, but for a last
// second for each. systemd gives thirty seconds (our unit), Windows twenty.
const stopTime = 15 * time.Second

// A part is one stage of the flow of messages.
//
// Its run blocks. When ctx is done it takes in nothing more, finishes what it
// already holds, and returns. Returning before the flow is being stopped, even
// with nil, counts as a failure and brings the whole engine down, so that the
// service manager of the operating system restarts it; parts do not restart
// themselves.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// flow runs the parts, given in the order in which messages pass through them,
// until ctx is done or a part fails.
//
// It starts the last part first, so that each receiver is ready before its
// sender, and stops the first part first, waiting for it before it stops the
// next: a message that was taken from the wire is on disk before the writer
// goes away. A part that has not ended a drain after it was told to is left
// behind, and named in the error. The error joins everything that went wrong;
// it is nil after an orderly stop.
func flow(ctx context.Context, parts []part, drain time.Duration) error {
	type running struct {
		part
		stop context.CancelFunc
		err  chan error // receives one value when run returns
	}
	started := make([]running, len(parts))
	failed := make(chan struct{}, len(parts))
	var stopping atomic.Bool

	for i, p := range slices.Backward(parts) {
		pctx, stop := context.WithCancel(context.WithoutCancel(ctx))
		defer stop()
		r := running{p, stop, make(chan error, 1)}
		started[i] = r
		go func() { // ends with run
			err := r.run(pctx)
			if pctx.Err() == nil && !stopping.Load() {
				err = cmp.Or(err, errStopped)
				failed <- struct{}{}
			}
			r.err <- err
		}()
	}

	select {
	case <-ctx.Done():
	case <-failed:
	}
	stopping.Store(true)

	// Together they get as much as the service managers give: what is not done
	// then would be killed.
	until := time.Now().Add(stopTime)
	var errs []error
	for _, r := range started {
		r.stop()
		timer := time.NewTimer(max(min(drain, time.Until(until)), time.Second))
		select {
		case err := <-r.err:
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", r.name, err))
			}
		case <-timer.C:
			errs = append(errs, fmt.Errorf("%s: still busy %v after it was told to stop", r.name, drain))
		}
		timer.Stop()
	}
	return errors.Join(errs...)
}
