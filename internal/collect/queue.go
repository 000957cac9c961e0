package collect

import (
	"context"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// A Queue holds messages between the listeners, which write, and the store,
// which reads. It is bounded in messages and in memory.
//
// Every listener has a lane of its own: a batch that it is filling and those
// that it has filled. The reader takes filled batches first and then what there
// is of the one being filled, so that nothing waits for a batch to become full
// and a stalled reader does not use up the memory with batches nearly empty.
// Lanes are served in turn, and each is sure of a share of the room, however
// busy the others are.
//
// One goroutine at a time may call [Queue.Next]. All other methods may be
// called from any goroutine.
type Queue struct {
	size int // messages that may wait

	mu      sync.Mutex
	pool    pool
	lanes   []*lane
	turn    int           // the lane that is served first next time
	n       int           // messages waiting
	bytes   int64         // bytes of text waiting
	taken   int           // messages out with the reader
	since   time.Time     // when the queue was last empty and a message came
	want    int           // wake the reader at that many messages; 0: it does not wait
	blocked int           // writers that wait for room
	wake    chan struct{} // to the reader; holds one
	hurried bool          // nobody waits for room any more
	closed  bool
}

// A lane is one listener's part of the queue.
type lane struct {
	index   int
	retired bool            // its listener is closed, and fills nothing any more
	waits   bool            // wait when there is no room; else count and go on
	limit   int             // messages that may wait in this lane
	n       int             // messages waiting in it
	current *syslog.Batch   // being filled; may be nil
	filled  []*syslog.Batch // oldest first
	room    *sync.Cond      // there may be room again; on Queue.mu
	blocked int             // writers that wait for it
	ledger
}

func newQueue(size, bytes, message, lanes int) *Queue {
	q := &Queue{size: size, pool: newPool(bytes, message, lanes), wake: make(chan struct{}, 1)}
	for range lanes {
		q.grow()
	}
	q.share()
	return q
}

// grow adds a lane, which has its share after the next call of share.
func (q *Queue) grow() *lane {
	l := &lane{index: len(q.lanes), limit: q.size, room: sync.NewCond(&q.mu)}
	q.lanes = append(q.lanes, l)
	return l
}

// share gives every lane that is in use its share of the room.
func (q *Queue) share() {
	lanes := 0
	for _, l := range q.lanes {
		if !l.retired {
			lanes++
		}
	}
	share := 0 // kept free for every other lane
	if lanes > 1 {
		share = q.size / (8 * lanes)
	}
	for _, l := range q.lanes {
		l.limit = q.size - max(lanes-1, 0)*share
	}
	q.pool.serve(lanes)
	q.offer()
}

// Next returns messages, in the order in which each listener received them. It
// waits until max are there, or wait has passed since the first of them came,
// or the listeners wait for room. As it returns whole batches, there may be
// more than max. They belong to the caller until it calls [Queue.Done].
//
// When the queue is closed, and also when ctx is done, Next returns what is
// left without waiting, and then [io.EOF].
func (q *Queue) Next(ctx context.Context, max int, wait time.Duration) ([]*syslog.Batch, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	// A busy lane that may not fill the queue must not wait for more than it may.
	max = min(max, q.size)
	if len(q.lanes) > 0 {
		max = min(max, q.lanes[0].limit)
	}
	for {
		over := q.closed || ctx.Err() != nil
		left := wait - time.Since(q.since)
		switch {
		case q.n > 0 && (q.n >= max || over || left <= 0 || q.blocked > 0):
			return q.take(max), nil
		case over:
			return nil, io.EOF
		}
		q.sleep(ctx, max, left)
	}
}

// sleep waits until Next should look again. It lets go of the lock meanwhile.
func (q *Queue) sleep(ctx context.Context, max int, left time.Duration) {
	var due <-chan time.Time
	q.want = 1
	if q.n > 0 {
		q.want = max
		t := time.NewTimer(left)
		defer t.Stop()
		due = t.C
	}
	q.mu.Unlock()
	select {
	case <-q.wake:
	case <-due:
	case <-ctx.Done():
	}
	q.mu.Lock()
	q.want = 0
}

// take removes batches, one of each lane in turn, until they hold max messages
// and every lane had a turn: what came to a quiet listener before a burst on
// another is stored before it.
func (q *Queue) take(max int) []*syslog.Batch {
	var out []*syslog.Batch
	count := 0
	for i := 0; q.n > 0 && (count < max || i < len(q.lanes)); i++ {
		l := q.lanes[(q.turn+i)%len(q.lanes)]
		b := l.pop()
		if b == nil {
			continue
		}
		n := len(b.Datagrams)
		l.n -= n
		q.n -= n
		q.bytes -= int64(len(b.Buf))
		count += n
		out = append(out, b)
	}
	q.turn = (q.turn + 1) % len(q.lanes)
	q.taken += count
	q.offer()
	return out
}

// pop takes the lane's oldest batch with messages out of it; nil if none.
func (l *lane) pop() *syslog.Batch {
	if len(l.filled) > 0 {
		b := l.filled[0]
		l.filled[0] = nil
		l.filled = l.filled[1:]
		return b
	}
	if l.n == 0 {
		return nil
	}
	b := l.current
	l.current = nil
	return b
}

// Done gives back batches that [Queue.Next] returned, once their messages are
// stored or counted as lost. The caller must not use them afterwards.
func (q *Queue) Done(batches []*syslog.Batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, b := range batches {
		q.taken -= len(b.Datagrams)
		q.pool.put(b)
	}
	q.offer()
}

// offer tells one writer of every lane that there may be room. It tells the
// next one when it has got some itself.
func (q *Queue) offer() {
	if q.blocked == 0 {
		return
	}
	for _, l := range q.lanes {
		l.room.Signal()
	}
}

// add puts one message into the lane, which copies it, and enters it in the
// lane's ledger. It reports false if the message was dropped. The queue must be
// locked; while add waits for room it is not.
func (q *Queue) add(l *lane, raw []byte, src netip.Addr, at int64) bool {
	if !q.fits(l, len(raw)) {
		if !q.block(l, len(raw)) {
			l.full()
			return false
		}
	}
	b := l.current
	off := len(b.Buf)
	b.Buf = append(b.Buf, raw...)
	b.Datagrams = append(b.Datagrams, syslog.Datagram{Off: uint32(off), Len: uint32(len(raw)), ReceivedAt: at, Source: src})
	l.accepted()
	l.n++
	q.n++
	q.bytes += int64(len(raw))
	if q.n == 1 {
		q.since = time.Now()
	}
	if q.want > 0 && q.n >= q.want {
		q.rouse()
	}
	return true
}

// block waits until a message of n bytes fits. It reports false if it never
// will, or the lane does not wait.
func (q *Queue) block(l *lane, n int) bool {
	for l.waits && !q.hurried && n <= q.pool.size {
		l.blocked++
		q.blocked++
		if q.want > 0 {
			q.rouse()
		}
		l.room.Wait()
		l.blocked--
		q.blocked--
		if q.fits(l, n) {
			if l.blocked > 0 {
				l.room.Signal()
			}
			return true
		}
	}
	return false
}

// rouse wakes the reader.
func (q *Queue) rouse() {
	q.want = 0
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// fits reports whether a message of n bytes may come into the lane now, and
// sees to it that the current batch has room for it.
func (q *Queue) fits(l *lane, n int) bool {
	if q.closed || q.n >= q.size || l.n >= l.limit || n > q.pool.size {
		return false
	}
	if b := l.current; b != nil {
		if cap(b.Buf)-len(b.Buf) >= n && len(b.Datagrams) < arenaMessages {
			return true
		}
		l.filled = append(l.filled, b)
		l.current = nil
	}
	if q.pool.available() <= q.reserved(l) {
		return false
	}
	l.current = q.pool.get(l.index)
	return true
}

// reserved returns how many batches l must leave for others: one for each lane
// that has none, unless l has none itself.
func (q *Queue) reserved(l *lane) int {
	if len(l.filled) == 0 {
		return 0
	}
	n := 0
	for _, o := range q.lanes {
		if o != l && !o.retired && o.current == nil && len(o.filled) == 0 {
			n++
		}
	}
	return n
}

// hurry ends all waiting for room: what does not fit is counted as dropped.
func (q *Queue) hurry() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.hurried = true
	for _, l := range q.lanes {
		l.room.Broadcast()
	}
}

// close ends the queue: nothing comes in any more, Next returns the rest.
func (q *Queue) close() {
	q.hurry()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.rouse()
}

// trim gives back memory that was not needed since the last call.
func (q *Queue) trim() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pool.trim()
}

// Len returns the number of messages that wait.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n
}

// Cap returns the number of messages that may wait.
func (q *Queue) Cap() int { return q.size }

// Bytes returns the length of the messages that wait.
func (q *Queue) Bytes() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}

// Blocked returns the number of listeners that wait for room.
func (q *Queue) Blocked() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.blocked
}

// Taken returns the number of messages that are out with the reader: returned
// by [Queue.Next] and not yet given to [Queue.Done].
func (q *Queue) Taken() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.taken
}
