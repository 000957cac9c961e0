package engine

import (
	"strings"
	"testing"
	"time"
)

func TestLossesAreToldOnceAnHourAndListenerWithCountAndCure(t *testing.T) {
	begin := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	l := losses{}
	steps := []struct {
		name     string
		after    time.Duration
		listener string
		dropped  map[string]int64
		want     []string // all in the text; nil = nothing is told
	}{
		{"nothing lost", 0, "udp :514", nil, nil},
		{"the first loss is told at once", time.Minute, "udp :514", map[string]int64{"kernel": 7, "queue": 2, "refused": 4}, []string{"udp :514 lost 9 messages since 08:00:00: kernel 7 (", "kernel 7 (", "rmem_max", "queue 2 ("}},
		{"more within the hour waits", 10 * time.Minute, "udp :514", map[string]int64{"kernel": 5}, nil},
		{"another listener has its own hour", 11 * time.Minute, "udp :1514", map[string]int64{"disk": 1}, []string{"udp :1514 lost 1 message since", "make room"}},
		{"who is refused rings no phone", 12 * time.Minute, "tcp :601", map[string]int64{"refused": 1000}, nil},
		{"nor does a message whose end was cut", 13 * time.Minute, "tcp :601", map[string]int64{"oversize": 3, "refused": 1}, nil},
		{"the time of a loss is when all was well last", 14 * time.Minute, "tcp :601", map[string]int64{"queue": 3}, []string{"lost 3 messages since 08:13:00: queue 3 ("}},
		{"more waits with the rest", 20 * time.Minute, "udp :514", map[string]int64{"kernel": 6}, nil},
		{"after the hour all of it is told without a new loss", 62 * time.Minute, "udp :514", nil, []string{"udp :514 lost 11 messages since 08:01:00"}},
		{"and then nothing is left", 3 * time.Hour, "udp :514", nil, nil},
	}
	for _, tt := range steps {
		got := l.add(tt.listener, tt.dropped, begin.Add(tt.after))
		if (got == "") != (tt.want == nil) {
			t.Errorf("%s: told %q", tt.name, got)
		}
		for _, w := range tt.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: told %q, want %q in it", tt.name, got, w)
			}
		}
	}
}
