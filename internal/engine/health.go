package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/notify"
	"github.com/logboom/logboom/internal/store"
)

const (
	// stalledAfter is how long nothing may be stored while messages wait before
	// it is worth a word: a commit to a slow disk takes a second or two.
	stalledAfter = 4 * time.Second
	// nearlyFull is the part of the queue, in eighths, from which on it counts
	// as full: a listener beside others may fill so much of it; see
	// collect.Queue.
	nearlyFull = 7
)

// signs is what [health] looks at beside the status.
type signs struct {
	lost      float64       // messages a second that are lost and somebody was allowed to send
	stalled   time.Duration // for which the store has tried to store what it holds
	waiting   int           // messages that it holds
	obstacle  string        // what is in its way; "" = not known
	crowded   bool          // the memory of the queue is used up, or nearly all its places
	minFree   int64         // retention.min_free; 0 = not set
	low       int64         // bytes free on the disk below which it is worth a word
	unseen    int64         // messages that the alerts have not seen
	behind    time.Duration // for which the oldest of them has waited, at least
	notifiers []notify.Health
	commands  error            // why commands do not arrive and somebody has to act; nil = they do
	shut      error            // why the console lets nobody in; nil = it does, or there is none
	zone      *time.Location   // of times in texts
	leftOut   []config.Warning // what could not be used at the start
}

func (e *Engine) signs(st store.Stats, rate rate) signs {
	s := signs{
		lost: rate.lostPer, waiting: st.Waiting, obstacle: st.Obstacle,
		minFree: int64(e.config().Retention.MinFree), notifiers: e.dispatcher.Health(), commands: e.commands.poller.Load().Trouble(), zone: e.config().Location(), leftOut: e.config().LeftOut(),
	}
	if e.console != nil {
		s.shut = e.console.Shut()
	}
	s.unseen = e.watcher.follower.Lag()
	s.behind = e.unseen.age(time.Now(), st.Stored, s.unseen)
	if !st.Trying.IsZero() {
		s.stalled = time.Since(st.Trying)
	}
	q := e.collector.Queue()
	s.crowded = q.Len() >= q.Cap()/8*nearlyFull || q.Blocked() > 0 && s.stalled >= time.Second
	if _, total, known := store.DiskSpace(e.config().DataDirectory()); known {
		s.low = LowSpace(s.minFree, total)
	}
	return s
}

// LowSpace returns how many bytes free of a disk are worth a word: those that
// retention keeps free, or else enough for some minutes of messages.
func LowSpace(minFree, total int64) int64 {
	const least, most = 100 << 20, 1 << 30
	if minFree > 0 {
		return minFree
	}
	return min(max(total/100, least), most, total/10)
}

// remedies says what helps against the troubles of the store.
var remedies = map[string]string{
	store.EventDiskFull:   "make room on the disk, or set retention.days lower; messages wait in memory until the queue is full",
	store.EventLocked:     "end the program that holds the lock; after five minutes the day goes on in a second file",
	store.EventReadOnly:   "give the user that Logboom runs as the right to write there; see also whether the disk is mounted read-only",
	store.EventCannotOpen: "see that the directory is there and that the user that Logboom runs as may write in it",
	store.EventDiskError:  "look for errors of the disk in the log of the system (dmesg), and make a copy of the messages",
}

// lateAlerts says what to do when messages come faster than they are judged.
const lateAlerts = "alerts come late, and none is lost; look for a device that floods (logboom devices), and for rules with long regular expressions"

// urgency orders troubles: what fails is 0.
func urgency(t console.Trouble) int {
	if t.State == console.StateFailing {
		return 0
	}
	return 1
}

