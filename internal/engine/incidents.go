package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/state"
)

// incidents is the state's list of incidents in the words of the console.
type incidents struct{ *Engine }

func (s incidents) Incidents(ctx context.Context, f console.IncidentFilter) ([]console.Incident, error) {
	all, err := s.state.Incidents(ctx, state.IncidentFilter{Open: f.Open, Device: f.Device, Before: f.Before, Limit: f.Limit})
	if err != nil {
		return nil, err
	}
	out := make([]console.Incident, len(all))
	for i := range all {
		out[i] = consoleIncident(&all[i])
	}
	return out, nil
}

func (s incidents) Incident(ctx context.Context, id int64) (console.Incident, error) {
	i, err := s.state.Incident(ctx, id)
	if err != nil {
		return console.Incident{}, noIncident(id, err)
	}
	return consoleIncident(&i), nil
}

func (s incidents) Flapping(ctx context.Context, since time.Time, most int) ([]console.Flap, error) {
	flaps, err := s.state.Flapping(ctx, since, most)
	out := make([]console.Flap, len(flaps))
	for i, f := range flaps {
		out[i] = console.Flap{Device: f.Device.String(), DeviceName: f.DeviceName, Site: f.Site, Object: f.Object, Rule: f.Rule, Times: f.Times, LastAt: f.LastAt, Incident: f.Incident}
	}
	return out, err
}

func (s incidents) Told(ctx context.Context, id int64, most int) ([]console.Alert, error) {
	told, err := s.state.AlertsOf(ctx, id, most)
	return consoleAlerts(told), err
}

func (s incidents) Handle(ctx context.Context, id int64, h console.Handling) error {
	_, err := s.handle(ctx, id, state.Handling(h))
	return noIncident(id, err)
}

func noIncident(id int64, err error) error {
	if errors.Is(err, state.ErrNoIncident) {
		return fmt.Errorf("incident %d: %w", id, console.ErrNoIncident)
	}
	return err
}

func consoleIncident(i *state.Incident) console.Incident {
	c := console.Incident{
		Incident: i.Incident, What: i.What(), Facts: append([]string{}, i.Facts()...),
		AckedAt: i.AckedAt, AckedBy: i.AckedBy, MutedUntil: i.MutedUntil, Note: i.Note,
	}
	if i.Last.ID != 0 {
		c.Message = i.Last.String()
	}
	return c
}

var _ console.Incidents = incidents{}
