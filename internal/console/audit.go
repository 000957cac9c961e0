package console

import (
	"context"
	"net/http"
	"strconv"

	"github.com/logboom/logboom/internal/login"
)

// A Change is a line of the audit log: who changed what.
type Change struct {
	ID      int64  `json:"id"`
	At      int64  `json:"at"`      // µs since 1970 UTC
	Who     string `json:"who"`     // user, token, or "this machine"
	Address string `json:"address"` // from where; "" = not over the network
	Action  string `json:"action"`
	Detail  string `json:"detail"`
}

// An Audit keeps who changed what.
type Audit interface {
	Record(context.Context, Change) error
	// Changes returns lines, newest first, with a lower number than before;
	// 0 = the newest.
	Changes(ctx context.Context, before int64, limit int) ([]Change, error)
	// ChangesOf returns lines whose detail is of one thing, "incident 7" or
	// "incident 7, until …", newest first.
	ChangesOf(ctx context.Context, thing string, limit int) ([]Change, error)
}

// who names somebody in the audit log.
func who(p login.Person) string {
	switch p.How {
	case login.ByToken:
		return "token " + p.Name
	case login.BySession:
		return p.Name
	}
	return "this machine"
}

// record notes what somebody has changed. It is done by then, so that it cannot
// be noted is said in our own log only.
func (c *Console) record(r *http.Request, p login.Person, action, detail string) {
	if c.opts.Audit == nil {
		return
	}
	change := Change{At: c.now().UnixMicro(), Who: who(p), Action: action, Detail: detail}
	if a := remoteAddr(r); a.IsValid() {
		change.Address = a.String()
	}
	if err := c.opts.Audit.Record(context.WithoutCancel(r.Context()), change); err != nil {
		c.log.Error("console: the audit log cannot be written", "error", err, "who", change.Who, "address", change.Address, "action", action, "detail", strconv.Quote(detail))
	}
}

func (c *Console) getAudit(w http.ResponseWriter, r *http.Request) {
	limit, ok := limitOf(w, r)
	if !ok {
		return
	}
	var before int64
	if v := r.URL.Query().Get("before"); v != "" {
		var err error
		if before, err = strconv.ParseInt(v, 10, 64); err != nil || before < 1 {
			fail(w, http.StatusBadRequest, "before: "+strconv.Quote(v)+" is not the number of a line of the audit log", "")
			return
		}
	}
	changes, err := c.opts.Audit.Changes(r.Context(), before, limit)
	if err != nil {
		c.log.Error("console: reading the audit log", "error", err)
		fail(w, http.StatusInternalServerError, "the audit log cannot be read, see Logboom's own log", "")
		return
	}
	answer(w, http.StatusOK, map[string]any{"changes": list(changes)})
}
