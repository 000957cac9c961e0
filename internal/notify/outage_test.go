package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

func TestOutageOfAMinute(t *testing.T) {
	s := new(script)
	s.answer = func(int, []alert.Note) (bool, time.Duration, error) {
		if time.Since(s.start) < time.Minute {
			return true, 0, errDown
		}
		return false, 0, nil
	}
	stage(t, s, func(d *Dispatcher, box *memory, log *bytes.Buffer) {
		box.add(time.Now(), notes(3)...)
		d.Wake()
		after(time.Minute)
		if h := d.Health()[0]; h.OK || h.Error != errDown.Error() || h.Retried == 0 || !h.FailingSince.Equal(s.start) || h.RetryAt.IsZero() {
			t.Errorf("health while it is down: %+v", h)
		}
		if n := box.notes[0]; n.Attempts == 0 || n.LastError != errDown.Error() {
			t.Errorf("the note does not know of its attempts: %+v", n)
		}
		after(30 * time.Second)
		if n := len(s.delivered()); n != 3 {
			t.Errorf("%d of 3 notes were delivered within half a minute", n)
		}
		if h := d.Health()[0]; !h.OK || h.Error != "" || !h.RetryAt.IsZero() {
			t.Errorf("health after it: %+v", h)
		}
		if n := strings.Count(log.String(), "\n"); n != 2 {
			t.Errorf("%d log lines, want one when it began and one when it ended:\n%s", n, log)
		}
	})
}

func TestLongOutageIsFolded(t *testing.T) {
	s := new(script)
	s.answer = func(int, []alert.Note) (bool, time.Duration, error) {
		return time.Since(s.start) < time.Hour, 0, map[bool]error{true: errDown}[time.Since(s.start) < time.Hour]
	}
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		for range 6 {
			box.add(time.Now(), notes(1)...)
			d.Wake()
			after(10 * time.Minute)
		}
		box.add(time.Now(), notes(1)...)
		d.Wake()
		after(6 * time.Minute)
		got := slices.DeleteFunc(s.got(), func(m message) bool { return m.err != nil })
		if len(got) != 2 || len(got[0].ids) != 6 || len(got[1].ids) != 1 {
			t.Errorf("delivered %v, want the six old ones in a digest, then the new one", got)
		}
	})
}

func TestAskedToWait(t *testing.T) {
	s := &script{answer: func(n int, _ []alert.Note) (bool, time.Duration, error) {
		if n == 1 {
			return true, 97 * time.Second, errDown
		}
		return false, 0, nil
	}}
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		box.add(time.Now(), note(1))
		d.Wake()
		after(50 * time.Second)
		box.add(time.Now(), note(2))
		d.Wake()
		after(46 * time.Second)
		if got := s.got(); len(got) != 1 {
			t.Fatalf("sent %v before the time that was asked for", got)
		}
		after(2 * time.Second)
		if got := s.got(); len(got) < 2 || got[1].at != 97*time.Second {
			t.Errorf("sent %v, want the second at 97 s", got)
		}
	})
}

func TestSomebodyMustAct(t *testing.T) {
	kicked := errors.New("telegram: kicked")
	s := &script{answer: func(n int, _ []alert.Note) (bool, time.Duration, error) {
		if n <= 6 {
			return false, 0, kicked
		}
		return false, 0, nil
	}}
	stage(t, s, func(d *Dispatcher, box *memory, log *bytes.Buffer) {
		box.add(time.Now(), notes(30)...)
		d.Wake()
		after(59 * time.Minute)
		if got := s.got(); len(got) != 6 {
			t.Errorf("%d attempts within an hour, want 6", len(got))
		}
		if box.waiting() != 30 {
			t.Errorf("%d of 30 notes are kept", box.waiting())
		}
		if h := d.Health()[0]; h.OK || h.Refused != 6 || h.Retried != 0 {
			t.Errorf("health %+v", h)
		}
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("%d log lines, want 1:\n%s", n, log)
		}
		d.Retry() // somebody acted
		synctest.Wait()
		if len(s.delivered()) != 30 {
			t.Errorf("%d of 30 notes were delivered", len(s.delivered()))
		}
	})
}

