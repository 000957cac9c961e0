package store

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// The checksum of a sealed day must hold for as long as the day is kept.
func TestRestartLeavesSealedDays(t *testing.T) {
	sealed := make(chan Seal, 10)
	b := newBench(t, func(o *Options) { o.Sealed = func(s Seal) error { sealed <- s; return nil } }).run()
	b.pipe.send(numbered(midday.AddDate(0, 0, -1), 0, 50)...)
	b.pipe.send(numbered(midday, 50, 1)...)
	b.pipe.waitDone(t, 51)
	b.restart()
	first := <-sealed
	b.eventually("the day is read-only", func() bool { return isSealed(first.Path) })
	b.restart()
	b.end()
	select {
	case s := <-sealed:
		t.Errorf("sealed again: %+v", s)
	default:
	}
	sum, _, err := b.writer.sealer.hash(t.Context(), dayPath{first.Day, 0, first.Path})
	if err != nil || sum != first.SHA256 {
		t.Errorf("the file has %s, %v; it was sealed with %s", sum, err, first.SHA256)
	}
}

// A day of long ago, whose inbox was not filed when the store last ended, is
// completed, however many days came since.
func TestInboxOfAnOldDayIsFiledAtTheStart(t *testing.T) {
	dir := t.TempDir()
	l := newLibrary(t)
	l.dir = dir
	old := DayOf(midday.AddDate(0, 0, -9).UnixMicro(), time.UTC)
	l.receive(old, note("10.0.0.1", midday.AddDate(0, 0, -9), "<13>old"))
	for i := range 8 {
		l.direct(DayOf(midday.AddDate(0, 0, -i).UnixMicro(), time.UTC), note("10.0.0.1", midday.AddDate(0, 0, -i), "<13>newer"))
	}
	l.close()
	b := newBench(t, func(o *Options) { o.Directory = dir })
	want(t, "inbox of the old day", b.all(FileName(old, 0), "SELECT count(*),(SELECT sum(messages) FROM devices) FROM inbox"), []string{"0|1"})
	b.run().end()
}

// Whatever closes a file early, its inbox is filed when its day ends.
func TestInboxOfAShutDayIsFiled(t *testing.T) {
	stumble := fmt.Errorf("the disk stumbles")
	t.Run("at the end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, func(o *Options) { o.Now = time.Now }).run()
			b.thin()
			b.writer.hookOnce("file", stumble)
			time.Sleep(filingQuiet + time.Second)
			synctest.Wait()
			b.end()
			b.empty(20000101)
		})
	})
	t.Run("at midnight", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sealed := make(chan Seal, 10)
			b := newBench(t, func(o *Options) { o.Now = time.Now; o.Sealed = func(s Seal) error { sealed <- s; return nil } })
			time.Sleep(24*time.Hour - time.Minute)
			b.run()
			b.thin()
			b.writer.hookOnce("file", stumble)
			time.Sleep(2*idleDay + sealRetry)
			select {
			case s := <-sealed:
				if s.Messages != 53 {
					t.Errorf("sealed %+v", s)
				}
			default:
				t.Error("not sealed")
			}
			b.end()
			b.empty(20000101)
		})
	})
	t.Run("after it could not be filed at midnight", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sealed := make(chan Seal, 10)
			b := newBench(t, func(o *Options) { o.Now = time.Now; o.Sealed = func(s Seal) error { sealed <- s; return nil } })
			time.Sleep(24*time.Hour - time.Second)
			b.run()
			b.thin()
			healthy := time.Now().Add(2 * idleDay)
			b.writer.setHook(func(point string) error {
				if (point == "file" || point == "filing") && time.Now().Before(healthy) {
					return stumble
				}
				return nil
			})
			time.Sleep(2*idleDay + 10*sealRetry)
			select {
			case s := <-sealed:
				if s.Messages != 53 {
					t.Errorf("sealed %+v", s)
				}
			default:
				t.Error("not sealed")
			}
			b.end()
			b.empty(20000101)
		})
	})
}

// thin stores messages of which the last three wait in the inbox.
func (b *bench) thin() {
	b.t.Helper()
	b.pipe.send(numbered(time.Now(), 0, 50)...)
	b.pipe.waitDone(b.t, 50)
	b.pipe.send(numbered(time.Now(), 50, 3)...)
	b.pipe.waitDone(b.t, 53)
}

// empty fails the test if there is something in the inbox of a day.
func (b *bench) empty(day int) {
	b.t.Helper()
	if exists(b.path(FileName(day, 0)) + "-wal") { // even a reader makes one
		b.t.Error("there is a write-ahead log")
	}
	want(b.t, "inbox", b.all(FileName(day, 0), "SELECT count(*) FROM inbox"), []string{"0"})
}
