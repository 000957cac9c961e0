package notify

import (
	"context"
	"errors"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// maxDirect bounds the notices of one notifier that wait in memory.
const maxDirect = 16

// Direct tells a notice without the outbox. It is for what keeps the outbox
// itself from being written, such as a full disk: the notice is kept in memory,
// tried until it is delivered or refused, and gone if the process ends before. It reports
// false if there is no notifier, or too many wait already. It does not wait
// and may be called from any goroutine.
func (d *Dispatcher) Direct(n alert.Notice) bool {
	if d == nil {
		return false
	}
	lanes := d.all()
	taken := len(lanes) > 0
	for _, l := range lanes {
		taken = l.addDirect(n) && taken
		signal(l.wake)
	}
	return taken
}

func (l *lane) addDirect(n alert.Notice) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.direct) >= maxDirect {
		return false
	}
	l.direct = append(l.direct, alert.Note{Notifier: l.notifier.Name(), Notice: n, CreatedAt: n.At})
	return true
}

// sendDirect sends the first notice that waits in memory, if there is one.
func (l *lane) sendDirect(ctx context.Context) (there bool) {
	l.mu.Lock()
	there = len(l.direct) > 0
	var first []alert.Note
	if there {
		first = l.direct[:1:1]
	}
	l.mu.Unlock()
	if !there {
		return false
	}
	retry, after, err := l.notifier.Send(ctx, first)
	l.pace.take(time.Now())
	if errors.Is(err, ErrRefused) && !retry {
		// The log has it. What waits in the outbox must not wait for it.
		l.log.Error("a notice was refused and is given up", "what", first[0].Notice.Rule, "text", first[0].Notice.Text, "error", err)
		l.unwell(err, false, 0)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.direct = l.direct[1:]
		return true
	}
	if err != nil {
		l.setBack(retry, after, err)
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.direct = l.direct[1:]
	l.health.OK, l.health.Error = true, ""
	l.health.LastSent, l.health.FailingSince, l.health.RetryAt = time.Now(), time.Time{}, time.Time{}
	l.health.Sent++
	l.failures, l.inRow = 0, 0
	return true
}
