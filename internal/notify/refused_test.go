package notify

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

func TestSomethingNewIsTriedSoonerWhileSomebodyMustAct(t *testing.T) {
	mended := false
	s := &script{answer: func(int, []alert.Note) (bool, time.Duration, error) {
		if mended {
			return false, 0, nil
		}
		return false, 0, errors.New("telegram: kicked")
	}}
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		add := func() { box.add(time.Now(), note(1)); d.Wake(); synctest.Wait() }
		add() // the first attempt
		for range 300 {
			add()
			after(time.Second)
		}
		if n := len(s.got()); n < 5 || n > 6 {
			t.Errorf("%d attempts in five minutes with an alert each second, want one a minute", n)
		}
		after(time.Second)
		add()
		if h := d.Health()[0]; h.OK || h.RetryAt.Before(time.Now()) || h.RetryAt.After(time.Now().Add(time.Minute)) {
			t.Errorf("health %+v at %v", h, time.Now())
		}
		after(5 * time.Minute)
		mended = true
		add()
		after(time.Minute)
		if box.waiting() != 0 {
			t.Errorf("%d notes wait a minute after a new one", box.waiting())
		}
	})
}

func TestAskedToWaitIsObeyedForNewsToo(t *testing.T) {
	s := &script{answer: func(int, []alert.Note) (bool, time.Duration, error) {
		return true, 5 * time.Minute, errors.New("telegram: too many")
	}}
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		for range 290 {
			box.add(time.Now(), note(1))
			d.Wake()
			after(time.Second)
		}
		if n := len(s.got()); n != 1 {
			t.Errorf("%d attempts within the five minutes asked for", n)
		}
	})
}

// poison refuses messages with any of the notes.
func poison(ids ...int64) *script {
	return &script{answer: func(_ int, notes []alert.Note) (bool, time.Duration, error) {
		for _, n := range notes {
			for _, id := range ids {
				if n.ID == id {
					return false, 0, fmt.Errorf("%w: too odd", ErrRefused)
				}
			}
		}
		return false, 0, nil
	}}
}

func TestRefusedNotesHoldUpNobody(t *testing.T) {
	for name, tt := range map[string]struct {
		all    int
		poison []int64
		within time.Duration
	}{
		"three in a row before a good one": {4, []int64{1, 2, 3}, 11 * time.Minute},
		"seven in a row":                   {9, []int64{1, 2, 3, 4, 5, 6, 7}, 35 * time.Minute},
		"one in the digest of a storm":     {30, []int64{7}, 5 * time.Minute},
		"some in the digest of a storm":    {30, []int64{1, 3, 9, 20, 30}, 35 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s := poison(tt.poison...)
			stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
				box.add(time.Now(), notes(tt.all)...)
				d.Wake()
				after(tt.within)
				if got, want := len(s.delivered()), tt.all-len(tt.poison); got != want {
					t.Errorf("%d notes were delivered, want %d:\n%v", got, want, s.got())
				}
				if box.waiting() != len(tt.poison) {
					t.Errorf("%d notes wait, want those that are refused, %d", box.waiting(), len(tt.poison))
				}
				before := len(s.got())
				after(time.Hour)
				if n := len(s.got()) - before; n > 7*len(tt.poison) {
					t.Errorf("%d attempts in the hour after", n)
				}
			})
		})
	}
}

func TestWhatWasRefusedAllAlongGoesTogetherOnceItIsTaken(t *testing.T) {
	refused := true
	s := &script{answer: func(int, []alert.Note) (bool, time.Duration, error) {
		if refused {
			return false, 0, fmt.Errorf("%w: no reason", ErrRefused)
		}
		return false, 0, nil
	}}
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		box.add(time.Now(), notes(40)...)
		d.Wake()
		after(3 * time.Hour)
		if n := len(s.got()); n > 3*18+18 {
			t.Errorf("%d attempts in three hours", n)
		}
		refused = false
		before := len(s.got())
		after(11 * time.Minute)
		if len(s.delivered()) != 40 || len(s.got())-before > 10 {
			t.Errorf("%d of 40 delivered, in %d messages", len(s.delivered()), len(s.got())-before)
		}
	})
}

func TestRefusedDirectNoticeDoesNotHoldUpTheOutbox(t *testing.T) {
	s := &script{answer: func(_ int, notes []alert.Note) (bool, time.Duration, error) {
		if notes[0].Notice.Text == "odd" {
			return false, 0, fmt.Errorf("%w: too odd", ErrRefused)
		}
		return false, 0, nil
	}}
	stage(t, s, func(d *Dispatcher, box *memory, log *bytes.Buffer) {
		d.Direct(alert.Notice{Kind: alert.KindAlert, Rule: "Logboom: disk full", Text: "odd", Count: 1})
		d.Direct(alert.Notice{Kind: alert.KindAlert, Rule: "Logboom: locked", Text: "fine", Count: 1})
		box.add(time.Now(), note(1))
		d.Wake()
		after(time.Minute)
		if got := s.got(); len(got) != 3 || got[1].err != nil || got[2].err != nil || box.waiting() != 0 {
			t.Errorf("sent %v, %d wait", got, box.waiting())
		}
		if !strings.Contains(log.String(), "is given up") || !strings.Contains(log.String(), "odd") {
			t.Errorf("log: %s", log)
		}
	})
}
