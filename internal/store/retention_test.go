package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestD02Retention(t *testing.T) {
	for _, tt := range []struct {
		name      string
		retention Retention
		want      []int // days that are left
	}{
		{"none", Retention{}, []int{20250601, 20250611, 20250612, 20250613, 20250614}},
		{"days", Retention{Days: 2}, []int{20250611, 20250612, 20250613, 20250614}},
		{"one day", Retention{Days: 1}, []int{20250612, 20250613, 20250614}},
		{"size", Retention{MaxSize: 230_000}, []int{20250612, 20250613, 20250614}},
		{"no room at all, but today stays", Retention{MinFree: 1 << 60}, []int{20250613, 20250614}},
		{"size of today alone", Retention{MaxSize: 1}, []int{20250613, 20250614}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, func(o *Options) { o.Retention = tt.retention })
			for _, day := range []int{20250601, 20250611, 20250612, 20250614} {
				for _, name := range []string{FileName(day, 0), FileName(day, 0) + ".damaged-101112", FileName(day, 1)} {
					if err := os.WriteFile(b.path(name), make([]byte, 25_000), 0o440); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := os.WriteFile(b.path("syslog_notes.db"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := b.writer.keeper.enforce(); err != nil {
				t.Fatal(err)
			}
			days, err := b.writer.keeper.keptDays()
			if err != nil {
				t.Fatal(err)
			}
			var left []int
			for _, d := range days {
				left = append(left, d.day)
				if d.day != 20250613 && len(d.files) != 3 {
					t.Errorf("of %d are left %q", d.day, d.files)
				}
			}
			if !slices.Equal(left, tt.want) {
				t.Errorf("left %v, want %v", left, tt.want)
			}
			if !exists(b.path("syslog_notes.db")) {
				t.Error("a file that is not ours was deleted")
			}
			b.run().end()
		})
	}
}

// With a wrong clock every day is old.
func TestClockJumpDeletesNothing(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Retention.Days = 30 })
	old := b.path("syslog_20250601.db")
	if err := os.WriteFile(old, nil, 0o440); err != nil {
		t.Fatal(err)
	}
	k := b.writer.keeper
	if err := k.enforce(); err != nil {
		t.Fatal(err)
	}
	b.setNow(midday.AddDate(10, 0, 0))
	if err := k.enforce(); err != nil {
		t.Fatal(err)
	}
	if !exists(old) || !b.told(EventClock) {
		t.Errorf("kept %v, told %v", exists(old), b.told(EventClock))
	}
	k.mono = k.mono.Add(-clockDoubt) // an hour later
	k.doubt = k.doubt.Add(-clockDoubt)
	b.setNow(midday.AddDate(10, 0, 0).Add(clockDoubt))
	if err := k.enforce(); err != nil {
		t.Fatal(err)
	}
	if exists(old) {
		t.Error("kept for ever")
	}
	b.run().end()
}

func TestSealFindsDamage(t *testing.T) {
	dir := t.TempDir()
	yesterday := filepath.Join(dir, "syslog_20250612.db")
	sealed := make(chan Seal, 10)
	change := func(o *Options) {
		o.Directory = dir
		o.Sealed = func(s Seal) error { sealed <- s; return nil }
	}
	b := newBench(t, change).run()
	for i := range 30 {
		b.pipe.send(numbered(midday.AddDate(0, 0, -1), i*100, 100)...)
	}
	b.pipe.waitDone(t, 3000)
	b.end() // ends before the day was sealed, or after
	for len(sealed) > 0 {
		<-sealed
	}
	if err := os.Chmod(yesterday, 0o640); err != nil {
		t.Fatal(err)
	}
	overwrite(t, yesterday, 12, 13, 14)
	b = newBench(t, change).run()
	select {
	case s := <-sealed:
		if s.Damage == "" || s.Messages != 3000 || s.SHA256 == "" || s.Day != 20250612 {
			t.Errorf("seal %+v", s)
		}
	case <-time.After(20 * time.Second):
		t.Error("not sealed")
	}
	b.eventually("somebody is told", func() bool { return b.told(EventDamaged) })
	b.end()
}

func TestFeedForgetsTheOldest(t *testing.T) {
	b := newBench(t, nil)
	f := newFeed(1000)
	if _, lost := f.after(1); lost || f.next() != 1 || f.oldest() != 1 {
		t.Error("a new feed has lost something")
	}
	in := newIntake(b.options)
	publish := func(n int) {
		p := newPipe()
		p.send(numbered(midday, 0, n)...)
		f.publish(in.read(p.queue).parts[0].records, 400)
	}
	publish(3)
	publish(2)
	if blocks, lost := f.after(2); lost || len(blocks) != 2 || blocks[0].first != 1 || blocks[1].first != 4 {
		t.Errorf("after(2) = %v, %v", blocks, lost)
	}
	publish(1)
	if blocks, lost := f.after(3); !lost || len(blocks) != 2 || blocks[0].first != 4 || f.oldest() != 4 || f.next() != 7 {
		t.Errorf("after(3) = %v, %v", blocks, lost)
	}
	if blocks, lost := f.after(7); lost || len(blocks) != 0 {
		t.Errorf("after(7) = %v, %v", blocks, lost)
	}
	if err := f.wait(t.Context(), 6); err != nil {
		t.Error(err)
	}
	f.close()
	if err := f.wait(t.Context(), 7); fmt.Sprint(err) != "EOF" {
		t.Errorf("wait on a closed feed: %v", err)
	}
	b.run().end()
}

// A machine without a battery for its clock may begin years ahead, until it
// has asked for the time.
func TestNothingIsDeletedForItsAgeByAClockThatMayBeWrong(t *testing.T) {
	for _, tt := range []struct {
		name string
		days []int
		want int // days that are left, today with them, today with them
		told bool
	}{
		{"nothing since a fortnight", []int{20250525, 20250530}, 3, true},
		{"and a file made with the same clock", []int{20250525, 20250530, 20250613}, 3, true},
		{"yesterday is there", []int{20250525, 20250612}, 2, false},
		{"nothing at all", nil, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told, dir := false, t.TempDir()
			for _, day := range tt.days {
				if err := os.WriteFile(filepath.Join(dir, FileName(day, 0)), nil, 0o440); err != nil {
					t.Fatal(err)
				}
			}
			b := newBench(t, func(o *Options) { // opening looks for the first time
				o.Directory, o.Retention = dir, Retention{Days: 5}
				o.Event = func(e Event) { told = told || e.Kind == EventClock }
			})
			if err := b.writer.keeper.enforce(); err != nil {
				t.Fatal(err)
			}
			days, err := b.writer.keeper.keptDays()
			if err != nil || len(days) != tt.want || told != tt.told {
				t.Errorf("left %v, %v, told %v; want %d left, told %v", days, err, told, tt.want, tt.told)
			}
		})
	}
}

// Some file systems free what was deleted later, and no file goes that
// somebody still has open.
func TestRoomThatIsNotThereYetCostsNoFurtherDay(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Retention = Retention{MinFree: 50_000} })
	b.writer.keeper.free = func(string) (int64, bool) { return 30_000, true }
	for _, day := range []int{20250610, 20250611, 20250612} {
		if err := os.WriteFile(b.path(FileName(day, 0)), make([]byte, 25_000), 0o440); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.writer.keeper.enforce(); err != nil {
		t.Fatal(err)
	}
	if exists(b.path(FileName(20250610, 0))) || !exists(b.path(FileName(20250611, 0))) {
		t.Error("want the oldest day deleted, and no other")
	}
}
