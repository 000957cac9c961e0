package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

const (
	// maxNotes bounds what one look into the outbox returns, and so a digest.
	maxNotes = 5000

	// stormNotes is the same where the last look was full: a storm is to be
	// over in the chat soon after it is over in the network.
	stormNotes = 25_000

	// lookAgain is when the outbox is looked into without a Wake, for notes
	// whose own time has come.
	lookAgain = 15 * time.Second

	// oldAfter is how long a note waits before it is old news, and fewOld how
	// many of these are still told one by one.
	oldAfter = 10 * time.Minute
	fewOld   = 3

	// maxRefused is how many notes may be refused in a row before it is the
	// notifier, not the notes, that is thought to have a trouble.
	maxRefused = 3

	// maxOutboxRetry is the longest time between attempts to reach the outbox.
	maxOutboxRetry = 30 * time.Second
)

// farAway is past every time that a note may wait for.
var farAway = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// A lane delivers the notes of one notifier. All but health belongs to the
// goroutine of run.
type lane struct {
	notifier    Notifier
	outbox      Outbox
	mute        *mute // of the dispatcher
	log         *slog.Logger
	wake, retry chan struct{} // each holds one word

	pace      pace
	eager     bool                      // notes are due whatever their time: after a start or a failure
	failures  int                       // in a row, of the notifier
	retryAt   time.Time                 // nothing is sent before
	newsAt    time.Time                 // nothing is sent before, even if there is something new to tell
	refused   map[int64]time.Time       // notes that were refused, and when to try them again; at most maxNotes
	inRow     int                       // refused one after the other
	storm     bool                      // the last look into the outbox was full
	alone     int                       // notes to be sent one by one, since a digest was refused
	delivered []int64                   // sent, but the outbox does not know yet
	quietAt   time.Time                 // the outbox was looked into last while muted
	newInRow  int                       // messages that told something new, since one was changed
	held      func(incident int64) bool // people do not want to be told of it now; nil = of none

	outboxFailures int // in a row
	outboxError    string

	stop context.CancelFunc // ends run; nil before it was started; under the lock of the dispatcher
	done chan struct{}      // closed when run has ended; nil likewise

	mu     sync.Mutex
	health Health
	direct []alert.Note // to be sent without the outbox, oldest first; at most maxDirect
	again  []alert.Note // changes of messages that are not in the outbox; at most maxAgain
}

func newLane(n Notifier, outbox Outbox, m *mute, log *slog.Logger) *lane {
	return &lane{
		notifier: n, outbox: outbox, mute: m, log: log,
		wake: make(chan struct{}, 1), retry: make(chan struct{}, 1),
		pace: pace{Limit: n.Limit()}, eager: true, refused: make(map[int64]time.Time),
		health: Health{Notifier: n.Name(), OK: true},
	}
}

func (l *lane) report() Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.health
}

func (l *lane) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
			l.hurry()
		case <-l.retry:
			l.retryAt, l.eager, l.inRow = time.Time{}, true, 0
			clear(l.refused)
		case <-timer.C:
		}
		for ctx.Err() == nil {
			wait := l.step(ctx)
			if wait > 0 {
				timer.Reset(wait)
				break
			}
		}
	}
}