// health says what needs people: what fails first, then in the order of the flow.
func health(s *console.Status, now signs) console.Health {
	h := console.Health{State: console.StateOK}
	add := func(state, what, fact, hint string) {
		h.Problems = append(h.Problems, console.Trouble{State: state, What: what, Fact: fact, Hint: hint})
		if h.State != console.StateFailing {
			h.State = state
		}
	}
	if s.Settings.BrokenSince != 0 {
		add(console.StateDegraded, "settings", brokenSettings(&s.Settings, now.zone), "logboom config check says what to mend; then logboom reload")
	}
	for _, w := range now.leftOut {
		add(console.StateDegraded, "settings", w.Fact, w.Hint)
	}
	for _, l := range s.Listeners {
		if !l.Open {
			add(console.StateDegraded, l.Name, "not open: "+l.Error, "while a listener is closed, nobody is told of devices that have gone quiet")
		}
	}
	for _, reason := range reasons[:lossReasons] { // of the others, the ledger tells
		if n := s.Ledger.DroppedBy[reason]; n > 0 {
			add(console.StateDegraded, "loss", fmt.Sprintf("%s lost today: %s", messages(n), reason), cures[reason])
		}
	}
	if n := math.Ceil(now.lost); n > 0 {
		add(console.StateFailing, "loss", fmt.Sprintf("%s a second are being lost", messages(int64(n))), "see dropped by reason")
	}
	storing(s, now, add)
	switch free := s.Store.Free; {
	case free < 0 || free >= now.low:
	case now.minFree > 0:
		add(console.StateDegraded, "disk", fmt.Sprintf("%d MB free, less than retention.min_free, %d MB: the oldest days are deleted", free>>20, now.minFree>>20),
			"make room, or lower retention.days")
	default:
		add(console.StateDegraded, "disk", fmt.Sprintf("%d MB free, and retention.min_free is not set", free>>20), "make room, or set retention.min_free, and the oldest days go instead")
	}
	if fact := fmt.Sprintf("the alerts have %s before them", messages(now.unseen)); now.behind >= longBehind {
		add(console.StateDegraded, "alerts", fmt.Sprintf("%s, for more than %d s", fact, int(now.behind.Seconds())), lateAlerts)
	} else if now.unseen > farBehind {
		add(console.StateDegraded, "alerts", fact, lateAlerts)
	}
	for _, n := range now.notifiers {
		if n.OK || n.Error == "" {
			continue
		}
		fact, hint := strings.TrimPrefix(n.Error, n.Notifier+": "), "alerts are kept and come when it is mended"
		if !n.RetryAt.IsZero() {
			fact += "; the next attempt is at " + n.RetryAt.In(now.zone).Format(time.TimeOnly)
			if n.Notifier == "telegram" {
				hint += "; a test message that arrives (POST /api/v1/telegram/test) or a restart brings them at once"
			} else {
				hint += "; logboom alerts test " + n.Notifier + " tries it, a restart brings them at once"
			}
		}
		add(console.StateDegraded, n.Notifier, fact, hint)
	}
	if now.shut != nil {
		add(console.StateDegraded, "console", "it lets nobody in: "+now.shut.Error(), "messages and alerts are not affected")
	}
	if now.commands != nil {
		add(console.StateDegraded, "commands", now.commands.Error(), "alerts are not affected")
	}
	slices.SortStableFunc(h.Problems, func(a, b console.Trouble) int {
		return cmp.Compare(urgency(a), urgency(b))
	})
	return h
}

// storing says whether messages find their way to the disk.
func storing(s *console.Status, now signs, add func(state, what, fact, hint string)) {
	full := fmt.Sprintf("the queue is full: %d of %d messages wait", s.Queue.Length, s.Queue.Capacity)
	stalled := now.stalled >= stalledAfter || now.stalled >= time.Second && now.crowded
	fact := fmt.Sprintf("nothing was stored for %d s, %s wait", int(now.stalled.Seconds()), messages(int64(now.waiting+s.Queue.Length)))
	switch {
	case s.Store.State != console.StateOK:
		if stalled && now.crowded {
			fact = full
		}
		if fact = cmp.Or(now.obstacle, s.Store.Detail, s.Store.State) + "; " + fact; !stalled {
			fact = cmp.Or(s.Store.Detail, s.Store.State)
		}
		add(console.StateFailing, "store", fact, cmp.Or(remedies[s.Store.State], "docs/reliability.md says what to do"))
	case stalled:
		state, hint := console.StateDegraded, "see whether the disk is slow or another program uses the file; messages wait in memory"
		if now.crowded {
			state, fact = console.StateFailing, fact+"; "+full
		}
		if now.obstacle != "" {
			fact, hint = now.obstacle+": "+fact, remedies[store.EventLocked]
		}
		add(state, "store", fact, hint)
	case now.crowded:
		add(console.StateDegraded, "queue", full, cures["queue"])
	}
}

// messages counts messages in words.
func messages(n int64) string {
	if n == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", n)
}
