package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// A world is a notifier with its far side, as [testNotifier] needs it.
type world struct {
	notifier Notifier // nil = the far side has no such answer
	// told returns the texts that reached people, oldest first, as people see
	// them: decoded. The far side takes nothing that is not well formed.
	told    func() []string
	arrived <-chan struct{} // gets a word when the far side was asked
	secrets []string        // must not be seen anywhere
	patient bool            // it waits longer than a test may; a test of its own holds its time
	log     *bytes.Buffer   // of the notifier, not of the far side; nil = it has none
}

// testNotifier is what every notifier must do. make returns a new notifier whose
// far side does what answer says:
//
//	""           works
//	"down"       has a trouble of its own that passes
//	"forbidden"  somebody must act first
//	"refused"    does not take this message, but others
//	"busy"       asks to wait 7 s
//	"hang"       is asked and never answers
//	"gone"       is not there
func testNotifier(t *testing.T, make func(t *testing.T, answer string) world) {
	made := func(t *testing.T, answer string) world {
		t.Helper()
		w := make(t, answer)
		if w.notifier == nil {
			t.Skipf("this way has no answer %q", answer)
		}
		return w
	}
	t.Run("has a name and a limit", func(t *testing.T) {
		n := made(t, "").notifier
		if n.Name() == "" || n.Name() != strings.ToLower(n.Name()) {
			t.Errorf("Name() = %q, want a word in lower case", n.Name())
		}
		if l := n.Limit(); l.Burst < 1 || l.Within <= 0 || l.Every < 0 {
			t.Errorf("Limit() = %+v", l)
		}
	})
	t.Run("one note is one message", func(t *testing.T) {
		w := made(t, "")
		if retry, after, err := w.notifier.Send(t.Context(), []alert.Note{note(1)}); err != nil || retry || after != 0 {
			t.Fatalf("Send() = %v, %v, %v", retry, after, err)
		}
		told := w.told()
		if len(told) != 1 {
			t.Fatalf("%d messages, want 1: %q", len(told), told)
		}
		for _, want := range []string{"PON deregister", "OLT North", "192.0.2.1", "Dhaka", "err", "ONU 1/27 deregister", "2026-11-22", "16 more"} {
			if !strings.Contains(told[0], want) {
				t.Errorf("the message says nothing of %q:\n%s", want, told[0])
			}
		}
	})
	t.Run("that it is over is said", func(t *testing.T) {
		w := made(t, "")
		n := note(1)
		n.Notice.Kind, n.Notice.More, n.Notice.Count = alert.KindClear, 0, 1
		if _, _, err := w.notifier.Send(t.Context(), []alert.Note{n}); err != nil {
			t.Fatal(err)
		}
		if told := w.told(); len(told) != 1 || !strings.Contains(told[0], "is over") {
			t.Errorf("told %q", told)
		}
	})
	t.Run("several notes are one message that counts", func(t *testing.T) {
		w := made(t, "")
		var notes []alert.Note
		for i := range 37 {
			notes = append(notes, note(int64(i)))
		}
		if _, _, err := w.notifier.Send(t.Context(), notes); err != nil {
			t.Fatal(err)
		}
		if told := w.told(); len(told) != 1 || !strings.Contains(told[0], "37") {
			t.Errorf("told %q, want one message with 37 in it", told)
		}
	})
	t.Run("thousands of notes are one message that counts", func(t *testing.T) {
		w := made(t, "")
		var notes []alert.Note
		for i := range maxNotes {
			n := note(int64(i))
			n.Notice.Rule = fmt.Sprintf("rule %d %s", i%700, strings.Repeat("<", 100))
			notes = append(notes, n)
		}
		if _, _, err := w.notifier.Send(t.Context(), notes); err != nil {
			t.Fatal(err)
		}
		if told := w.told(); len(told) != 1 || !strings.Contains(told[0], "5,000") {
			t.Errorf("told %.500q, want one message with 5,000 in it", told)
		}
	})
	t.Run("nothing to say is no message", func(t *testing.T) {
		w := made(t, "")
		if _, _, err := w.notifier.Send(t.Context(), nil); err != nil || len(w.told()) != 0 {
			t.Errorf("Send(nil) = %v, told %q", err, w.told())
		}
	})
	t.Run("hostile text arrives as text", func(t *testing.T) {
		w := made(t, "")
		n := note(1)
		n.Notice.Rule = "<b>&amp;</code>"
		n.Notice.DeviceName = strings.Repeat("\u202e<", 3000)
		n.Notice.Site = "\x1b]0;x\x07"
		n.Notice.Text = "a\x00b\xff</code><i>_*[]``` @everyone <!channel>" + strings.Repeat("😀&", 5000)
		if _, _, err := w.notifier.Send(t.Context(), []alert.Note{n}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.notifier.Send(t.Context(), []alert.Note{n, n, note(2)}); err != nil {
			t.Fatal(err)
		}
		told := w.told()
		if len(told) != 2 || !strings.Contains(told[0], `a\x00b\xff`) {
			t.Fatalf("told %.500q", told)
		}
		for _, text := range told {
			for _, bad := range []string{"\x00", "\x1b", "\x07", "\u202e", "\xff"} {
				if strings.Contains(text, bad) {
					t.Errorf("%q reached people in %.300q", bad, text)
				}
			}
		}
	})
	t.Run("no text becomes a header or another message", func(t *testing.T) {
		w := made(t, "")
		n := note(1)
		n.Notice.At = time.Now().UnixMicro() // or it says how late it is
		const evil = "x\r\nBcc: evil@example.net\r\nX-Evil: 1\r\n\r\nevil body\r\n.\r\nMAIL FROM:<evil@example.net>\r\n"
		n.Notice.Rule, n.Notice.DeviceName, n.Notice.Site, n.Notice.Text = evil, evil, evil, evil
		for range 2 {
			if _, _, err := w.notifier.Send(t.Context(), []alert.Note{n}); err != nil {
				t.Fatal(err) // the far side takes no header that it does not know
			}
		}
		if told := w.told(); len(told) != 2 || told[0] != told[1] {
			t.Errorf("told %q, want the same twice", told)
		}
	})
	for _, tt := range []struct {
		answer  string
		retry   bool
		after   time.Duration
		refused bool
	}{
		{"down", true, 0, false},
		{"forbidden", false, 0, false},
		{"refused", false, 0, true},
		{"busy", true, 7 * time.Second, false},
		{"gone", true, 0, false},
	} {
		t.Run("answer "+tt.answer, func(t *testing.T) {
			w := made(t, tt.answer)
			retry, after, err := w.notifier.Send(t.Context(), []alert.Note{note(1)})
			if err == nil || retry != tt.retry || after != tt.after {
				t.Fatalf("Send() = %v, %v, %v; want %v, %v and an error", retry, after, err, tt.retry, tt.after)
			}
			if errors.Is(err, ErrRefused) != tt.refused {
				t.Errorf("%v is held against the note: %v, want %v", err, !tt.refused, tt.refused)
			}
			if !strings.HasPrefix(err.Error(), w.notifier.Name()+": ") {
				t.Errorf("%q does not begin with the name of the notifier", err)
			}
			_, _, again := w.notifier.Send(t.Context(), []alert.Note{note(1)})
			if again == nil || again.Error() != err.Error() {
				t.Errorf("the same trouble has two texts, so it is logged twice:\n%v\n%v", err, again)
			}
			w.noSecret(t, err)
		})
	}
	t.Run("an outage delays and loses nothing", func(t *testing.T) {
		testOutage(t, made(t, "down"), made(t, ""))
	})
	t.Run("what hangs holds up nobody else", func(t *testing.T) {
		testHang(t, made(t, "hang"))
	})
	t.Run("a context that is done ends it", func(t *testing.T) {
		w := made(t, "")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if retry, _, err := w.notifier.Send(ctx, []alert.Note{note(1)}); err == nil || !retry {
			t.Errorf("Send() = %v, %v; want a retry and an error", retry, err)
		}
	})
}

// testOutage delivers through a far side that is down, and then through one
// that works, as after a restart: notes stay in the outbox until they are told.
func testOutage(t *testing.T, down, works world) {
	box, log := new(memory), new(bytes.Buffer)
	n := note(1)
	n.Notifier = down.notifier.Name()
	box.add(time.Now(), n)
	run := func(w world, done func(d *Dispatcher) bool) {
		d := NewDispatcher(Options{Outbox: box, Notifiers: []Notifier{w.notifier}, Log: slog.New(slog.NewTextHandler(log, nil))})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- d.Run(ctx) }() // ends with ctx
		until(t, func() bool { return done(d) })
		cancel()
		<-ended
	}
	run(down, func(d *Dispatcher) bool { return d.Health()[0].Retried > 0 })
	if box.waiting() != 1 {
		t.Errorf("%d notes wait while it is down, want 1", box.waiting())
	}
	run(works, func(d *Dispatcher) bool { return box.waiting() == 0 })
	if told := works.told(); len(told) != 1 {
		t.Errorf("told %q, want one message", told)
	}
	for _, s := range append(down.secrets, works.secrets...) {
		if strings.Contains(log.String(), s) {
			t.Errorf("the log holds the secret %q:\n%s", s, log)
		}
	}
}

