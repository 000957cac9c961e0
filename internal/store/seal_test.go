package store

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A file whose checksum could not be kept is not closed for good: nobody would
// ever come back to it.
func TestChecksumIsKeptBeforeTheFileIsReadOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		var path string
		b := newBench(t, func(o *Options) {
			o.Now = time.Now
			o.Sealed = func(s Seal) error {
				if isSealed(s.Path) {
					t.Error("the file is read-only before its checksum was kept")
				}
				path = s.Path
				if tries++; tries < 3 {
					return errors.New("logboom.db is full")
				}
				return nil
			}
		}).run()
		b.pipe.send(numbered(time.Now(), 0, 30)...)
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		b.end()
		if tries != 3 || !isSealed(path) {
			t.Errorf("kept at attempt %d, read-only: %v", tries, isSealed(path))
		}
	})
}

// The checksum of a closed file that is not known, as after logboom.db was
// lost, is computed at the next start. The file stays as it is.
func TestUnknownChecksumIsComputed(t *testing.T) {
	sealed := make(chan Seal, 10)
	var known atomic.Bool
	known.Store(true)
	b := newBench(t, func(o *Options) {
		o.Sealed = func(s Seal) error { sealed <- s; return nil }
		o.IsSealed = func(day, part int) (bool, error) { return known.Load() || day != 20250612 || part != 0, nil }
	}).run()
	b.pipe.send(numbered(midday.AddDate(0, 0, -1), 0, 50)...)
	b.pipe.waitDone(t, 50)
	b.restart()
	first := <-sealed
	b.eventually("the file is read-only", func() bool { return isSealed(first.Path) })
	before, err := os.Stat(first.Path)
	if err != nil {
		t.Fatal(err)
	}
	known.Store(false)
	b.restart()
	again := <-sealed
	b.end()
	if again != first {
		t.Errorf("kept as %+v, then as %+v", first, again)
	}
	if after, err := os.Stat(first.Path); err != nil || after.ModTime() != before.ModTime() || after.Mode() != before.Mode() {
		t.Errorf("the file has changed: %v, %v, %v", before, after, err)
	}
}
