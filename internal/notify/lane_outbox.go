package notify

import (
	"context"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// What a lane tells its outbox.

func (l *lane) later(ctx context.Context, ids []int64, next time.Time, why error) {
	if ids = slices.DeleteFunc(ids, inMemory); len(ids) == 0 {
		return
	}
	if err := l.outbox.Later(ctx, ids, next, why.Error()); err != nil {
		l.outboxFailed(ctx, "a failed delivery cannot be recorded", err)
	}
}

// record tells the outbox what was delivered, if it does not know.
func (l *lane) record(ctx context.Context) error {
	if l.delivered = slices.DeleteFunc(l.delivered, inMemory); len(l.delivered) == 0 {
		return nil
	}
	if err := l.outbox.Sent(ctx, l.delivered, time.Now()); err != nil {
		return err
	}
	l.delivered = nil
	return nil
}

// outboxFailed logs a trouble with the outbox, if it is a new one, and returns
// when to try again.
func (l *lane) outboxFailed(ctx context.Context, what string, err error) time.Duration {
	if context.Cause(ctx) != nil {
		return lookAgain // we are being stopped
	}
	if text := err.Error(); text != l.outboxError {
		l.outboxError = text
		l.log.Error(what, "error", err)
	}
	l.outboxFailures++
	return min(backoff(l.outboxFailures), maxOutboxRetry)
}

func (l *lane) outboxWorks() {
	if l.outboxError != "" {
		l.log.Info("the outbox of alerts works again", "failed_attempts", l.outboxFailures)
	}
	l.outboxError, l.outboxFailures = "", 0
}

func ids(notes []alert.Note) []int64 {
	all := make([]int64, len(notes))
	for i := range notes {
		all[i] = notes[i].ID
	}
	return all
}
