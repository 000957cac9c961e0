package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// events collects what parts do, in order.
type events struct {
	mu   sync.Mutex
	list []string
}

func (e *events) note(s string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, s)
}

// busy is a part that needs the time drain to end after it was told to.
func (e *events) busy(name string, drain time.Duration) part {
	return part{name, func(ctx context.Context) error {
		e.note(name + " starts")
		<-ctx.Done()
		e.note(name + " told")
		time.Sleep(drain) // fake time
		e.note(name + " done")
		return nil
	}}
}

func TestFlowStopsAlongTheFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		err := flow(ctx, []part{e.busy("listener", time.Second), e.busy("writer", 3*time.Second), e.busy("console", 0)}, 10*time.Second)
		if err != nil {
			t.Fatalf("flow = %v, want nil after an orderly stop", err)
		}
		got := strings.Join(e.list[3:], ",")
		if want := "listener told,listener done,writer told,writer done,console told,console done"; got != want {
			t.Errorf("events\n got %s\nwant %s", got, want)
		}
	})
}

func TestFlowEndsWhenAPartDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		broken := errors.New("disk on fire")
		dying := part{"writer", func(ctx context.Context) error {
			time.Sleep(time.Second) // fake time
			return broken
		}}
		err := flow(t.Context(), []part{e.busy("listener", 0), dying, e.busy("console", 0)}, time.Second)
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "writer: disk on fire") {
			t.Errorf("flow = %v, want it to name the writer and its error", err)
		}
	})
}

func TestFlowCountsAnUnaskedReturnAsFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quits := part{"listener", func(context.Context) error { return nil }}
		if err := flow(t.Context(), []part{quits}, time.Second); !errors.Is(err, errStopped) {
			t.Errorf("flow = %v, want %v", err, errStopped)
		}
	})
}

func TestFlowAcceptsAPartThatEndsWithItsSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		closed := make(chan struct{})
		sender := part{"listener", func(ctx context.Context) error { <-ctx.Done(); close(closed); return nil }}
		receiver := part{"writer", func(context.Context) error { <-closed; return nil }}
		time.AfterFunc(time.Second, cancel)
		if err := flow(ctx, []part{sender, receiver}, time.Second); err != nil {
			t.Errorf("flow = %v, want nil: the writer ended because the listener did", err)
		}
	})
}

func TestFlowLeavesAHangingPartBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		hangs := part{"writer", func(context.Context) error { <-release; return nil }}
		cancel()
		err := flow(ctx, []part{hangs}, 8*time.Second)
		if err == nil || !strings.Contains(err.Error(), "writer: still busy 8s") {
			t.Errorf("flow = %v, want the writer named as still busy", err)
		}
		close(release)
	})
}
