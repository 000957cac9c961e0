package syslog

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzParse: whatever arrives, the parser returns, its fields lie inside the
// message, and what it read before does not change what it reads now.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "<", "<13>", "<191>1 - - - - - -", "<13>Jun 13 10:00:01 h a[1]: x", "Feb 29 23:59:60 h a: x",
		"<189>643: core-1: 000104: *Jun 13 10:00:01.295 UTC: %LINEPROTO-5-UPDOWN: Line", "<189>: 2026 Jun 13 10:00:01 MSK: %A-5-B: x",
		`<165>1 2026-06-13T10:00:01.123456+02:00 h a 1 ID [x@1 k="\]"][y] BOM`, "<188>Jun 13 2026 10:00:01+07:00 S %%01A/4/B(l)[12]:x",
		"<134>system,info x", `date=2026-06-13 time=10:00:01 devname="f" tz="+0200"`, "<134>1 1781344801.25 MX84 flows x",
		"<134> 06/13/2026:10:00:01 GMT n 0-P-0 : x", "10:00:01 06/13/2026 UTC x", "[2026/06/13 10:00:01]  Warning: x", "<189>[s@9 a=\"b\"]: *Jun 13",
		"<13>Jun 13 10:00:01 relay 12: Jun 13 10:00:00 EST: %A-1-B: x", "Sep  3  9: 0: 1 s y: z", "jun/13/2026 10:00:01 a,info b", "\xef\xbb\xbf<13>x",
		"<13>CEF:0|", "<13>Jun 13 10:00:01 (Stack) %%10A/1/B: x", "%$VDC-1$ %A-1-B: x", "<30>a b 2026-Jun-13 10:00:01 x",
	} {
		f.Add([]byte(s), int64(1781344805_000000))
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		berlin = time.FixedZone("", 3600)
	}
	used := NewParser()
	f.Fuzz(func(t *testing.T, raw []byte, now int64) {
		const year = 365 * secondsPerDay * 1_000_000
		now %= 8000 * year
		sent := bytes.Clone(raw)
		var m, fresh Message
		used.Parse(&m, raw, now, berlin)
		if !bytes.Equal(raw, sent) {
			t.Fatalf("%q was changed to %q", sent, raw)
		}
		checkMessage(t, raw, &m)
		NewParser().Parse(&fresh, raw, now, berlin)
		m.Raw, fresh.Raw = nil, nil
		if m.SentAt != fresh.SentAt || m.MessageAt != fresh.MessageAt || m.Hostname != fresh.Hostname || m.AppName != fresh.AppName ||
			m.ProcID != fresh.ProcID || m.MsgID != fresh.MsgID || m.StructuredData != fresh.StructuredData || m.Format != fresh.Format {
			t.Fatalf("%q: a used parser reads %+v, a fresh one %+v", raw, m, fresh)
		}
		ParseStructuredData(raw)
	})
}

// FuzzFramer: however a stream is cut into pieces, the messages are the same,
// none is longer than allowed, and no more than one is held.
func FuzzFramer(f *testing.F) {
	for _, s := range []string{
		"", "\n", "<13>a\n<13>b\n", "7 <13>one9 <14>three", "3 ports are down\n", "5 hello5 world", "12monkeys\n", "007 <13>one", "0 <13>x",
		"99999999 <13>x", "<13>a\x00<13>b\x00", "20 <13>cut", "16 <13>" + strings.Repeat("x", 40), "\x16\x03\x01", "5 hello 7 <13>one", "5 hello7 <", "3 ab\r\n",
	} {
		f.Add([]byte(s), uint8(3), uint8(12))
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece, most uint8) {
		limit := int(most)%64 + 1
		cut := func(size int) (got []string, failed bool) {
			fr := Framer{Max: limit}
			emit := func(frame []byte, oversize bool) {
				if len(frame) == 0 || len(frame) > limit || oversize && len(frame) != limit {
					t.Fatalf("a message of %d bytes (oversize %v), at most %d", len(frame), oversize, limit)
				}
				got = append(got, string(frame))
			}
			for p := range slices.Chunk(stream, size) {
				if err := fr.Feed(p, emit); err != nil {
					return got, true
				}
				if n := fr.Buffered(); n > limit+maxPrefix+maxCountDigits+1 {
					t.Fatalf("%d bytes held, at most %d a message", n, limit)
				}
			}
			fr.End(emit)
			return got, false
		}
		whole, failed := cut(len(stream) + 1)
		for _, size := range []int{1, 2, int(piece) + 1} {
			if got, f := cut(size); !slices.Equal(got, whole) || f != failed {
				t.Fatalf("%q in pieces of %d: %q, whole: %q", stream, size, got, whole)
			}
		}
	})
}
