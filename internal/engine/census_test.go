package engine

import (
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/syslog"
)

// A sender chooses what it calls itself: 20,000 forged ones with names of 60 kB
// must not take the memory, nor fill logboom.db.
func TestCensusKeepsOnlyTheBeginningOfALongHostName(t *testing.T) {
	for name, host := range map[string]string{
		"plain":       strings.Repeat("h", 60_000),
		"two bytes":   "h" + strings.Repeat("ß", 30_000),
		"not a text":  strings.Repeat("\xff", 60_000),
		"cut by half": strings.Repeat("h", 253) + "漢字",
	} {
		t.Run(name, func(t *testing.T) {
			c := newCensus(nil, newNames(false, nil), newNewcomers(false), slog.New(slog.DiscardHandler))
			source := netip.MustParseAddr("192.0.2.1")
			r := &syslog.Record{Message: syslog.Message{Raw: []byte(host)}, Source: source}
			r.Hostname = syslog.Span{Off: 0, Len: uint32(len(host))}
			c.observe(r)
			got := c.seen[source].Hostname
			if len(got) == 0 || len(got) > 255 || !strings.HasPrefix(host, got) {
				t.Errorf("kept %d bytes, want the first 255 at most", len(got))
			}
			if utf8.ValidString(host) && !utf8.ValidString(got) {
				t.Errorf("cut within a character: %q", got[len(got)-4:])
			}
			if n := testing.AllocsPerRun(10, func() { c.observe(r) }); n != 0 {
				t.Errorf("the same name again takes %v allocations, want 0", n)
			}
		})
	}
}

// A kill between a new device and the note of it loses nothing.
func TestNewDevicesAreNotedAfterACrash(t *testing.T) {
	ctx := t.Context()
	st, err := state.Open(state.Options{Path: filepath.Join(t.TempDir(), state.FileName)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	start := time.Now()
	after := func(d time.Duration) *census {
		c := newCensus(st, newNames(false, nil), newNewcomers(false), slog.New(slog.DiscardHandler))
		if err := c.restore(ctx, start.Add(d)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	hear := func(c *census, address string, at time.Duration) {
		c.observe(&syslog.Record{Source: netip.MustParseAddr(address), ReceivedAt: start.Add(at).UnixMicro()})
		if err := c.save(ctx); err != nil {
			t.Fatal(err)
		}
	}
	hear(after(0), "192.0.2.1", 0) // and killed
	c := after(10 * time.Second)
	hear(c, "192.0.2.1", 11*time.Second)
	notes := c.new.take(start.Add(2*time.Minute), false)
	if len(notes) != 1 || notes[0].Device.String() != "192.0.2.1" {
		t.Fatalf("after a crash the notes are %+v, want one of the device", notes)
	}
	if err := st.Decide(ctx, "alerts", nil, alert.Decisions{Notices: notes}); err != nil {
		t.Fatal(err)
	}
	if notes := after(3*time.Minute).new.take(start.Add(time.Hour), true); len(notes) != 0 {
		t.Errorf("after the note they are %+v, want none", notes)
	}
}
