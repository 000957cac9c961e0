package engine

import (
	"context"
	"fmt"
	"time"
)

// mute keeps people from being told of alerts for so long, 0 = no longer, and
// returns until when. It outlives a restart.
func (e *Engine) mute(ctx context.Context, d time.Duration) (until time.Time, err error) {
	if d > 0 {
		until = time.Now().Add(d)
	}
	if err := e.state.Mute(ctx, until); err != nil {
		return time.Time{}, err
	}
	e.dispatcher.Mute(until)
	if until.IsZero() {
		e.log.Info("alerts are not muted any more")
	} else {
		e.log.Info("alerts are muted; they are kept and told afterwards", "until", until.In(e.config().Location()).Format(time.DateTime))
	}
	return until, nil
}

// restoreMute takes up a mute that the last run has kept.
func (e *Engine) restoreMute(ctx context.Context) error {
	until, err := e.state.MutedUntil(ctx)
	if err != nil {
		return fmt.Errorf("reading whether alerts are muted: %w", err)
	}
	e.dispatcher.Mute(until)
	return nil
}
