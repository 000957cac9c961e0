package collect

import "time"

// How long datagrams gather where many come.
const (
	// denseRate is from how many datagrams a second they gather: below, there are
	// hardly two in a lull.
	denseRate = 500
	// longestLull bounds it: a message is on its way for batch_wait anyway, by
	// default 100 ms, until it is committed. From 1 ms to 4 it saves a quarter of what 50,000
	// datagrams a second cost, from there on nothing more.
	longestLull  = 4 * time.Millisecond
	shortestLull = 500 * time.Microsecond // less does not pay
	// A lull leaves most of the receive buffer free for a burst: this much of it,
	// at a rate that no receiver of one core can take, may be used. Linux takes
	// 1,280 bytes and less for a datagram of usual length, from twice what was
	// granted; Windows takes less.
	lullShare    = 8
	fastestRate  = 500_000
	kernelLength = 1280
)

// A lull says how long a receiver should let datagrams gather before it reads
// again. Being woken for each of them costs most of what receiving costs. They
// are all received when they are read: what came to another port meanwhile may
// seem to be older.
type lull struct {
	longest time.Duration // 0 = never: the receive buffer is small
	since   time.Time     // counted from here
	n       int           // datagrams
	now     time.Duration
}

// newLull returns a lull for a socket with a receive buffer of so many bytes.
func newLull(granted int) lull {
	room := 2 * granted / kernelLength / lullShare
	longest := min(time.Duration(room)*time.Second/fastestRate, longestLull)
	if longest < shortestLull {
		longest = 0
	}
	return lull{longest: longest}
}

// after tells how long to wait after n datagrams were read at a time; more says
// that there are likely more already.
func (l *lull) after(n int, more bool, at time.Time) time.Duration {
	l.n += n
	if d := at.Sub(l.since); d >= 10*time.Millisecond {
		l.now = 0
		if float64(l.n) >= denseRate*d.Seconds() {
			l.now = l.longest
		}
		l.since, l.n = at, 0
	}
	if more {
		return 0
	}
	return l.now
}
