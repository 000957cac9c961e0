package engine

import (
	"testing"
	"time"
)

func TestAgeOfTheOldestUnseenMessage(t *testing.T) {
	var b behind
	start := time.Unix(1e9, 0)
	ask := func(seconds int, stored, lag int64) time.Duration {
		return b.age(start.Add(time.Duration(seconds)*time.Second), stored, lag)
	}
	for _, tt := range []struct {
		name        string
		at          int
		stored, lag int64
		want        time.Duration
	}{
		{"nothing is known yet", 0, 1000, 0, 0},
		{"all is seen", 10, 2000, 0, 0},
		{"what came since is not seen", 20, 3000, 500, 0},
		{"some of what was there at 20 s", 30, 4000, 1001, 10 * time.Second},
		{"nothing comes and nothing is seen", 90, 4000, 1001, 70 * time.Second},
		{"all of it is seen", 91, 4000, 0, 0},
		{"not asked for long", 1000, 9000, 5000, 0},
		{"and still not seen", 1100, 9000, 5000, 100 * time.Second},
	} {
		if got := ask(tt.at, tt.stored, tt.lag); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	for i := range 1000 {
		ask(2000+10*i, 10_000, 9999)
	}
	if len(b.seen) != behindKept || cap(b.seen) > 2*behindKept {
		t.Errorf("%d are kept, in %d places", len(b.seen), cap(b.seen))
	}
}
