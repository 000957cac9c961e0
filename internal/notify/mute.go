package notify

import (
	"sync/atomic"
	"time"
)

// MaxMute is the longest that people may be left in peace: a mute that was
// forgotten must not last into the next night.
const MaxMute = 24 * time.Hour

// quietLook is how often, at most, the outbox is looked into while alerts are
// muted, for notes about Logboom itself.
const quietLook = time.Second

// A mute is until when people are not told; it may be asked from any goroutine.
type mute struct{ until atomic.Int64 } // µs since 1970 UTC, 0 = not muted

// left returns how long the mute still lasts; 0 = it does not. By a clock that
// was set back it would last longer than anybody has asked for: then it does
// not count.
func (m *mute) left(now time.Time) time.Duration {
	left := time.UnixMicro(m.until.Load()).Sub(now)
	if left > MaxMute {
		return 0
	}
	return max(0, left)
}

// Mute keeps alerts in the outbox until then; the zero time, or one that has
// passed, ends it, and what has waited is told. Notes about Logboom itself
// ([alert.Notice.Own]) are told all the same, unless more than maxNotes others
// wait before them: who mutes a network does not mean the loss of messages.
//
// It does not wait and may be called from any goroutine.
func (d *Dispatcher) Mute(until time.Time) {
	if d == nil {
		return
	}
	at := int64(0)
	if !until.IsZero() {
		at = until.UnixMicro()
	}
	d.mute.until.Store(at)
	d.Wake()
}

// MutedUntil returns until when alerts are muted, the zero time if they are not.
func (d *Dispatcher) MutedUntil() time.Time {
	if d == nil || d.mute.left(time.Now()) == 0 {
		return time.Time{}
	}
	return time.UnixMicro(d.mute.until.Load())
}
