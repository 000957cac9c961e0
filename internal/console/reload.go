package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Reloaded says what became of settings that were read again. Keys are those of
// the settings: "listen.udp", "alerts.rule".
type Reloaded struct {
	Applied []string `json:"applied"` // changed, and in force
	Restart []string `json:"restart"` // differ from what is in force, and take a restart
	Notes   []string `json:"notes"`   // what people should know of those that were applied
	Changes []string `json:"-"`       // what an edit has changed, in words, for the audit log
}

// shown returns done as it is answered.
func shown(done Reloaded) Reloaded {
	return Reloaded{Applied: list(done.Applied), Restart: list(done.Restart), Notes: list(done.Notes)}
}

// reloadTime bounds a reload: it waits for ports, for the alerts, and for one
// before it.
const reloadTime = time.Minute

// postReload reads the settings again: {"applied": [...], "restart": [...],
// "notes": [...]}. Those that cannot be used change nothing; the answer is 422
// and has the problems.
func (c *Console) postReload(w http.ResponseWriter, r *http.Request) {
	// Half of a reload is none: it does not end when its client goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), reloadTime)
	defer cancel()
	done, err := c.opts.Reload(ctx)
	w.Header().Set("Cache-Control", "no-store")
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		c.record(r, whoAsks(r), "settings not loaded", refusal.Message)
		answer(w, http.StatusUnprocessableEntity, map[string]any{
			"error": failure{Message: refusal.Message, Hint: refusal.Hint}, "problems": list(refusal.Problems),
		})
	case err != nil:
		c.record(r, whoAsks(r), "settings not loaded", err.Error())
		fail(w, http.StatusInternalServerError, "the settings were not loaded: "+err.Error(), "the ones before are in force")
	default:
		c.record(r, whoAsks(r), "settings loaded", strings.Join(done.Applied, ", "))
		answer(w, http.StatusOK, shown(done))
	}
}
