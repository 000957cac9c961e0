package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/notify"
	"github.com/logboom/logboom/internal/store"
)

func TestHealthSaysWhatNeedsPeople(t *testing.T) {
	const mb = 1 << 20
	status := func(change func(*console.Status)) console.Status {
		s := console.Status{Queue: console.Queue{Length: 20, Capacity: 50_000}, Store: console.Store{State: console.StateOK, Free: 900 * mb}}
		if change != nil {
			change(&s)
		}
		return s
	}
	full := func(s *console.Status) { s.Queue.Length = 49_000 }
	tests := []struct {
		name   string
		status console.Status
		signs  signs
		want   string // state of all
		first  string // what the first problem says, parts divided by "|"
	}{
		{"all is well", status(nil), signs{low: 100 * mb}, console.StateOK, ""},
		{"a commit takes a second", status(nil), signs{stalled: 1500 * time.Millisecond, waiting: 1000}, console.StateOK, ""},
		{"nothing is stored for some seconds", status(nil), signs{stalled: 5 * time.Second, waiting: 1000}, console.StateDegraded, "store: nothing was stored for 5 s, 1020 messages wait"},
		{"and it is known why", status(nil), signs{stalled: 5 * time.Second, obstacle: `syslog_20261122.db is locked by python3 (pid 12)`}, console.StateDegraded, "store: syslog_20261122.db is locked by python3 (pid 12): nothing was stored for 5 s|end the program"},
		{"and the queue is full", status(full), signs{stalled: 2 * time.Second, crowded: true, waiting: 10_000}, console.StateFailing, "nothing was stored for 2 s|the queue is full: 49000 of 50000 messages wait"},
		{"the queue is full and messages are stored", status(full), signs{stalled: 100 * time.Millisecond, crowded: true}, console.StateDegraded, "queue: the queue is full|a faster disk"},
		{"the disk is full", status(func(s *console.Status) {
			s.Store.State, s.Store.Detail = store.EventDiskFull, "there is no room for more messages in /x"
		}), signs{}, console.StateFailing, "store: there is no room|make room"},
		{"a lock is held for long", status(func(s *console.Status) {
			s.Store.State, s.Store.Detail = store.EventLocked, "a.db is locked by b"
		}), signs{stalled: 70 * time.Second, obstacle: "a.db is locked by c"}, console.StateFailing, "store: a.db is locked by c; nothing was stored for 70 s|end the program"},
		{"as much is free as retention keeps", status(nil), signs{minFree: 800 * mb, low: 800 * mb}, console.StateOK, ""},
		{"less is free than retention keeps", status(nil), signs{minFree: 1000 * mb, low: 1000 * mb}, console.StateDegraded, "disk: 900 MB free, less than retention.min_free, 1000 MB|make room"},
		{"little is free without retention", status(nil), signs{low: 1000 * mb}, console.StateDegraded, "disk: 900 MB free, and retention.min_free is not set|set retention.min_free"},
		{"one message was lost", status(func(s *console.Status) { s.Ledger.DroppedBy = map[string]int64{"kernel": 1} }), signs{}, console.StateDegraded, "loss: 1 message lost today: kernel|rmem_max"},
		{"senders were refused and messages cut", status(func(s *console.Status) { s.Ledger.DroppedBy = map[string]int64{"refused": 10, "oversize": 2} }), signs{}, console.StateOK, ""},
		{"alerts cannot be told", status(nil), signs{zone: time.UTC, notifiers: []notify.Health{{Notifier: "telegram", Error: "telegram: no way", RetryAt: time.Date(2026, 11, 22, 14, 30, 5, 0, time.UTC)}}},
			console.StateDegraded, "telegram: no way; the next attempt is at 14:30:05; |alerts are kept"},
		{"the alerts follow", status(nil), signs{unseen: 5000, behind: 10 * time.Second}, console.StateOK, ""},
		{"the alerts have much before them", status(nil), signs{unseen: 100_001}, console.StateDegraded, "alerts: the alerts have 100001 messages before them|none is lost"},
		{"the alerts have stopped", status(nil), signs{unseen: 1, behind: 70 * time.Second}, console.StateDegraded, "alerts: the alerts have 1 message before them, for more than 70 s|come late"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := health(&tt.status, tt.signs)
			if h.State != tt.want {
				t.Errorf("state %q, want %q: %+v", h.State, tt.want, h.Problems)
			}
			var first string
			if len(h.Problems) > 0 {
				p := h.Problems[0]
				first = p.What + ": " + p.Fact + "; " + p.Hint
			}
			for part := range strings.SplitSeq(tt.first, "|") {
				if !strings.Contains(first, part) || tt.first == "" && first != "" {
					t.Errorf("said %q, want %q", first, part)
				}
			}
			if strings.Contains(first, "doctor") {
				t.Errorf("%q sends to the doctor, which sends here", first)
			}
		})
	}
}

func TestLowSpace(t *testing.T) {
	const mb, gb = 1 << 20, 1 << 30
	for _, tt := range []struct{ minFree, total, want int64 }{
		{2 * gb, 100 * gb, 2 * gb},   // as set
		{0, 50 * gb, 50 * gb / 100},  // a hundredth
		{0, 5 * gb, 100 * mb},        // of a small disk more
		{0, 20_000 * gb, gb},         // of a big one less
		{0, 64 * mb, 64 * mb / 10},   // of a tiny one a tenth
		{10 * mb, 100 * gb, 10 * mb}, // also if it is little
	} {
		if got := LowSpace(tt.minFree, tt.total); got != tt.want {
			t.Errorf("LowSpace(%d, %d) = %d, want %d", tt.minFree, tt.total, got, tt.want)
		}
	}
}
