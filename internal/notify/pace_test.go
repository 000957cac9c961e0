package notify

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	p := pace{Limit: telegramLimit}
	now := start
	var at []time.Duration
	for range 100 {
		wait := p.wait(now)
		if wait < 0 {
			t.Fatalf("wait = %v", wait)
		}
		now = now.Add(wait)
		if again := p.wait(now); again != 0 {
			t.Fatalf("after waiting %v, %v more are to be waited", wait, again)
		}
		p.take(now)
		at = append(at, now.Sub(start))
	}
	for i := range at {
		if i > 0 && at[i]-at[i-1] < time.Second {
			t.Errorf("messages %d and %d are %v apart", i-1, i, at[i]-at[i-1])
		}
		if i >= 20 && at[i]-at[i-20] < time.Minute {
			t.Errorf("21 messages within %v", at[i]-at[i-20])
		}
	}
	if got := at[9]; got != 9*time.Second {
		t.Errorf("the tenth message is at %v, want a second after each other at first", got)
	}
	if gap := at[99] - at[98]; gap != 6*time.Second {
		t.Errorf("in a flood the messages are %v apart", gap)
	}
	if p.wait(now.Add(time.Hour)) != 0 || p.quick(now.Add(time.Hour)) != 10 {
		t.Error("an hour later, all is free again")
	}
}

func TestPaceOfOne(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	p := pace{Limit: Limit{Burst: 1, Within: time.Hour}}
	if p.wait(now) != 0 {
		t.Error("the first message has to wait")
	}
	p.take(now)
	if got := p.wait(now.Add(time.Minute)); got != 59*time.Minute {
		t.Errorf("the second waits %v, want 59 minutes", got)
	}
}
