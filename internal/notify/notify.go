// Package notify brings alerts to people.
//
// What people are to be told waits in an outbox that outlives the process. A
// [Dispatcher] takes it from there, hands it to a [Notifier], such as
// [Telegram], [Email], [Webhook] or [SNMP], and marks it as sent only after the
// other side has taken it: a crash repeats a message rather than loses one. A
// notifier that cannot deliver is tried again for as long as it takes. What
// would come faster than a chat may be written to is told in one message that
// counts.
//
// A new notifier is a file or two with a type that has the methods of
// [Notifier], and passes the tests of testNotifier.
//
// Sources: Telegram Bot API, sendMessage and "Making requests"; Telegram Bot
// FAQ, "My bot is hitting limits".
package notify

import (
	"context"
	"errors"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// An Outbox keeps what people are to be told until they were told. It is
// called from one goroutine for each notifier.
type Outbox interface {
	// Due returns the notes of a notifier that are not sent and may be tried
	// at now, in the order in which they were made, at most limit.
	Due(ctx context.Context, notifier string, now time.Time, limit int) ([]alert.Note, error)

	// Sent records that the notes were delivered at now: they are not due
	// again. Notes that are not there are passed over.
	Sent(ctx context.Context, ids []int64, now time.Time) error

	// Later records that an attempt to deliver the notes failed, why, and
	// when they are due again.
	Later(ctx context.Context, ids []int64, next time.Time, why string) error
}

// A Notifier delivers notes to people in one way.
type Notifier interface {
	// Name is what rules and notes call it, for example "telegram".
	Name() string

	// Limit is how often Send may be called.
	Limit() Limit

	// Send delivers one note as one message, and several as one digest that
	// counts them. When it returns nil, all of them were delivered. It may
	// take half a minute, and is not called again before it returns.
	//
	// An error is written for people and holds no secret. With retry, the
	// other side or the way to it has a trouble that may pass; after, if not
	// 0, is how long it asked us to wait. Without retry, somebody must act
	// first; the error wraps [ErrRefused] if the notes themselves were not
	// accepted and others may be.
	Send(ctx context.Context, notes []alert.Note) (retry bool, after time.Duration, err error)
}

// A Fitter is a [Notifier] whose messages are of limited length.
type Fitter interface {
	// Fit returns how many of the notes, from the first, one digest can tell
	// with their texts, at least 1. Send takes more than that as well, and then
	// leaves the texts out.
	Fit(notes []alert.Note) int
}

// ErrRefused is wrapped by the error of a [Notifier] that did not accept these
// notes, though it may accept others.
var ErrRefused = errors.New("message refused")

// A Limit says how often a chat may be written to.
type Limit struct {
	Every  time.Duration // at most one message in this time
	Burst  int           // at most so many messages within Within, from 1
	Within time.Duration
}

// Health tells how a notifier does. Times are zero if there was none.
type Health struct {
	Notifier     string
	OK           bool      // the last attempt worked, or there was none yet
	LastSent     time.Time // of the last delivery
	FailingSince time.Time // of the first attempt that failed, if not OK
	RetryAt      time.Time // of the next attempt, if not OK
	Error        string    // of the last attempt that failed, for people; "" if OK

	Sent    int64 // notes delivered, alone or in a digest
	Digests int64 // messages that stood for several notes
	Retried int64 // attempts that failed and are repeated soon
	Refused int64 // attempts that failed until somebody acts
}
