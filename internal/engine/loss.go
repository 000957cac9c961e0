package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// lossEvery is how often people are told of the losses of one listener.
const lossEvery = time.Hour

// cures says, by reason, what helps against losing messages.
var cures = map[string]string{
	"kernel":   "bursts were larger than the kernel's buffer: raise net.core.rmem_max, see docs/sizing.md",
	"queue":    "they came faster than they could be stored: a faster disk, or fewer messages",
	"refused":  "their sender is not in listen.allow, or had too many connections, or sent no syslog",
	"oversize": "they were longer than listen.max_message; the beginning of each is kept",
	"disk":     "the disk took no more until Logboom had to stop: make room",
}

// reasons is the order in which they are told. The first are losses: messages
// that somebody was to have. Of an oversize message only the end is gone, and
// what is refused nobody wanted, or anybody on the network may send: these are
// counted and shown, but no phone rings for them.
var reasons = []string{"kernel", "queue", "disk", "oversize", "refused"}

const lossReasons = 3 // of reasons, from the first

// Lossy reports whether messages dropped for a reason are lost to somebody.
func Lossy(reason string) bool { return slices.Contains(reasons[:lossReasons], reason) }

// losses remembers what was lost and not told yet, by listener.
type losses map[string]*loss

type loss struct {
	dropped map[string]int64 // lost, by reason, since people were told
	looked  time.Time        // when it was counted last
	since   time.Time        // the first of them were lost after that
	told    time.Time        // zero = never
}

// add counts what a listener has dropped, and returns what people are to be
// told now, "" for nothing. Where there is nothing new it tells what has
// waited for the hour to pass.
func (l losses) add(listener string, dropped map[string]int64, now time.Time) string {
	x := l[listener]
	if x == nil {
		x = &loss{dropped: map[string]int64{}, looked: now}
		l[listener] = x
	}
	if len(x.dropped) == 0 {
		x.since = x.looked
	}
	x.looked = now
	for reason, n := range dropped {
		if n > 0 && Lossy(reason) {
			x.dropped[reason] += n
		}
	}
	if len(x.dropped) == 0 || !x.told.IsZero() && now.Sub(x.told) < lossEvery {
		return ""
	}
	var total int64
	var why []string
	for _, reason := range reasons {
		if n := x.dropped[reason]; n > 0 {
			total += n
			why = append(why, fmt.Sprintf("%s %d (%s)", reason, n, cures[reason]))
		}
	}
	text := fmt.Sprintf("%s lost %s since %s: %s", listener, messages(total), x.since.Format(time.TimeOnly), strings.Join(why, "; "))
	x.dropped, x.told = map[string]int64{}, now
	return text
}

// tellLosses has people told of what the listeners lost.
func (l *ledger) tellLosses(lost map[string]map[string]int64, now time.Time) {
	for listener, dropped := range lost {
		if text := l.losses.add(listener, dropped, now); text != "" {
			l.engine.herald.say("messages lost on "+listener, text, alert.KindAlert, severityWarning)
		}
	}
}

// Reasons returns the reasons for which messages are dropped, the names of
// /metrics, in the order in which people are told.
func Reasons() []string { return slices.Clone(reasons) }

// Cure says what helps against losing messages for a reason.
func Cure(reason string) string { return cures[reason] }
