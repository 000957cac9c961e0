package collect

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

var testSource = netip.MustParseAddr("192.0.2.1")

// push puts n messages of size bytes into a lane.
func push(q *Queue, lane, n, size int) (taken int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	raw := make([]byte, size)
	for range n {
		if q.add(q.lanes[lane], raw, testSource, 0) {
			taken++
		}
	}
	return taken
}

func count(batches []*syslog.Batch) (n int) {
	for _, b := range batches {
		n += len(b.Datagrams)
	}
	return n
}

func next(t *testing.T, q *Queue, max int, wait time.Duration) []*syslog.Batch {
	t.Helper()
	batches, err := q.Next(t.Context(), max, wait)
	if err != nil {
		t.Fatal(err)
	}
	return batches
}

func TestNextWaitsForMessagesOrTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(100, 1<<20, 100, 2)
		start := time.Now()
		time.AfterFunc(time.Hour, func() { push(q, 0, 3, 10) })
		time.AfterFunc(time.Hour+40*time.Millisecond, func() { push(q, 1, 3, 10) })
		if n := count(next(t, q, 10, 100*time.Millisecond)); n != 6 {
			t.Errorf("%d messages, want the 6 that came within 100 ms", n)
		}
		if d := time.Since(start) - time.Hour; d != 100*time.Millisecond {
			t.Errorf("returned %v after the first message, want 100ms", d)
		}
		time.AfterFunc(time.Minute, func() { push(q, 0, 10, 10) })
		start = time.Now()
		if n := count(next(t, q, 10, time.Hour)); n != 10 {
			t.Errorf("%d messages, want 10", n)
		}
		if d := time.Since(start); d != time.Minute {
			t.Errorf("returned after %v, want at once when max are there", d)
		}
	})
}

func TestNextCountsTheWaitFromTheFirstMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(100, 1<<20, 100, 1)
		push(q, 0, 1, 10)
		time.Sleep(70 * time.Millisecond) // fake time: the reader is busy
		start := time.Now()
		next(t, q, 10, 100*time.Millisecond)
		if d := time.Since(start); d != 30*time.Millisecond {
			t.Errorf("waited %v, want the 30ms that were left", d)
		}
	})
}

func TestNextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		q := newQueue(100, 1<<20, 100, 1)
		push(q, 0, 2, 10)
		cancel()
		if b, err := q.Next(ctx, 10, time.Hour); err != nil || count(b) != 2 {
			t.Errorf("with ctx done: %d messages, %v; want what is left", count(b), err)
		}
		if _, err := q.Next(ctx, 10, time.Hour); err != io.EOF {
			t.Errorf("with ctx done and empty: %v, want EOF", err)
		}
		push(q, 0, 3, 10)
		time.AfterFunc(time.Second, q.close)
		if b, err := q.Next(t.Context(), 10, time.Hour); err != nil || count(b) != 3 {
			t.Errorf("closed while waiting: %d messages, %v; want what is left", count(b), err)
		}
		if _, err := q.Next(t.Context(), 10, time.Hour); err != io.EOF {
			t.Errorf("closed and empty: %v, want EOF", err)
		}
		if n := push(q, 0, 1, 10); n != 0 || q.lanes[0].dropped.Queue != 1 {
			t.Error("a message after the end must be counted as dropped")
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	tests := []struct {
		name                string
		size, bytes, lanes  int
		message, want, more int
	}{
		{"in messages", 50_000, 64 << 20, 1, 100, 50_000, 0},
		{"in messages, of many listeners", 50_000, 64 << 20, 2, 100, 46_875, 0},
		{"in bytes", 50_000, 8 << 20, 1, 64 << 10, 8 * 16, 0},
		{"empty messages", 50_000, 64 << 20, 1, 0, 50_000, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := newQueue(tt.size, tt.bytes, 64<<10, tt.lanes)
			if n := push(q, 0, tt.size+10, tt.message); n != tt.want {
				t.Errorf("%d messages found room, want %d", n, tt.want)
			}
			if q.Len() != tt.want || q.Bytes() != int64(tt.want*tt.message) || q.Cap() != tt.size {
				t.Errorf("Len %d, Bytes %d, Cap %d", q.Len(), q.Bytes(), q.Cap())
			}
			l := q.lanes[0]
			if l.received != int64(tt.size+10) || l.received != l.queued+l.dropped.Queue {
				t.Errorf("ledger %+v", l.ledger)
			}
			got := next(t, q, tt.size, 0)
			for q.Len() > 0 {
				got = append(got, next(t, q, tt.size, 0)...)
			}
			if count(got) != tt.want || q.Taken() != tt.want {
				t.Errorf("%d messages came out, want %d", count(got), tt.want)
			}
			q.Done(got)
			if q.Taken() != 0 || q.pool.available() != q.pool.limit {
				t.Errorf("not all was given back: %d of %d", q.pool.available(), q.pool.limit)
			}
		})
	}
}

func TestBusyListenerLeavesRoomForOthers(t *testing.T) {
	for _, message := range []int{10, 64 << 10} {
		q := newQueue(5000, 4<<20, 64<<10, 3)
		push(q, 0, 10_000, message)
		if n := push(q, 2, 16, 1000); n != 16 {
			t.Errorf("messages of %d bytes: only %d of the quiet listener found room", message, n)
		}
		// And the reader sees them before it has read all of the busy one.
		found := 0
		for _, b := range next(t, q, 1000, 0) {
			if b.Listener == 2 {
				found = len(b.Datagrams)
			}
		}
		if message == 10 && found == 0 {
			found = count(next(t, q, 1, 0)) // its turn
		}
		if found == 0 {
			t.Errorf("messages of %d bytes: the quiet listener has to wait for all of the busy one", message)
		}
	}
}

