package notify

import (
	"bufio"
	"bytes"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

func TestMediumText(t *testing.T) {
	long := strings.Repeat("x", 500)
	tests := []struct {
		name  string
		lines []string
		limit int
		want  string
	}{
		{"nothing", nil, 100, ""},
		{"fits", []string{"one", "", "three"}, 100, "one\n\nthree"},
		{"the last line is cut", []string{"one", long}, 200, "one\n" + strings.Repeat("x", 200-40-4-1-len(cutMark)) + cutMark},
		{"a long line leaves room for the next", []string{"one", long, "three"}, 240, "one\n" + strings.Repeat("x", 97-len(cutMark)) + cutMark + "\nthree"},
		{"lines that do not fit are counted", []string{"one", "two", "three", "four"}, 51, "one\ntwo\n… and 2 more lines"},
		{"a line break is none", []string{"one\ntwo\r"}, 100, `one two\x0d`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := medium{}.text(tt.lines, tt.limit)
			if got != tt.want || len(got) > tt.limit {
				t.Errorf("%d bytes:\n%s\nwant %d:\n%s", len(got), got, len(tt.want), tt.want)
			}
		})
	}
}

func TestDigestSaying(t *testing.T) {
	at := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	one := func(rule string, kind alert.Kind, sec int) alert.Note {
		n := note(1)
		n.Notice.Rule, n.Notice.Kind, n.Notice.Count, n.Notice.Text = rule, kind, 1, fmt.Sprintf("text  of\n%d", sec)
		n.Notice.At = at.Add(time.Duration(sec) * time.Second).UnixMicro()
		return n
	}
	got := sayingOf([]alert.Note{one("LOS", alert.KindAlert, 0), one("LOS", alert.KindAlert, 5), one("fan", alert.KindClear, 9)}, at.Add(10*time.Second), dhaka)
	want := saying{"2 alerts, 1 cleared, first LOS × OLT North 192.0.2.1 and 1 more", []string{
		"from 2026-11-22 19:00:00 +06:00 to 2026-11-22 19:00:09 +06:00",
		"error: LOS × OLT North 192.0.2.1 (2) 19:00:00–19:00:05",
		"    text of 5",
		"over: fan × OLT North 192.0.2.1 (1) 19:00:09",
		"    text of 9",
	}}
	if got.title != want.title || !slices.Equal(got.lines, want.lines) {
		t.Errorf("got\n%s\n%s\nwant\n%s\n%s", got.title, strings.Join(got.lines, "\n"), want.title, strings.Join(want.lines, "\n"))
	}
}

// Whatever a device says, a mail has the headers that it should have, and
// every line can be sent.
func FuzzLetter(f *testing.F) {
	f.Add("PON deregister", "OLT", "x\r\nBcc: evil@example.net\r\n\r\nevil")
	f.Add(strings.Repeat("=?utf-8?q?", 50), strings.Repeat("😀", 300), "\r\n.\r\nQUIT\r\n"+strings.Repeat("é\x00", 2000))
	e, err := NewEmail(EmailOptions{Host: "mail.example.com", From: "Łogboom <logboom@example.com>", To: []string{"noc@example.com"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, rule, device, text string) {
		n := note(1)
		n.Notice.Rule, n.Notice.DeviceName, n.Notice.Text = rule, device, text
		now := time.UnixMicro(n.Notice.At)
		for _, notes := range [][]alert.Note{{n}, {n, note(2), n}} {
			m, err := e.compose(letter{saying: sayingOf(notes, now, time.UTC), id: mailID(notes), at: now})
			if err != nil {
				t.Fatal(err)
			}
			var wire bytes.Buffer
			w := textproto.NewWriter(bufio.NewWriter(&wire)).DotWriter()
			if _, err := m.WriteTo(w); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := new(smtpServer).take(bufio.NewReader(&wire), nil); err != nil {
				t.Fatalf("%v in %.500q", err, wire.String())
			}
		}
	})
}
