package main

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestIfSlow(t *testing.T) {
	for name, test := range map[string]struct {
		takes time.Duration
		want  int
	}{"quick": {999 * time.Millisecond, 0}, "slow": {1001 * time.Millisecond, 1}, "very slow": {time.Minute, 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				said := 0
				done := ifSlow(time.Second, func() { said++ })
				time.Sleep(test.takes) // in the time of the bubble
				if done(); said != test.want {
					t.Errorf("said %d times, want %d", said, test.want)
				}
			})
		})
	}
}
