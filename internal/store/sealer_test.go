package store

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// The writer must not open a file that the sealer is about to close: that would
// let go of the writer's locks.
func TestWritingADayAgainWaitsForTheSealer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		s := b.writer.sealer
		s.add(20250612)
		ctx, day, _ := s.next(t.Context())
		if day != 20250612 {
			t.Fatalf("day %d is sealed", day)
		}
		b.writer.unseal(20250611) // another day
		written := make(chan struct{})
		go func() {
			b.writer.unseal(20250612)
			close(written)
		}()
		synctest.Wait()
		select {
		case <-written:
			t.Error("the writer has not waited")
		default:
		}
		if ctx.Err() == nil {
			t.Error("the sealer is not told")
		}
		s.ended(ctx, day, ctx.Err())
		if _, day, _ := s.next(t.Context()); day != 0 {
			t.Errorf("day %d is sealed although it is being written", day)
		}
		<-written
		b.run().end()
	})
}

// A day is tried again after what may pass, later each time, and not after what
// will not.
func TestSealingIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		s := b.writer.sealer
		begun := time.Now()
		s.add(20250612)
		var at []time.Duration
		for range 4 {
			ctx, day, wait := s.next(t.Context())
			if day == 0 {
				time.Sleep(wait)
				ctx, day, _ = s.next(t.Context())
			}
			at = append(at, time.Since(begun))
			s.ended(ctx, day, errReaders)
		}
		if fmt.Sprint(at) != "[0s 1m0s 3m0s 6m0s]" {
			t.Errorf("tried at %v", at)
		}
		s.add(20250612)
		ctx, day, _ := s.next(t.Context())
		s.ended(ctx, day, corruptError(t))
		if _, day, wait := s.next(t.Context()); day != 0 || wait != sealLongest {
			t.Errorf("day %d is tried in %v although it is damaged", day, wait)
		}
		b.run().end()
	})
}
