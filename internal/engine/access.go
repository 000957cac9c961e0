package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/login"
	"github.com/logboom/logboom/internal/state"
)

// buildGuard makes what says who may come into the console.
func (e *Engine) buildGuard() (err error) {
	e.guard, err = login.NewGuard(context.Background(), login.Options{
		Path: filepath.Join(e.config().DataDirectory(), login.FileName), Sessions: sessions{e.state}, Changed: e.usersChanged, Log: e.log,
	})
	if err != nil {
		return fmt.Errorf("reading who is signed in to the console: %w", err)
	}
	return nil
}

// sessions are the state's in the words of login.
type sessions struct{ state *state.State }

func (s sessions) Sessions(ctx context.Context) ([]login.Session, error) {
	list, err := s.state.Sessions(ctx)
	out := make([]login.Session, len(list))
	for i := range list {
		out[i] = login.Session(list[i])
	}
	return out, err
}

func (s sessions) SaveSession(ctx context.Context, v login.Session) error {
	return s.state.SaveSession(ctx, state.Session(v))
}

func (s sessions) EndSessions(ctx context.Context, keys [][32]byte) error {
	return s.state.EndSessions(ctx, keys)
}

// audit is the state's audit log in the words of the console.
type audit struct{ state *state.State }

func (a audit) Record(ctx context.Context, c console.Change) error {
	return a.state.Record(ctx, state.Change{At: c.At, Who: c.Who, Address: c.Address, Action: c.Action, Detail: c.Detail})
}

func (a audit) Changes(ctx context.Context, before int64, limit int) ([]console.Change, error) {
	return consoleChanges(a.state.Changes(ctx, before, limit))
}

func (a audit) ChangesOf(ctx context.Context, thing string, limit int) ([]console.Change, error) {
	return consoleChanges(a.state.ChangesOf(ctx, thing, limit))
}

func consoleChanges(list []state.Change, err error) ([]console.Change, error) {
	out := make([]console.Change, len(list))
	for i, c := range list {
		out[i] = console.Change{ID: c.ID, At: c.At, Who: c.Who, Address: c.Address, Action: c.Action, Detail: c.Detail}
	}
	return out, err
}

// usersChanged keeps what was done to users and tokens on the command line.
func (e *Engine) usersChanged(ctx context.Context, list []login.Change) error {
	out := make([]state.Change, len(list))
	for i, c := range list {
		out[i] = state.Change{At: c.At, Who: c.By + ", command line", Action: c.Action, Detail: c.Detail, Mark: c.ID}
	}
	return e.state.Record(ctx, out...)
}

// recordChat keeps what somebody has done in a chat. It is done by then, so that
// it cannot be kept is said in the log only.
func (e *Engine) recordChat(ctx context.Context, by, action, detail string) {
	err := e.state.Record(context.WithoutCancel(ctx), state.Change{At: time.Now().UnixMicro(), Who: by + ", Telegram", Action: action, Detail: detail})
	if err != nil {
		e.log.Error("the audit log cannot be written", "error", err, "who", strconv.Quote(by), "action", action, "detail", detail)
	}
}

var (
	_ login.Sessions = sessions{}
	_ console.Audit  = audit{}
)