func TestOneNoteIsRefused(t *testing.T) {
	s := &script{answer: func(_ int, notes []alert.Note) (bool, time.Duration, error) {
		for _, n := range notes {
			if n.ID == 2 {
				return false, 0, fmt.Errorf("%w: too odd", ErrRefused)
			}
		}
		return false, 0, nil
	}}
	stage(t, s, func(d *Dispatcher, box *memory, log *bytes.Buffer) {
		box.add(time.Now(), notes(4)...)
		d.Wake()
		after(time.Hour)
		if got := s.delivered(); got[1] != 1 || got[2] != 0 || got[3] != 1 || got[4] != 1 {
			t.Errorf("delivered %v, want all but 2", got)
		}
		if box.waiting() != 1 {
			t.Errorf("%d notes wait, want the one", box.waiting())
		}
		if n := strings.Count(log.String(), "refused"); n == 0 || n > 2 {
			t.Errorf("log:\n%s", log)
		}
		if n := len(s.got()); n > 12 {
			t.Errorf("%d attempts in an hour", n)
		}
	})
}

func TestErrorIsLoggedWhenItChanges(t *testing.T) {
	s := &script{answer: func(n int, _ []alert.Note) (bool, time.Duration, error) {
		if n <= 5 {
			return true, 0, errDown
		}
		return true, 0, errors.New("telegram: something else")
	}}
	stage(t, s, func(d *Dispatcher, box *memory, log *bytes.Buffer) {
		box.add(time.Now(), note(1))
		d.Wake()
		after(time.Hour)
		if n := strings.Count(log.String(), "\n"); n != 2 {
			t.Errorf("%d log lines, want 2:\n%s", n, log)
		}
	})
}

func TestOutboxCannotBeWritten(t *testing.T) {
	s := new(script)
	stage(t, s, func(d *Dispatcher, box *memory, log *bytes.Buffer) {
		box.add(time.Now(), notes(2)...)
		s.mu.Lock()
		s.answer = func(n int, _ []alert.Note) (bool, time.Duration, error) {
			if n == 1 {
				box.breaks(errors.New("disk full")) // between delivery and record
			}
			return false, 0, nil
		}
		s.mu.Unlock()
		d.Wake()
		after(10 * time.Minute)
		box.breaks(nil)
		after(time.Minute)
		if got := s.delivered(); got[1] != 1 || got[2] != 1 {
			t.Errorf("delivered %v, want each once", got)
		}
		if box.waiting() != 0 {
			t.Errorf("%d notes are not recorded", box.waiting())
		}
		if n := strings.Count(log.String(), "disk full"); n == 0 || n > 3 {
			t.Errorf("log:\n%s", log)
		}
	})
}

// A process that dies between the delivery and its record delivers again; one
// that dies before the delivery has lost nothing.
func TestCrashRepeatsRatherThanLoses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := new(memory)
		box.add(time.Now(), notes(2)...)
		run := func(s *script, d time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			s.start = time.Now()
			NewDispatcher(Options{Outbox: box, Notifiers: []Notifier{s}}).Run(ctx)
		}
		first := new(script)
		first.answer = func(n int, _ []alert.Note) (bool, time.Duration, error) {
			box.breaks(errors.New("the end")) // as if nothing more were written
			return false, 0, nil
		}
		run(first, time.Second/2)
		if got := first.delivered(); got[1] != 1 || len(got) != 1 {
			t.Fatalf("before the crash %v were delivered", got)
		}
		box.breaks(nil)
		second := new(script)
		run(second, time.Minute)
		if got := second.delivered(); got[1] != 1 || got[2] != 1 || box.waiting() != 0 {
			t.Errorf("after the crash %v were delivered, %d wait", got, box.waiting())
		}
	})
}

func TestStopEndsTheDeliveryInHand(t *testing.T) {
	for _, tt := range []struct {
		name    string
		takes   time.Duration
		stops   time.Duration
		waiting int
	}{
		{"that ends soon", 3 * time.Second, 2 * time.Second, 0},
		{"that hangs", time.Hour, stopGrace, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, box := &script{start: time.Now(), takes: tt.takes}, new(memory)
				box.add(time.Now(), note(1))
				d := NewDispatcher(Options{Outbox: box, Notifiers: []Notifier{s}})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- d.Run(ctx) }()
				after(time.Second)
				cancel()
				told := time.Now()
				if err := <-done; err != nil {
					t.Errorf("Run() = %v", err)
				}
				if took := time.Since(told); took != tt.stops {
					t.Errorf("stopping took %v, want %v", took, tt.stops)
				}
				if box.waiting() != tt.waiting {
					t.Errorf("%d notes wait, want %d", box.waiting(), tt.waiting)
				}
				if h := d.Health()[0]; !h.OK {
					t.Errorf("to be stopped is not a failure: %+v", h)
				}
			})
		})
	}
}
