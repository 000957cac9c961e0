package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/notify"
	"github.com/logboom/logboom/internal/state"
)

// book is what the state knows of incidents, in the words of notify. The state
// is opened after the notifiers are made, since it has to know their names.
type book struct{ e *Engine }

func (b book) Told(ctx context.Context, notifier string, incident int64, place string) (notify.Told, bool, error) {
	t, ok, err := b.e.state.Told(ctx, notifier, incident, place)
	return notify.Told(t), ok, err
}

func (b book) NewestTold(ctx context.Context, notifier, place string) (int64, error) {
	return b.e.state.NewestTold(ctx, notifier, place)
}

func (b book) SetTold(ctx context.Context, notifier string, incident int64, place string, t notify.Told) error {
	return b.e.state.SetTold(ctx, notifier, incident, place, state.Told(t))
}

func (b book) IncidentTold(ctx context.Context, notifier, place, message string) (int64, error) {
	return b.e.state.IncidentTold(ctx, notifier, place, message)
}

func (b book) Handled(ctx context.Context, incident int64) (notify.Handled, bool, error) {
	i, err := b.e.state.Incident(ctx, incident)
	if errors.Is(err, state.ErrNoIncident) {
		return notify.Handled{}, false, nil
	}
	return handled(i), err == nil, err
}

func handled(i state.Incident) notify.Handled {
	return notify.Handled{Incident: i.Incident, AckedAt: i.AckedAt, AckedBy: i.AckedBy, MutedUntil: i.MutedUntil}
}

// silenced are the incidents that people do not want to be told of, which the lanes
// ask for each note.
type silenced struct {
	mu    sync.Mutex
	until map[int64]time.Time // at most as many as people have muted by hand
}

func (h *silenced) load(until map[int64]time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until = until
}

func (h *silenced) set(incident int64, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(h.until, func(_ int64, until time.Time) bool { return !until.After(now) })
	if h.until == nil {
		h.until = map[int64]time.Time{}
	}
	if delete(h.until, incident); until.After(now) {
		h.until[incident] = until
	}
}

// now reports whether an incident is muted.
func (h *silenced) now(incident int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.until[incident].After(time.Now())
}

// handle keeps what somebody does about an incident, has the messages that tell
// of it show it, and returns the incident as it is then. The error is
// [state.ErrNoIncident] if there is none.
func (e *Engine) handle(ctx context.Context, id int64, h state.Handling) (i state.Incident, err error) {
	if err := e.state.Handle(ctx, id, h); err != nil {
		return i, err
	}
	if h.MutedUntil != nil {
		e.silenced.set(id, *h.MutedUntil)
	}
	if i, err = e.state.Incident(ctx, id); err != nil {
		return i, err
	}
	if h.Ack != nil || h.MutedUntil != nil {
		e.log.Info("somebody took care of an incident", "incident", id, "what", i.What(), "by", h.By, "acknowledged", i.AckedAt != 0, "muted_until", e.clock(i.MutedUntil))
	}
	e.dispatcher.Again(alert.Notice{
		Kind: alert.KindMore, Rule: i.Rule, Device: i.Device, DeviceName: i.DeviceName, Site: i.Site, Severity: i.Severity,
		Text: i.Text, At: i.UpdatedAt, Count: i.Count, Position: i.Last, Incident: &i.Incident,
	})
	return i, nil
}

// clock returns a time in µs since 1970 UTC for people, "" for 0.
func (e *Engine) clock(micros int64) string {
	if micros == 0 {
		return ""
	}
	return time.UnixMicro(micros).In(e.config().Location()).Format(time.DateTime)
}

// restoreHeld takes up which incidents the last run was told to be silent about.
func (e *Engine) restoreHeld(ctx context.Context) error {
	until, err := e.state.MutedIncidents(ctx, time.Now())
	if err != nil {
		return fmt.Errorf("reading which incidents are muted: %w", err)
	}
	e.silenced.load(until)
	return nil
}
