package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// powerPlay is what is recorded: messages until the process is killed, a
// recovery, midnight, the seal of the day that has ended, late messages for it.
func powerPlay(sync string) []play {
	first := play{Sync: sync, Midnight: 1400, Until: 1 << 20, Die: 700}
	second := play{Sync: sync, Midnight: 1400, Until: 2200, Seal: true}
	return []play{first, second}
}

// A powerCut is one moment at which the power fails, and what the disk made of
// what it had not synced.
type powerCut struct {
	trial    int
	at       int // entries of the book before it
	fate     string
	image    map[string][]byte
	accepted accepted
	now      time.Time
}

// outcome is what became of the cuts.
type outcome struct {
	cuts, losses, damaged int
	lost                  []int // messages, of the cuts that lost some
	worst                 int   // accepted ones when most was lost
	reports               []string
}

func (o *outcome) String() string {
	slices.Sort(o.lost)
	median, most := 0, 0
	if n := len(o.lost); n > 0 {
		median, most = o.lost[n/2], o.lost[n-1]
	}
	return fmt.Sprintf("%d power cuts: accepted messages lost in %d (median %d, most %d of %d accepted), damage in %d",
		o.cuts, o.losses, median, most, o.worst, o.damaged)
}

// cutPower lets the power fail at n moments of the book, chosen by chance but
// one in each nth of it, lets the store recover each time, and sums up. One
// cut stands between any two entries at most unless there are more cuts.
func cutPower(t *testing.T, dir string, book []entry, n int, lies bool, x examination) *outcome {
	t.Helper()
	seed := chances(t)
	cuts := make(chan powerCut)
	var o outcome
	var mu sync.Mutex
	var workers sync.WaitGroup
	place := scratch(t)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for c := range cuts {
				v := c.recover(t.Context(), filepath.Join(place, strconv.Itoa(c.trial)), random(seed, -1-c.trial), x)
				mu.Lock()
				o.add(&c, v)
				mu.Unlock()
			}
		})
	}
	d := newDisk(dir)
	d.lies = lies
	var all accepted
	done := 0
	for trial := range n {
		r := random(seed, trial)
		from, to := trial*len(book)/n, (trial+1)*len(book)/n
		at := max(from+r.IntN(max(to-from, 1)), 1)
		for ; done < at; done++ {
			if err := d.do(book[done]); err != nil {
				t.Fatal(err)
			}
			if e := book[done]; e.kind == 'A' {
				all = all.with(e.acceptance())
			}
		}
		c := powerCut{trial: trial, at: at, accepted: all, now: powerPlay("")[0].clock(int64(len(all)))}
		if r.IntN(3) == 0 {
			c.now = c.now.AddDate(0, 0, 1) // the power came back a day later
		}
		switch r.IntN(8) {
		case 0:
			c.fate, c.image = "all kept", d.cut(everything)
		case 1, 2:
			c.fate, c.image = "all lost", d.cut(nothing)
		default:
			c.fate, c.image = "some lost, some torn", d.cut(someOf(r))
		}
		cuts <- c
	}
	close(cuts)
	workers.Wait()
	return &o
}

// recover makes the files that the cut has left and examines what a store makes
// of them.
func (c *powerCut) recover(ctx context.Context, dir string, r *rand.Rand, x examination) *verdict {
	defer os.RemoveAll(dir)
	if err := errors.Join(os.Mkdir(dir, 0o750), writeImage(dir, c.image)); err != nil {
		return &verdict{damage: []string{err.Error()}}
	}
	if r.IntN(4) == 0 { // what is left of the index of a log means nothing
		garbage := make([]byte, 32<<10)
		for i := range garbage {
			garbage[i] = byte(r.Uint32())
		}
		for name := range c.image {
			if filepath.Ext(name) == ".db" {
				if err := os.WriteFile(filepath.Join(dir, name+"-shm"), garbage, 0o600); err != nil {
					return &verdict{damage: []string{err.Error()}}
				}
			}
		}
	}
	x.dir, x.now, x.accepted, x.more = dir, c.now, c.accepted, r.IntN(4) == 0
	// A store that does not come back is damage, too.
	done := make(chan *verdict, 1)
	go func() { done <- x.examine(ctx) }() // ends with the process at the latest
	select {
	case v := <-done:
		return v
	case <-time.After(recoveryTime):
		return &verdict{damage: []string{fmt.Sprintf("did not recover within %v", recoveryTime)}}
	}
}

