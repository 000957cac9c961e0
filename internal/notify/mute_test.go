package notify

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

func TestMutedAlertsWaitAndAreToldAtTheEnd(t *testing.T) {
	s := new(script)
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		d.Mute(time.Now().Add(time.Hour))
		for range 30 {
			box.add(time.Now(), notes(1)...)
			d.Wake()
			after(time.Minute)
		}
		d.Retry() // a test message worked meanwhile
		after(29 * time.Minute)
		if got := s.got(); len(got) > 0 || box.waiting() != 30 {
			t.Fatalf("muted, but sent %v; %d wait", got, box.waiting())
		}
		if until := d.MutedUntil(); time.Until(until) != time.Minute {
			t.Errorf("muted for %v more, want a minute", time.Until(until))
		}
		after(time.Minute)
		if got := s.got(); len(got) != 1 || got[0].at != time.Hour || len(got[0].ids) != 30 {
			t.Errorf("sent %v, want a digest of 30 after an hour", got)
		}
		if !d.MutedUntil().IsZero() || box.waiting() != 0 {
			t.Errorf("muted until %v, %d wait", d.MutedUntil(), box.waiting())
		}
	})
}

func TestMuteCanBeEnded(t *testing.T) {
	s := new(script)
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		d.Mute(time.Now().Add(time.Hour))
		box.add(time.Now(), notes(1)...)
		after(10 * time.Second)
		d.Mute(time.Time{})
		synctest.Wait()
		if got := s.got(); len(got) != 1 || got[0].at != 10*time.Second {
			t.Errorf("sent %v, want the alert as soon as the mute was ended", got)
		}
	})
}

func TestOwnTroubleIsToldWhileMuted(t *testing.T) {
	s := new(script)
	own := alert.Note{Notifier: "telegram", Notice: alert.Notice{Kind: alert.KindAlert, Rule: alert.OwnPrefix + "disk full", Text: "no space left"}}
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		d.Mute(time.Now().Add(time.Hour))
		box.add(time.Now(), append(notes(20), own)...)
		d.Wake()
		after(time.Minute)
		if got := s.delivered(); len(got) != 1 || got[21] != 1 {
			t.Errorf("told %v, want note 21 only", got)
		}
		d.Direct(own.Notice)
		after(time.Minute)
		if n := d.Health()[0].Sent; n != 2 {
			t.Errorf("%d sent, want what cannot be written into the outbox, too", n)
		}
	})
}

func TestMuteLooksIntoTheOutboxOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := new(counting)
		d := NewDispatcher(Options{Outbox: box, Notifiers: []Notifier{new(script)}})
		d.Mute(time.Now().Add(time.Hour))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go d.Run(ctx)
		for range 1000 {
			d.Wake()
			after(10 * time.Millisecond)
		}
		if looks := box.looks.Load(); looks > 11 {
			t.Errorf("%d looks in 10 s", looks)
		}
	})
}

// counting is an [Outbox] that counts how often it is looked into.
type counting struct {
	memory
	looks atomic.Int64
}

func (c *counting) Due(ctx context.Context, notifier string, now time.Time, limit int) ([]alert.Note, error) {
	c.looks.Add(1)
	return c.memory.Due(ctx, notifier, now, limit)
}

func TestMuteIsForgottenIfTheClockIsSetBack(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	var m mute
	m.until.Store(now.Add(time.Hour).UnixMicro())
	for _, tt := range []struct {
		name string
		now  time.Time
		want time.Duration
	}{
		{"in the middle", now.Add(time.Minute), 59 * time.Minute},
		{"over", now.Add(time.Hour), 0},
		{"long over", now.AddDate(10, 0, 0), 0},
		{"a day early", now.Add(-24 * time.Hour), 0},
		{"1970", time.Unix(0, 0), 0},
	} {
		if got := m.left(tt.now); got != tt.want {
			t.Errorf("%s: %v left, want %v", tt.name, got, tt.want)
		}
	}
}