// step does the next thing and returns how long there is nothing to do after
// it, unless somebody calls.
func (l *lane) step(ctx context.Context) time.Duration {
	ctx, stop := outlive(ctx, stopGrace)
	defer stop()

	if err := l.record(ctx); err != nil {
		l.outboxFailed(ctx, "what was delivered cannot be recorded, it may be sent again after a restart", err)
	}
	now := time.Now()
	if wait := max(l.retryAt.Sub(now), l.pace.wait(now)); wait > 0 {
		return wait
	}
	if l.sendDirect(ctx) {
		return 0
	}
	muted := l.mute.left(now)
	if muted > 0 {
		if wait := l.quietAt.Add(quietLook).Sub(now); wait > 0 {
			return min(wait, muted)
		}
		l.quietAt = now
	}
	notes, err := l.due(ctx, now)
	if err != nil {
		return l.outboxFailed(ctx, "alerts cannot be read from the outbox", err)
	}
	if len(l.delivered) == 0 {
		l.outboxWorks()
	}
	if muted > 0 {
		notes = slices.DeleteFunc(notes, func(n alert.Note) bool { return !n.Notice.Own() })
	}
	sorted, err := l.sort(ctx, notes)
	if err != nil {
		return l.outboxFailed(ctx, "what people were told cannot be read", err)
	}
	if len(sorted.Done) > 0 {
		l.delivered = append(l.delivered, ids(sorted.Done)...)
		l.forgetAgain(l.delivered)
		return 0
	}
	notes, wait := l.pick(sorted, now)
	if len(notes) == 0 {
		l.eager = l.eager && muted > 0
		wait = min(wait, lookAgain)
		if muted > 0 {
			wait = min(wait, muted)
		}
		return wait
	}
	retry, after, err := l.notifier.Send(ctx, notes)
	l.pace.take(time.Now()) // not before: the way there may take its time
	switch {
	case err == nil:
		l.succeeded(ctx, notes)
	case errors.Is(context.Cause(ctx), errStopped):
		// Nobody's fault: the notes wait for the next start.
	case errors.Is(err, ErrRefused) && !retry && len(notes) > 1:
		l.alone = len(notes) // one of them may be at fault: the others are to be told
		l.unwell(err, false, 0)
	case errors.Is(err, ErrRefused) && !retry && len(l.refused) < maxNotes:
		l.refuse(ctx, notes[0].ID, err)
	default:
		l.failed(ctx, notes, retry, after, err)
	}
	return 0
}

// hurry lets a notifier that rests until somebody acts be tried for what is new:
// somebody may have acted.
func (l *lane) hurry() {
	if !l.newsAt.Before(l.retryAt) {
		return
	}
	l.retryAt = l.newsAt
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.health.OK {
		l.health.RetryAt = l.retryAt
	}
}

// due returns what may be sent now, oldest first.
func (l *lane) due(ctx context.Context, now time.Time) ([]alert.Note, error) {
	at := now
	if l.eager {
		at = farAway
	}
	limit := maxNotes
	if l.storm {
		limit = stormNotes
	}
	notes, err := l.outbox.Due(ctx, l.notifier.Name(), at, limit+len(l.delivered)+len(l.refused))
	if err != nil {
		return nil, err
	}
	l.storm = len(notes) >= maxNotes
	return slices.DeleteFunc(notes, func(n alert.Note) bool {
		return now.Before(l.refused[n.ID]) || slices.Contains(l.delivered, n.ID)
	}), nil
}

// choose returns the notes of the next message: one, or those of a digest.
//
// A note is told on its own as long as all that wait can be told so without
// delay; see [pace]. Of a storm that breaks out of a calm the first note is told
// on its own too: it is whole, it comes at once, and it is often the cause of
// the others. Those that were refused before are told after the others and one
// by one.
func (l *lane) choose(notes []alert.Note, now time.Time) []alert.Note {
	notes = slices.Clone(notes)
	isNew := func(n alert.Note) bool { _, known := l.refused[n.ID]; return !known }
	if slices.ContainsFunc(notes, isNew) {
		notes = slices.DeleteFunc(notes, func(n alert.Note) bool { return !isNew(n) })
	} else {
		return notes[:1]
	}
	if l.alone > 0 {
		l.alone--
		return notes[:1]
	}
	if len(notes) > max(1, l.pace.quick(now)) {
		if l.pace.calm(now) && now.Sub(time.UnixMicro(notes[0].CreatedAt)) <= oldAfter {
			return notes[:1]
		}
		return notes[:l.fit(notes)]
	}
	old := 0
	for old < len(notes) && now.Sub(time.UnixMicro(notes[old].CreatedAt)) > oldAfter {
		old++
	}
	if old > fewOld {
		return notes[:old]
	}
	return notes[:1]
}

