package store

import (
	"testing"
	"testing/synctest"
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
