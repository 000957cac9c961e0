package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/store"
)

// heraldLength bounds the events that wait to be told. They are rare; a store
// that makes more of them than can be written down has one trouble, not many.
const heraldLength = 256

// A herald takes what happens to Logboom itself and has people told. The parts
// that meet trouble must not wait for anybody, so it keeps a short list.
type herald struct {
	events chan alert.Notice
	lost   atomic.Int64
	last   map[string]time.Time // when a kind was told last
}

func newHerald() *herald {
	return &herald{events: make(chan alert.Notice, heraldLength), last: map[string]time.Time{}}
}

// heraldCooldown is how long the same kind of trouble is not told again unless
// it was over in between.
const heraldCooldown = 10 * time.Minute

// say puts a notice on the list; it never waits.
func (h *herald) say(what, text string, kind alert.Kind, severity uint8) {
	n := alert.Notice{Kind: kind, Rule: alert.OwnPrefix + what, Severity: severity, Text: text, At: time.Now().UnixMicro(), Count: 1}
	select {
	case h.events <- n:
	default:
		h.lost.Add(1)
	}
}

// storeEvent is called by the store's writer.
func (h *herald) storeEvent(ev store.Event) {
	if ev.Over {
		h.say(ev.Kind, ev.Text, alert.KindClear, severityNotice)
		return
	}
	h.say(ev.Kind, ev.Text, alert.KindAlert, severityOf(ev.Kind))
}

// Severities of Logboom's own notices. RFC 5424 section 6.2.1.
const (
	severityCritical = 2
	severityErr      = 3
	severityWarning  = 4
	severityNotice   = 5
)

// severityOf says how bad an event of the store is: critical where messages
// cannot be stored as they should.
func severityOf(event string) uint8 {
	switch event {
	case store.EventRetention, store.EventSenders, store.EventClock, store.EventCheckpoint, store.EventRefused:
		return severityWarning
	}
	return severityCritical
}

// run has events told until ctx is done and the list is empty.
func (h *herald) run(ctx context.Context, tell func(context.Context, alert.Notice) error) error {
	pass := func(n alert.Notice) {
		if n.Kind == alert.KindAlert {
			if at, told := h.last[n.Rule]; told && time.Since(at) < heraldCooldown {
				return
			}
			h.last[n.Rule] = time.Now()
		} else {
			delete(h.last, n.Rule) // if it comes back, people have to hear of it
		}
		// The log has it already; an outbox that cannot be written has its own
		// trouble, which the watcher reports.
		_ = tell(context.WithoutCancel(ctx), n)
	}
	for {
		select {
		case n := <-h.events:
			pass(n)
			continue
		case <-ctx.Done():
		}
		select {
		case n := <-h.events:
			pass(n)
		default:
			return nil
		}
	}
}

// tell stores a notice of Logboom's own, for all notifiers.
func (e *Engine) tell(ctx context.Context, n alert.Notice) error {
	err := e.state.Decide(ctx, "", nil, alert.Decisions{Notices: []alert.Notice{n}})
	if err != nil {
		// What cannot be written can still be said: a full disk is full for
		// the outbox, too.
		if e.dispatcher.Direct(n) {
			e.watcher.count([]alert.Notice{n})
			return nil
		}
		e.log.Error("people cannot be told", "what", n.Rule, "text", n.Text, "error", err)
		return err
	}
	e.watcher.count([]alert.Notice{n})
	e.dispatcher.Wake()
	return nil
}
