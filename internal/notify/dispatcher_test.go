package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// memory is an [Outbox] in memory.
type memory struct {
	mu    sync.Mutex
	notes []alert.Note
	sent  map[int64]int // how often recorded
	fail  error         // of every call
}

func (m *memory) add(at time.Time, notes ...alert.Note) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range notes {
		n.ID, n.CreatedAt, n.Notice.At = int64(len(m.notes)+1), at.UnixMicro(), at.UnixMicro()
		m.notes = append(m.notes, n)
	}
}

func (m *memory) Due(_ context.Context, notifier string, now time.Time, limit int) (due []alert.Note, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range m.notes {
		if n.Notifier == notifier && m.sent[n.ID] == 0 && n.NextAt <= now.UnixMicro() && len(due) < limit {
			due = append(due, n)
		}
	}
	return due, m.fail
}

func (m *memory) Sent(_ context.Context, ids []int64, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail == nil {
		if m.sent == nil {
			m.sent = make(map[int64]int)
		}
		for _, id := range ids {
			m.sent[id]++
		}
	}
	return m.fail
}

func (m *memory) Later(_ context.Context, ids []int64, next time.Time, why string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		n := &m.notes[id-1]
		n.NextAt, n.LastError = next.UnixMicro(), why
		n.Attempts++
	}
	return m.fail
}

func (m *memory) waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.notes) - len(m.sent)
}

func (m *memory) breaks(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// A message is one call of Send.
type message struct {
	at  time.Duration // since the start of the test
	ids []int64
	err error
}

// script is a [Notifier] that does what answer says.
type script struct {
	start    time.Time
	answer   func(n int, notes []alert.Note) (retry bool, after time.Duration, err error) // n from 1; nil = works
	takes    time.Duration                                                                // a call
	mu       sync.Mutex
	messages []message
}

func (s *script) Name() string { return "telegram" }
func (s *script) Limit() Limit { return telegramLimit }

func (s *script) Send(ctx context.Context, notes []alert.Note) (retry bool, after time.Duration, err error) {
	at := time.Since(s.start)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return true, 0, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answer != nil {
		retry, after, err = s.answer(len(s.messages)+1, notes)
	}
	s.messages = append(s.messages, message{at, ids(notes), err})
	return retry, after, err
}

func (s *script) got() []message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// delivered returns how often each note was delivered.
func (s *script) delivered() map[int64]int {
	all := make(map[int64]int)
	for _, m := range s.got() {
		for _, id := range m.ids {
			if m.err == nil {
				all[id]++
			}
		}
	}
	return all
}

// stage runs test in fake time, with a dispatcher that is running.
func stage(t *testing.T, s *script, test func(d *Dispatcher, box *memory, log *bytes.Buffer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		box := new(memory)
		s.start = time.Now()
		d := NewDispatcher(Options{Outbox: box, Notifiers: []Notifier{s}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		synctest.Wait()
		test(d, box, &log)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
}

func notes(n int) []alert.Note {
	all := make([]alert.Note, n)
	for i := range all {
		all[i] = note(int64(i))
		all[i].Notice.Rule = fmt.Sprintf("rule %d", i%3)
	}
	return all
}

// after lets fake time pass.
func after(d time.Duration) { time.Sleep(d); synctest.Wait() }

func TestAlertGoesAtOnce(t *testing.T) {
	s := new(script)
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		after(time.Hour)
		box.add(time.Now(), note(1))
		d.Wake()
		synctest.Wait()
		if got := s.got(); len(got) != 1 || got[0].at != time.Hour {
			t.Errorf("sent %v, want one message at once", got)
		}
		if box.waiting() != 0 {
			t.Error("the note is still in the outbox")
		}
		if h := d.Health()[0]; !h.OK || h.Sent != 1 || h.Digests != 0 || h.LastSent.IsZero() || h.Notifier != "telegram" {
			t.Errorf("health %+v", h)
		}
	})
}

func TestAlertsThatWaitGoAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, box := &script{start: time.Now()}, new(memory)
		box.add(time.Now(), notes(3)...)
		for i := range box.notes { // a long wait, because of a token that was wrong then
			box.notes[i].NextAt = time.Now().Add(time.Hour).UnixMicro()
		}
		d := NewDispatcher(Options{Outbox: box, Notifiers: []Notifier{s}})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go d.Run(ctx)
		after(3 * time.Second)
		if n := len(s.delivered()); n != 3 {
			t.Errorf("%d of 3 notes were sent within 3 s of the start", n)
		}
	})
}

