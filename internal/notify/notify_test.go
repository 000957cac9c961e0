package notify

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// A world is a notifier with its far side, as [testNotifier] needs it.
type world struct {
	notifier Notifier
	// told returns the texts that reached people, oldest first.
	told func() []string
}

// testNotifier is what every notifier must do. make returns a new notifier whose
// far side does what answer says: "" = works, "down" = has a trouble of its
// own, "forbidden" = somebody must act, "busy" = asks to wait 7 s.
func testNotifier(t *testing.T, make func(t *testing.T, answer string) world) {
	t.Run("has a name and a limit", func(t *testing.T) {
		n := make(t, "").notifier
		if n.Name() == "" || n.Name() != strings.ToLower(n.Name()) {
			t.Errorf("Name() = %q, want a word in lower case", n.Name())
		}
		if l := n.Limit(); l.Burst < 1 || l.Within <= 0 || l.Every < 0 {
			t.Errorf("Limit() = %+v", l)
		}
	})
	t.Run("one note is one message", func(t *testing.T) {
		w := make(t, "")
		if retry, after, err := w.notifier.Send(t.Context(), []alert.Note{note(1)}); err != nil || retry || after != 0 {
			t.Fatalf("Send() = %v, %v, %v", retry, after, err)
		}
		told := w.told()
		if len(told) != 1 {
			t.Fatalf("%d messages, want 1: %q", len(told), told)
		}
		for _, want := range []string{"PON deregister", "OLT North", "192.0.2.1", "Dhaka", "error", "ONU 1/27 deregister", "2026-11-22", "16 more"} {
			if !strings.Contains(told[0], want) {
				t.Errorf("the message says nothing of %q:\n%s", want, told[0])
			}
		}
	})
	t.Run("several notes are one message that counts", func(t *testing.T) {
		w := make(t, "")
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
	t.Run("nothing to say is no message", func(t *testing.T) {
		w := make(t, "")
		if _, _, err := w.notifier.Send(t.Context(), nil); err != nil || len(w.told()) != 0 {
			t.Errorf("Send(nil) = %v, told %q", err, w.told())
		}
	})
	t.Run("hostile text arrives as text", func(t *testing.T) {
		w := make(t, "")
		n := note(1)
		n.Notice.Rule = "<b>&amp;</code>"
		n.Notice.DeviceName = strings.Repeat("\u202e<", 3000)
		n.Notice.Site = "\x1b]0;x\x07"
		n.Notice.Text = "a\x00b\xff</code><i>_*[]" + strings.Repeat("😀&", 5000)
		if _, _, err := w.notifier.Send(t.Context(), []alert.Note{n}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.notifier.Send(t.Context(), []alert.Note{n, n, note(2)}); err != nil {
			t.Fatal(err)
		}
		if told := w.told(); len(told) != 2 || !strings.Contains(told[0], `a\x00b\xff`) {
			t.Errorf("told %q", told)
		}
	})
	for _, tt := range []struct {
		answer string
		retry  bool
		after  time.Duration
	}{
		{"down", true, 0},
		{"forbidden", false, 0},
		{"busy", true, 7 * time.Second},
	} {
		t.Run("answer "+tt.answer, func(t *testing.T) {
			retry, after, err := make(t, tt.answer).notifier.Send(t.Context(), []alert.Note{note(1)})
			if err == nil || retry != tt.retry || after != tt.after {
				t.Errorf("Send() = %v, %v, %v; want %v, %v and an error", retry, after, err, tt.retry, tt.after)
			}
			if err != nil && errors.Is(err, ErrRefused) {
				t.Errorf("%v is held against the note", err)
			}
		})
	}
	t.Run("a context that is done ends it", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if retry, _, err := make(t, "").notifier.Send(ctx, []alert.Note{note(1)}); err == nil || !retry {
			t.Errorf("Send() = %v, %v; want a retry and an error", retry, err)
		}
	})
}

// note returns a note whose notice has everything in it.
func note(id int64) alert.Note {
	at := time.Date(2026, 11, 22, 13, 3, 12, 0, time.UTC).Add(time.Duration(id) * time.Second)
	return alert.Note{
		ID: id, Notifier: "telegram", CreatedAt: at.UnixMicro(),
		Notice: alert.Notice{
			Kind: alert.KindAlert, Rule: "PON deregister", Device: netip.MustParseAddr("192.0.2.1"),
			DeviceName: "OLT North", Site: "Dhaka", Severity: 3, Text: "ONU 1/27 deregister, Reason:Manual",
			At: at.UnixMicro(), Count: 17, More: 16,
		},
	}
}

func TestTelegramIsANotifier(t *testing.T) {
	testNotifier(t, func(t *testing.T, answer string) world {
		api := newBotAPI(t, func(w http.ResponseWriter, _ int, _ request) bool {
			switch answer {
			case "down":
				refuse(w, 502, "Bad Gateway", "")
			case "forbidden":
				refuse(w, 403, "Forbidden: bot was kicked from the supergroup chat", "")
			case "busy":
				refuse(w, 429, "Too Many Requests: retry after 7", `{"retry_after":7}`)
			default:
				return false
			}
			return true
		})
		return world{
			notifier: newTestTelegram(t, TelegramOptions{APIURL: api.URL}),
			told: func() (texts []string) {
				for _, r := range api.got() {
					texts = append(texts, r.Text)
				}
				return texts
			},
		}
	})
}

func newTestTelegram(t *testing.T, o TelegramOptions) *Telegram {
	t.Helper()
	if o.Token == "" {
		o.Token = testToken
	}
	if o.ChatID == "" {
		o.ChatID = "-1001234567890"
	}
	n, err := NewTelegram(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