// fewDigests is how many digests may follow each other so that every note is
// told with its text. What does not go into so many goes into one that counts.
const fewDigests = 3

// fit returns how many of the notes the next digest is to tell.
func (l *lane) fit(notes []alert.Note) int {
	f, ok := l.notifier.(Fitter)
	if !ok {
		return len(notes)
	}
	if n := f.Fit(notes); len(notes) <= fewDigests*n {
		return min(n, len(notes))
	}
	return len(notes)
}

func (l *lane) succeeded(ctx context.Context, notes []alert.Note) {
	now := time.Now()
	l.delivered = append(l.delivered, ids(notes)...)
	l.forgetAgain(l.delivered)
	if err := l.record(ctx); err != nil {
		l.outboxFailed(ctx, "what was delivered cannot be recorded, it may be sent again after a restart", err)
	}

	l.mu.Lock()
	since := l.health.FailingSince
	l.health.OK, l.health.Error = true, ""
	l.health.LastSent, l.health.FailingSince, l.health.RetryAt = now, time.Time{}, time.Time{}
	l.health.Sent += int64(len(notes))
	if len(notes) > 1 {
		l.health.Digests++
	}
	l.mu.Unlock()

	if l.failures > 0 {
		l.log.Info("alerts are delivered again", "failed_attempts", l.failures, "after", now.Sub(since).Round(time.Second))
	}
	l.failures, l.inRow = 0, 0
	if _, known := l.refused[notes[0].ID]; known {
		// The trouble was the notifier's after all: the others go as usual.
		clear(l.refused)
		l.eager = true
	}
}

// failed notes that the notifier did not work: all notes wait.
func (l *lane) failed(ctx context.Context, notes []alert.Note, retry bool, after time.Duration, err error) {
	l.setBack(retry, after, err)
	l.later(ctx, ids(notes), l.retryAt, err)
}

// setBack lets the notifier rest after a failure.
func (l *lane) setBack(retry bool, after time.Duration, err error) {
	l.failures++
	l.eager = true
	wait := backoff(l.failures)
	if !retry {
		wait = refusedRetry
	}
	if after > 0 {
		wait = min(after, maxRetryAfter)
	}
	now := time.Now()
	l.retryAt = now.Add(wait)
	if l.newsAt = l.retryAt; !retry && after == 0 {
		l.newsAt = now.Add(newsRetry)
	}
	if isNew := l.unwell(err, retry, wait); isNew {
		l.log.Warn("alerts cannot be delivered; they are kept", "error", err, "retry_in", wait.Round(time.Second))
	}
}

// refuse notes that one note was not accepted: the others go on. After some in
// a row the notifier rests, and goes on with the next.
func (l *lane) refuse(ctx context.Context, id int64, err error) {
	again := time.Now().Add(refusedRetry)
	if _, known := l.refused[id]; !known {
		l.log.Warn("an alert was refused; it is kept and tried again", "note", id, "error", err, "retry_in", refusedRetry)
	}
	l.refused[id] = again
	l.forgetAgain([]int64{min(id, 0)})
	if l.inRow++; l.inRow >= maxRefused {
		l.inRow = 0
		l.setBack(false, 0, err)
	} else {
		l.unwell(err, false, refusedRetry)
	}
	l.later(ctx, []int64{id}, again, err)
}

// unwell changes the health and reports whether the trouble is a new one.
func (l *lane) unwell(err error, retry bool, wait time.Duration) (isNew bool) {
	now, text := time.Now(), err.Error()
	l.mu.Lock()
	defer l.mu.Unlock()
	isNew = l.health.OK || l.health.Error != text
	if l.health.OK {
		l.health.FailingSince = now
	}
	l.health.OK, l.health.Error, l.health.RetryAt = false, text, now.Add(wait)
	if retry {
		l.health.Retried++
	} else {
		l.health.Refused++
	}
	return isNew
}
