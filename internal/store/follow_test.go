package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// A journal checks what a follower hands out: every message once, those of a
// day in the order of their ids.
type journal struct {
	t    *testing.T
	last map[int]int64
	n    int
}

func (j *journal) take(records []syslog.Record) {
	for i := range records {
		r := &records[i]
		if r.ID != j.last[r.Day]+1 {
			j.t.Errorf("%v comes after %d", r.Position, j.last[r.Day])
		}
		if want := fmt.Sprintf("message %v", r.Position); string(r.Raw) != want {
			j.t.Errorf("%v says %q", r.Position, r.Raw)
		}
		j.last[r.Day] = r.ID
		j.n++
	}
}

// messages returns n records for a day, whose text is their position.
func (l *library) messages(day, n int) []syslog.Record {
	records := make([]syslog.Record, n)
	for i := range records {
		records[i] = note(fmt.Sprintf("10.0.0.%d", (int(l.last[day])+i)%7), noon, fmt.Sprintf("message %v", syslog.Position{Day: day, ID: l.last[day] + int64(i) + 1}))
	}
	return records
}

func TestFollowerBegins(t *testing.T) {
	tests := []struct {
		name string
		from map[int]int64
		want []int // messages of both days, of 5 stored and 2 that come
	}{
		{"now", nil, []int{2, 2}},
		{"at the begin of everything", map[int]int64{}, []int{7, 7}},
		{"behind what it had", map[int]int64{dayBefore: 4, thisDay: 3}, []int{3, 4}},
		{"with a day it does not know", map[int]int64{dayBefore: 5}, []int{2, 7}},
		{"with an older day it does not know", map[int]int64{thisDay: 4}, []int{2, 3}},
		{"with a day that is gone", map[int]int64{20261101: 9, dayBefore: 5, thisDay: 5}, []int{2, 2}},
		{"beyond the end of another file", map[int]int64{dayBefore: 5, thisDay: 5000}, []int{2, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLibrary(t)
			l.direct(dayBefore, l.messages(dayBefore, 5)...)
			l.direct(thisDay, l.messages(thisDay, 3)...)
			l.receive(thisDay, l.messages(thisDay, 2)...)
			s := l.store(1 << 20)
			f := s.Follow(tt.from)
			for _, day := range []int{thisDay, dayBefore} { // the clock is set back
				publish(s, l.receive(day, l.messages(day, 1)...))
				publish(s, l.receive(day, l.messages(day, 1)...))
			}
			s.feed.close()
			got := make([]int, 2)
			for {
				records, err := f.Next(t.Context(), time.Hour)
				if err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				for i := range records {
					got[records[i].Day-dayBefore]++
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%d messages of both days, want %d", got, tt.want)
			}
			if p := f.Positions(); !maps.Equal(p, map[int]int64{dayBefore: 7, thisDay: 7}) {
				t.Errorf("positions %v", p)
			}
		})
	}
}

func TestFollowerEnds(t *testing.T) {
	l := newLibrary(t)
	l.direct(thisDay, l.messages(thisDay, 1)...)
	s := l.store(1 << 20)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Follow(nil).Next(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled in memory: %v", err)
	}
	if _, err := s.Follow(map[int]int64{}).Next(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled among files: %v", err)
	}
	f := s.Follow(nil)
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, err := f.Next(t.Context(), time.Hour); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
	})
	s.feed.close()
	wait.Wait()

	s.archive.Close()
	if _, err := s.Follow(map[int]int64{}).Next(t.Context(), time.Hour); err != io.EOF {
		t.Errorf("with closed files: %v", err)
	}
}

// Whoever follows has other things to do while the days cannot be read.
func TestFollowerWaitsNoLongerThanItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.direct(thisDay, l.messages(thisDay, 3)...)
		l.close()
		f := l.store(1 << 20).Follow(map[int]int64{})
		if err := os.Rename(l.dir, l.dir+".away"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for range 3 {
			begun := time.Now() // of synctest
			if records, err := f.Next(ctx, 100*time.Millisecond); len(records) > 0 || err != nil || time.Since(begun) != 100*time.Millisecond {
				t.Fatalf("%d records, %v after %v; want none after 100 ms", len(records), err, time.Since(begun))
			}
		}
		if err := os.Rename(l.dir+".away", l.dir); err != nil {
			t.Fatal(err)
		}
		if records, err := f.Next(ctx, time.Minute); len(records) != 3 || err != nil {
			t.Errorf("%d records, %v when it can be read again, want 3", len(records), err)
		}
	})
}