func TestWritersWaitAndKeepTheirOrder(t *testing.T) {
	q := newQueue(64, 1<<20, 100, 2)
	var wg sync.WaitGroup
	const writers, each = 8, 500
	for _, l := range q.lanes {
		l.waits = true
	}
	for w := range writers {
		l := q.lanes[w%2]
		wg.Go(func() {
			for i := range each {
				q.mu.Lock()
				q.add(l, fmt.Appendf(nil, "%d %d", w, i), testSource, 0)
				q.mu.Unlock()
			}
		})
	}
	go func() { wg.Wait(); q.close() }()
	var last [writers]int
	total := 0
	for {
		batches, err := q.Next(t.Context(), 1+rand.IntN(64), time.Millisecond)
		if err == io.EOF {
			break
		}
		for _, b := range batches {
			for i := range b.Datagrams {
				var w, n int
				fmt.Sscan(string(b.Raw(i)), &w, &n)
				if n != last[w] {
					t.Fatalf("writer %d: message %d where %d was due", w, n, last[w])
				}
				last[w]++
				total++
			}
		}
		q.Done(batches)
	}
	if total != writers*each {
		t.Errorf("%d messages, want %d", total, writers*each)
	}
}

func TestHurryEndsAllWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(10, 1<<20, 100, 1)
		q.lanes[0].waits = true
		for range 3 {
			go push(q, 0, 10, 1)
		}
		synctest.Wait()
		if q.Len() != 10 || q.blocked != 2 {
			t.Errorf("Len %d, %d writers wait; want 10 and 2", q.Len(), q.blocked)
		}
		q.hurry()
		synctest.Wait()
		if l := q.lanes[0]; l.received != 30 || l.queued != 10 || l.dropped.Queue != 20 || q.blocked != 0 {
			t.Errorf("ledger %+v, %d wait", l.ledger, q.blocked)
		}
	})
}

func TestReaderIsWokenWhenWritersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(50_000, 2<<20, 64<<10, 1)
		q.lanes[0].waits = true
		go push(q, 0, 100, 64<<10) // more than the memory takes
		start := time.Now()
		next(t, q, 10_000, time.Hour)
		if time.Since(start) != 0 {
			t.Error("the reader waited for messages that could not come")
		}
		q.hurry()
		synctest.Wait()
	})
}

func TestMemoryOfABurstIsGivenBack(t *testing.T) {
	q := newQueue(50_000, 32<<20, 64<<10, 1)
	push(q, 0, 20_000, 1000)
	b := next(t, q, 20_000, 0)
	q.Done(b)
	made := q.pool.made
	for range 3 {
		q.trim()
		push(q, 0, 10, 100)
		q.Done(next(t, q, 1, 0))
	}
	if q.pool.made != 1 {
		t.Errorf("%d batches are kept of %d, want the one in use", q.pool.made, made)
	}
}

// The ledger of every listener balances whenever it is read, also when the
// queue is full most of the time.
func TestL02LedgerBalancesAtAnyTime(t *testing.T) {
	q := newQueue(200, 1<<20, 100, 4)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var writers, readers sync.WaitGroup
	const each = 20_000
	for w := range 4 {
		q.lanes[w].waits = w%2 == 0
		writers.Go(func() {
			for range each / 10 {
				push(q, w, 10, 50)
			}
		})
	}
	out := 0
	readers.Go(func() {
		for {
			b, err := q.Next(context.Background(), 50, 0)
			if err != nil {
				return
			}
			out += count(b)
			q.Done(b)
		}
	})
	readers.Go(func() {
		for ctx.Err() == nil {
			q.mu.Lock()
			n := int64(0)
			for i, l := range q.lanes {
				n += l.queued
				if l.received != l.queued+l.dropped.Sum() {
					t.Errorf("lane %d: %+v", i, l.ledger)
				}
			}
			if n < int64(q.n+q.taken) || q.n > q.size {
				t.Errorf("%d queued in all, %d waiting, %d taken", n, q.n, q.taken)
			}
			q.mu.Unlock()
		}
	})
	writers.Wait()
	cancel()
	q.close()
	readers.Wait()
	queued := int64(0)
	for i, l := range q.lanes {
		queued += l.queued
		if l.received != each || l.waits && l.queued != each {
			t.Errorf("lane %d: %+v", i, l.ledger)
		}
	}
	if queued != int64(out) {
		t.Errorf("%d messages were queued, %d came out", queued, out)
	}
}

func TestNextTakesWhatAQuietListenerHadBeforeABurstOnAnother(t *testing.T) {
	q := newQueue(1000, 1<<20, 1<<10, 2)
	src := netip.MustParseAddr("127.0.0.2")
	q.mu.Lock()
	q.add(q.lanes[1], []byte("first"), src, 1)
	for i := range 100 {
		q.add(q.lanes[0], []byte("burst"), src, int64(2+i))
	}
	q.mu.Unlock()
	batches, err := q.Next(t.Context(), 10, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if b.Listener == 1 {
			return
		}
	}
	t.Error("the message that came first is not among those taken first")
}