func TestFewAlertsGoOneByOneInOrder(t *testing.T) {
	s := new(script)
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		box.add(time.Now(), notes(5)...)
		d.Wake()
		after(10 * time.Second)
		got := s.got()
		if len(got) != 5 {
			t.Fatalf("%d messages, want 5", len(got))
		}
		for i, m := range got {
			if len(m.ids) != 1 || m.ids[0] != int64(i+1) || m.at != time.Duration(i)*time.Second {
				t.Errorf("message %d: note %v at %v", i, m.ids, m.at)
			}
		}
	})
}

func TestFloodBecomesADigest(t *testing.T) {
	s := new(script)
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		box.add(time.Now(), notes(37)...)
		d.Wake()
		after(time.Minute)
		got := s.got()
		if len(got) != 2 || len(got[0].ids) != 1 || got[0].ids[0] != 1 || got[0].at != 0 || len(got[1].ids) != 36 {
			t.Errorf("sent %v, want the first at once and one digest of the 36 others", got)
		}
		if h := d.Health()[0]; h.Sent != 37 || h.Digests != 1 {
			t.Errorf("health %+v", h)
		}
	})
}

func TestA02LimitHoldsInALongFlood(t *testing.T) {
	s := &script{takes: 200 * time.Millisecond}
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		const all = 3000
		for range all / 3 { // ten minutes
			box.add(time.Now(), notes(3)...)
			d.Wake()
			after(600 * time.Millisecond)
		}
		after(time.Minute)
		got := s.got()
		for i, m := range got {
			if i > 0 && m.at-got[i-1].at < time.Second {
				t.Errorf("messages %d and %d are %v apart", i-1, i, m.at-got[i-1].at)
			}
			if i >= 20 && m.at-got[i-20].at < time.Minute {
				t.Errorf("messages %d to %d within %v", i-20, i, m.at-got[i-20].at)
			}
			if i > 0 && m.at-got[i-1].at > 15*time.Second {
				t.Errorf("silence of %v before message %d", m.at-got[i-1].at, i)
			}
		}
		done := s.delivered()
		if len(done) != all {
			t.Errorf("%d of %d notes were delivered", len(done), all)
		}
		for id, n := range done {
			if n != 1 {
				t.Errorf("note %d was delivered %d times", id, n)
			}
		}
	})
}

var errDown = errors.New("telegram: the way is closed")

func TestNotifiersDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := &script{start: time.Now(), takes: 30 * time.Second}
		quick := &other{script{start: time.Now()}}
		box := new(memory)
		second := note(2)
		second.Notifier = "email"
		box.add(time.Now(), note(1), second)
		d := NewDispatcher(Options{Outbox: box, Notifiers: []Notifier{hangs, quick}})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go d.Run(ctx)
		synctest.Wait()
		if len(quick.got()) != 1 {
			t.Error("one notifier waits for the other")
		}
		after(30 * time.Second)
		if len(hangs.got()) != 1 {
			t.Error("the slow one did not deliver")
		}
	})
}

// other is a notifier with another name.
type other struct{ script }

func (*other) Name() string { return "email" }

func TestNoDispatcherIsQuiet(t *testing.T) {
	var d *Dispatcher
	d.Wake()
	d.Retry()
	if d.Health() != nil {
		t.Error("no dispatcher has health")
	}
}

func TestBackoff(t *testing.T) {
	var sum time.Duration
	for i := 1; i < 40; i++ {
		d := backoff(i)
		if d < firstRetry*3/4 || d > lastRetry {
			t.Errorf("backoff(%d) = %v", i, d)
		}
		if sum > time.Minute && sum < 20*time.Minute && d > sum*3/4 {
			t.Errorf("after %v down, the next attempt is %v away", sum, d)
		}
		sum += d
	}
}

func TestDirectNeedsNoOutbox(t *testing.T) {
	s := new(script)
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		box.mu.Lock()
		box.fail = errors.New("disk full")
		box.mu.Unlock()
		if !d.Direct(alert.Notice{Kind: alert.KindAlert, Rule: "Logboom: disk full", Text: "no room", At: time.Now().UnixMicro(), Count: 1}) {
			t.Fatal("Direct = false with nothing waiting")
		}
		after(5 * time.Second)
		if got := s.got(); len(got) != 1 || len(got[0].ids) != 1 {
			t.Errorf("sent %v, want the one notice", got)
		}
		if h := d.Health()[0]; !h.OK || h.Sent != 1 {
			t.Errorf("health %+v", h)
		}
	})
}

func TestDirectIsBounded(t *testing.T) {
	d := NewDispatcher(Options{Outbox: new(memory), Notifiers: []Notifier{new(script)}})
	for i := range maxDirect {
		if !d.Direct(alert.Notice{Count: 1}) {
			t.Fatalf("notice %d was not taken", i)
		}
	}
	if d.Direct(alert.Notice{Count: 1}) {
		t.Error("a notice beyond the bound was taken")
	}
}
