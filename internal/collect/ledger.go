package collect

// Dropped counts the messages that reached a listener and did not get into the
// queue, by the reason. The reasons carry the names they have on /metrics.
type Dropped struct {
	// Kernel: the operating system had no room left for a datagram in the
	// socket's receive buffer.
	Kernel int64
	// Queue: the queue was full and the sender could not be made to wait.
	Queue int64
	// Refused: a sender outside [Options.Allow], a connection over a limit or
	// with a failed handshake, garbage instead of a frame. Of a connection that
	// was turned away nobody knows how many messages it had: it counts as one.
	Refused int64
	// Oversize: a message longer than [Options.MaxMessage]. Its first MaxMessage
	// bytes are kept as a message; the rest counts here as one more that was
	// received and dropped, so that the sums hold.
	Oversize int64
}

// Sum returns the number of messages dropped for any reason.
func (d Dropped) Sum() int64 { return d.Kernel + d.Queue + d.Refused + d.Oversize }

// Each calls fn for every reason, zero counts included, always in one order.
func (d Dropped) Each(fn func(reason string, n int64)) {
	fn("kernel", d.Kernel)
	fn("queue", d.Queue)
	fn("refused", d.Refused)
	fn("oversize", d.Oversize)
}

// A ledger is the account of one listener: received = queued + dropped. It is
// guarded by the lock of the queue and every entry is made on both sides under
// one hold of it, so that the account balances whenever it is read.
type ledger struct {
	received, queued int64
	dropped          Dropped
}

func (l *ledger) kernel(n int64) { l.received += n; l.dropped.Kernel += n }
func (l *ledger) full()          { l.received++; l.dropped.Queue++ }
func (l *ledger) refused(n int64) {
	l.received += n
	l.dropped.Refused += n
}
func (l *ledger) oversize() { l.received++; l.dropped.Oversize++ }
func (l *ledger) accepted() { l.received++; l.queued++ }
