package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/state"
)

func TestAlertsThatWaitAreListedWithTheReasonBelow(t *testing.T) {
	make := func(text, reason string, waiting int) state.Alert {
		a := state.Alert{Targets: []string{"telegram"}, Waiting: waiting, LastError: reason}
		a.Notice = alert.Notice{Rule: "ONU lost", Text: text}
		return a
	}
	alerts := []state.Alert{
		make("one", "", 0), make("two", "telegram: a long reason", 1), make("three", "telegram: a long reason", 1), make("four\nlines", "telegram: another", 1),
		{Notice: alert.Notice{Rule: "x", Text: "five"}},
	}
	var b strings.Builder
	if err := writeAlerts(&b, alerts, &wanted{zone: time.UTC}); err != nil {
		t.Fatal(err)
	}
	want := `-  ONU lost  -  sent      one
-  ONU lost  -  waiting   two
    -> telegram: a long reason
-  ONU lost  -  waiting   three
-  ONU lost  -  waiting   four\nlines
    -> telegram: another
-  x         -  not sent  five
    -> nobody was set up to be told
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

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