// recoveryTime is how long a store may take to come back after a power cut,
// on a machine that is busy with other tests.
const recoveryTime = time.Minute

func (o *outcome) add(c *powerCut, v *verdict) {
	o.cuts++
	if v.lost > 0 {
		o.losses++
		o.lost = append(o.lost, v.lost)
		if v.lost == slices.Max(o.lost) {
			o.worst = len(c.accepted)
		}
	}
	if len(v.damage) > 0 {
		o.damaged++
	}
	if (v.lost > 0 || len(v.damage) > 0) && len(o.reports) < 5 {
		o.reports = append(o.reports, fmt.Sprintf("cut %d after entry %d, %s, %d files: %d of %d accepted messages lost, damage %q",
			c.trial, c.at, c.fate, len(c.image), v.lost, len(c.accepted), v.damage))
	}
}

// Everything that was accepted survives a power cut at any moment: while
// messages come in, are filed, at midnight, while a day is sealed, and while a
// store recovers from a crash.
func TestK01PowerCutLosesNothingAccepted(t *testing.T) {
	dir, book := recorded(t, powerPlay("full")...)
	t.Log(summary(book))
	o := cutPower(t, dir, book, tortured(t, cutsInCI), false, examination{})
	t.Log(o)
	for _, r := range o.reports {
		t.Error(r)
	}
}

// With sync "normal" a power cut takes the last messages, but no others, and
// damages nothing.
func TestK01PowerCutWithSyncNormalLosesTheLastMessagesOnly(t *testing.T) {
	dir, book := recorded(t, powerPlay("normal")...)
	t.Log(summary(book))
	o := cutPower(t, dir, book, tortured(t, cutsInCI/4), false, examination{sync: "normal", gaps: true})
	t.Logf("%v; the log was moved every %d commits, in service it is every %v or %d MB", o, playCheckpoint, checkpointEvery, checkpointPages*sqlite.PageSize>>20)
	if o.damaged > 0 {
		t.Errorf("damage: %q", o.reports)
	}
	if o.losses == 0 {
		t.Error("nothing was lost: either this disk is not what it should be, or sync \"normal\" costs nothing and should be the default")
	}
}

// The control: where SQLite does not wait for the disk, or the disk says it has
// what it has not, the player must see it. If it does not, K-01 proves nothing.
func TestK02PowerCutWithoutSyncIsSeen(t *testing.T) {
	for _, tt := range []struct {
		name, sync string
		lies       bool
	}{
		{"synchronous=OFF", "off", false},
		{"a disk that lies", "full", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, book := recorded(t, powerPlay(tt.sync)...)
			t.Log(summary(book))
			n := tortured(t, cutsInCI/8)
			o := cutPower(t, dir, book, n, tt.lies, examination{})
			t.Log(o)
			if o.losses+o.damaged < n/2 {
				t.Errorf("of %d power cuts only %d lost something and %d did damage: the player sees too little", n, o.losses, o.damaged)
			}
		})
	}
}

// summary says what a book holds.
func summary(book []entry) string {
	kinds := make(map[byte]int)
	bytes := 0
	for _, e := range book {
		kinds[e.kind]++
		bytes += len(e.bytes)
	}
	return fmt.Sprintf("recorded: %d entries, %d writes (%d MB with all), %d syncs, %d truncations, %d removals, %d commits, %d messages, %d processes",
		len(book), kinds['W'], bytes>>20, kinds['S'], kinds['T'], kinds['U'], kinds['A'], len(acceptedIn(book)), kinds['P'])
}
