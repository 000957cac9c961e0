package state

import (
	"testing"
	"time"
)

func TestMuteOutlivesARestart(t *testing.T) {
	ctx, path := t.Context(), newFile(t)
	s := open(t, path)
	if until := get(s.MutedUntil(ctx))(t); !until.IsZero() {
		t.Errorf("a new file is muted until %v", until)
	}
	hour := time.Now().Add(time.Hour).Truncate(time.Microsecond)
	must(t, s.Mute(ctx, hour.Add(time.Hour)))
	must(t, s.Mute(ctx, hour)) // the last word counts
	must(t, s.Close())

	s = open(t, path)
	if until := get(s.MutedUntil(ctx))(t); !until.Equal(hour) {
		t.Errorf("muted until %v after a restart, want %v", until, hour)
	}
	must(t, s.Mute(ctx, time.Time{}))
	if until := get(s.MutedUntil(ctx))(t); !until.IsZero() {
		t.Errorf("still muted until %v", until)
	}
}
