package engine

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/store"
)

func TestATroubleIsToldOnceAndAgainWhenItComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full, over := store.Event{Kind: store.EventDiskFull}, store.Event{Kind: store.EventDiskFull, Over: true}
		h := newHerald()
		for _, ev := range []store.Event{full, full, over, full} {
			h.storeEvent(ev)
		}
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, stop)
		var told []alert.Kind
		err := h.run(ctx, func(_ context.Context, n alert.Notice) error {
			told = append(told, n.Kind)
			return nil
		})
		if want := []alert.Kind{alert.KindAlert, alert.KindClear, alert.KindAlert}; err != nil || !slices.Equal(told, want) {
			t.Errorf("told %v, %v; want %v", told, err, want)
		}
	})
}