// Under load, with readers that pause at random so that they fall behind and
// catch up, over a midnight, with the clock set back and rows being filed,
// every follower gets every message once and in order, also those that stop
// and go on from their checkpoint.
func TestA03FollowersMissNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	l := newLibrary(t)
	l.direct(dayBefore, l.messages(dayBefore, 500)...) // before the start
	s := l.store(30_000)                               // some 100 messages: memory is soon too short

	const batches = 400
	counts := make(map[int]int64)
	var wait sync.WaitGroup
	ended := make(chan struct{})
	wait.Go(func() {
		defer close(ended)
		rng := rand.New(rand.NewPCG(seed, 0))
		for i := range batches {
			day := dayBefore
			if i > batches/3 && i%50 > 3 { // midnight; now and then the clock is set back
				day = thisDay
			}
			records := l.messages(day, 1+rng.IntN(40))
			if rng.IntN(4) > 0 {
				records = l.receive(day, records...)
			} else {
				l.file(day)
				records = l.direct(day, records...)
			}
			publish(s, records)
			if rng.IntN(10) == 0 {
				runtime.Gosched()
			}
		}
		maps.Copy(counts, l.last)
	})
	var memory, files [4]int
	for n := range 4 {
		wait.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(n)+1))
			j := &journal{t: t, last: make(map[int]int64)}
			f := s.Follow(map[int]int64{})
			for {
				if rng.IntN(60) == 0 { // stops, and starts again from its checkpoint
					f = s.Follow(maps.Clone(j.last))
				}
				if f.behind {
					files[n]++
				} else {
					memory[n]++
				}
				ctx, cancel := context.WithCancel(t.Context())
				if rng.IntN(5) == 0 {
					cancel() // in the middle of something
				}
				records, err := f.Next(ctx, time.Hour)
				cancel()
				if err == io.EOF {
					break
				} else if errors.Is(err, context.Canceled) {
					continue
				} else if err != nil {
					t.Error(err)
					return
				}
				j.take(records)
				for pauses := rng.IntN(4) * n; pauses > 0; pauses-- { // the slower, the higher n
					blocks, _ := s.feed.after(0)
					_ = len(blocks)
					runtime.Gosched()
				}
				if n == 3 && rng.IntN(8) == 0 { // waits until memory has surely lost its place
					select {
					case <-ended:
					case <-overtaken(s.feed, f.next):
					}
				}
			}
			<-ended
			if !maps.Equal(j.last, counts) {
				t.Errorf("follower %d ended at %v, want %v", n, j.last, counts)
			}
		})
	}
	<-ended
	s.feed.close()
	wait.Wait()
	t.Logf("turns from memory %v, from files %v", memory, files)
	if files[3] == 0 || slices.Max(memory[:]) == 0 {
		t.Errorf("turns from memory %v, from files %v: the test must use both", memory, files)
	}
}

// oldest returns the running number of the oldest record in memory; that of
// the next one if there is none.
func (f *feed) oldest() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.blocks) == 0 {
		return f.upcoming
	}
	return f.blocks[0].first
}

// overtaken is closed when the feed has forgotten the record numbered n, or
// has ended.
func overtaken(f *feed, n int64) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for f.oldest() <= n {
			if f.wait(context.Background(), f.next()) != nil {
				return
			}
		}
	}()
	return done
}

func TestTailSkipsAndSaysSo(t *testing.T) {
	l := newLibrary(t)
	s := l.store(2000)
	publish(s, l.messages(thisDay, 1))
	tail := s.Tail()
	l.last[thisDay] = 1

	next := func(records, skipped int) {
		t.Helper()
		r, n, err := tail.Next(t.Context())
		if err != nil || len(r) != records || n != int64(skipped) {
			t.Fatalf("%d records, %d skipped, %v; want %d, %d", len(r), n, err, records, skipped)
		}
	}
	say := func(n int) {
		records := l.messages(thisDay, n)
		l.number(thisDay, records)
		publish(s, records)
	}
	say(3)
	next(3, 0)
	say(2)
	say(1)
	next(2, 0)
	next(1, 0)
	for range 30 {
		say(5)
	}
	held, _ := s.feed.after(0)
	lost := 30 - len(held)
	if lost == 0 {
		t.Fatal("memory held everything")
	}
	next(5, lost*5)
	for range len(held) - 1 {
		next(5, 0)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := tail.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	say(1)
	s.feed.close()
	next(1, 0)
	if _, _, err := tail.Next(t.Context()); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}
