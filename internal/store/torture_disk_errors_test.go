package store

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// faultCases are what fails, and how many calls in a row.
var faultCases = []struct {
	name   string
	calls  uint32
	error  syscall.Errno
	count  uint32
	suffix string
	share  int // in CI one in so many numbers is tried
}{
	{"a write fails", onWrite, syscall.EIO, 1, "", 24},
	{"three writes fail", onWrite, syscall.EIO, 3, "", 40},
	{"writes fail from then on", onWrite, syscall.EIO, math.MaxUint32, "", 40},
	{"a write finds no room", onWrite, syscall.ENOSPC, 1, "", 40},
	{"the disk is full until somebody is told", onWrite, syscall.ENOSPC, math.MaxUint32, "", 40},
	{"a sync fails", onSync, syscall.EIO, 1, "", 8},
	{"syncs fail from then on", onSync, syscall.EIO, math.MaxUint32, "", 16},
	{"a sync finds no room", onSync, syscall.ENOSPC, 1, "", 16},
	{"an open fails", onOpen, syscall.EIO, 1, "", 3},
	{"an open finds no file descriptor", onOpen, syscall.EMFILE, 1, "", 3},
	{"a truncation fails", onTruncate, syscall.EIO, 1, "", 2},
	{"a removal fails", onUnlink, syscall.EIO, 1, "", 1},
	{"a read fails", onRead, syscall.EIO, 1, "", 40},
}

// The first, the second, the third call of a kind fails, and so on to the last
// one that a run makes: the store goes on, or says that it cannot. What was
// accepted is there, once, when it is opened again.
func TestK04FailingCallsLoseNothingAccepted(t *testing.T) {
	f, root, again := underFaults(t)
	if !again {
		return
	}
	seed := chances(t)
	begun := time.Now()
	var mu sync.Mutex
	var wait sync.WaitGroup
	free := make(chan int, 12) // more than there are processors: a store under faults mostly waits
	for i := range cap(free) {
		free <- i
	}
	trials, struck, gaveUp := 0, 0, 0
	try := func(name string, plan faultPlan) (calls uint32) {
		slot := <-free
		defer func() { free <- slot }()
		o := faultTrial{f, root, slot, plan}.play(t.Context())
		mu.Lock()
		defer mu.Unlock()
		trials++
		if o.failed > 0 {
			struck++
		} else if o.run != nil {
			t.Errorf("%s: nothing has failed, but Run says %v", name, o.run)
		}
		if o.run != nil {
			gaveUp++
		}
		for _, problem := range o.problems {
			t.Errorf("%s: %v: Run says %v: %s", name, plan, o.run, problem)
		}
		return o.seen
	}
	for i, c := range faultCases {
		share := uint32(c.share)
		if tortured(t, 1) > 1 {
			share = 1
		}
		calls := try(c.name, faultPlan{Calls: c.calls, First: math.MaxUint32, Suffix: c.suffix})
		for n := 1 + random(seed, i).Uint32N(share); n <= calls; n += share {
			wait.Go(func() { try(c.name, faultPlan{c.calls, uint32(c.error), n, c.count, c.suffix}) })
		}
	}
	wait.Wait()
	t.Logf("%d runs, in %d of them something has failed, %d gave up and said so; %v", trials, struck, gaveUp, time.Since(begun).Round(time.Millisecond))
}

// A disk that has room for the write-ahead log but not for the day file lets
// every commit succeed. Nobody would notice but for the checkpoints.
func TestD03FailingCheckpointsAreSeen(t *testing.T) {
	if checkpointEvery > time.Minute {
		t.Errorf("checkpoints come every %v: their failures must be seen within a minute", checkpointEvery)
	}
	f, root, again := underFaults(t)
	if !again {
		return
	}
	for i, tt := range []struct {
		name  string
		error syscall.Errno
		call  uint32
		ends  bool
	}{
		{"no room for the day file", syscall.ENOSPC, onWrite, false},
		{"no room for a while", syscall.ENOSPC, onWrite, true},
		{"the day file cannot be synced", syscall.EIO, onSync, false},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "_"), func(t *testing.T) {
			slot := fmt.Sprint(100 + i)
			dir := mkdir(t, root, slot)
			var mu sync.Mutex
			var events []Event
			var all accepted
			var s *Store
			plan := faultPlan{tt.call, uint32(tt.error), 1, math.MaxUint32, ".db"}
			p := play{Directory: dir, Sync: "full", Midnight: 1 << 20, Until: 1000, Plan: &plan, PlanAt: 64,
				prepare: func(opened *Store) { s = opened },
				event: func(e Event) {
					mu.Lock()
					defer mu.Unlock()
					if e.Kind == EventCheckpoint {
						events = append(events, e)
					}
				},
				accepted: func(a acceptance) {
					if all = all.with(a); tt.ends && len(all) > 700 {
						f.disarmEnds(slot)
					}
				}}
			if err := p.give(t.Context()); err != nil {
				t.Errorf("Run: %v", err)
			}
			if _, failed, err := f.disarm(slot); err != nil || failed == 0 {
				t.Fatalf("%d calls have failed, %v", failed, err)
			}
			stats := s.Stats()
			t.Logf("%d commits, %d checkpoints failed, people were told %+v", stats.Commits, stats.CheckpointErrors, events)
			if stats.CheckpointErrors == 0 || stats.Stored != p.sent || stats.Dropped != 0 {
				t.Errorf("%d messages were sent, statistics %+v", p.sent, stats)
			}
			if len(events) == 0 || events[0].Over {
				t.Fatalf("people were told %+v", events)
			}
			if over := events[len(events)-1].Over; over != tt.ends || len(events) > 2 {
				t.Errorf("people were told %+v", events)
			}
			v := examination{dir: dir, now: p.clock(p.sent), accepted: all, torn: true}.examine(t.Context())
			if v.lost > 0 || len(v.damage) > 0 || int64(v.kept) != p.sent {
				t.Errorf("%d messages were sent, %d are there, %d accepted ones are lost, damage %q", p.sent, v.kept, v.lost, v.damage)
			}
		})
	}
}