// testHang delivers through w, which hangs, and through another, which works.
func testHang(t *testing.T, w world) {
	quick := &quickNotifier{told: make(chan struct{}, 1)}
	box := new(memory)
	slow, other := note(1), note(2)
	slow.Notifier, other.Notifier = w.notifier.Name(), quick.Name()
	box.add(time.Now(), slow)
	d := NewDispatcher(Options{Outbox: box, Notifiers: []Notifier{w.notifier, quick}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }() // ends with ctx, or within stopGrace of it
	<-w.arrived
	box.add(time.Now(), other)
	d.Wake()
	<-quick.told
	// Its own time runs out, and that is a trouble that passes.
	if !w.patient {
		until(t, func() bool { return d.Health()[0].Retried > 0 })
		w.noSecret(t, errors.New(d.Health()[0].Error))
	}
	cancel()
	<-ended
	if n := box.waiting(); n != 1 {
		t.Errorf("%d notes wait, want that of the one that hangs", n)
	}
}

// until waits for something that is under way on a real socket.
func until(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("did not come about")
		}
	}
}

// quickNotifier takes everything at once.
type quickNotifier struct{ told chan struct{} }

func (q *quickNotifier) Name() string { return "quick" }
func (q *quickNotifier) Limit() Limit { return telegramLimit }
func (q *quickNotifier) Send(context.Context, []alert.Note) (bool, time.Duration, error) {
	q.told <- struct{}{}
	return false, 0, nil
}

// noSecret fails the test if a secret can be got from err or the log.
func (w world) noSecret(t *testing.T, err error) {
	t.Helper()
	var texts []string
	for e := err; e != nil; e = errors.Unwrap(e) {
		texts = append(texts, fmt.Sprint(e), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e))
	}
	if w.log != nil {
		texts = append(texts, w.log.String())
	}
	for _, s := range w.secrets {
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, s) }) {
			t.Errorf("the secret %q is shown in %q", s, texts)
		}
	}
}
