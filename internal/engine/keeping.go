package engine

import (
	"context"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/store"
)

// sealed keeps what identifies a file of a closed day. It is called by the
// store when a past day will not be written any more. That a day is damaged the
// store tells by an event.
func (e *Engine) sealed(s store.Seal) error {
	return e.state.SaveDay(context.Background(), state.Day{
		Day: s.Day, Part: s.Part, SHA256: s.SHA256, Bytes: s.Size, Messages: s.Messages, SealedAt: time.Now().UnixMicro(),
	})
}

// isSealed reports whether sealed has kept a file of a closed day.
func (e *Engine) isSealed(day, part int) (bool, error) {
	return e.state.HasDay(context.Background(), day, part)
}

// pruneWait is how often what is older than the oldest day is forgotten.
const pruneWait = time.Hour

// prune forgets alerts, ledger and checkpoints older than the logs, until ctx
// is done.
func (e *Engine) prune(ctx context.Context) error {
	tick := time.NewTicker(pruneWait)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		days, err := e.store.Archive().Days()
		if err != nil || len(days) == 0 {
			continue // nothing to measure by
		}
		if err := e.state.Prune(ctx, time.UnixMicro(days[0].From).In(e.config().Location())); err != nil && ctx.Err() == nil {
			e.log.Warn("old alerts and counts cannot be removed", "error", err)
		}
	}
}

// alerts lists what people were told, newest first.
func (e *Engine) alerts(ctx context.Context, limit int) ([]console.Alert, error) {
	alerts, err := e.state.RecentAlerts(ctx, limit)
	return consoleAlerts(alerts), err
}

func consoleAlerts(alerts []state.Alert) []console.Alert {
	out := make([]console.Alert, len(alerts))
	for i, a := range alerts {
		out[i] = console.Alert{
			ID: a.ID, Kind: string(a.Kind), Rule: a.Rule, DeviceName: a.DeviceName, Site: a.Site, Severity: int(a.Severity),
			Text: a.Text, At: a.At, Count: a.Count, Delivery: delivery(&a),
		}
		if a.Device.IsValid() {
			out[i].Device = a.Device.String()
			out[i].Message = a.Position.String()
		}
	}
	return out
}

// delivery says in words what became of an alert, by notifier.
func delivery(a *state.Alert) map[string]string {
	out := map[string]string{}
	for _, name := range a.Targets {
		out[name] = a.DeliveryTo(name)
	}
	return out
}
