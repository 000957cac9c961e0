package engine

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

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
