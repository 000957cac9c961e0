package collect

import "github.com/logboom/logboom/internal/syslog"

const (
	// arenaBytes is the room for text in one batch, unless MaxMessage needs more.
	arenaBytes = 1 << 20
	// arenaMessages bounds the messages of one batch, for datagrams may be empty.
	arenaMessages = 8192
)

// A pool hands out the batches that messages are written into and takes them
// back. It makes them as they are needed, up to its limit, so that an idle
// server is small. It is guarded by the lock of the queue.
type pool struct {
	bytes int             // of text in all batches
	size  int             // bytes of text in a batch
	limit int             // batches that may exist
	made  int             // batches that exist
	free  []*syslog.Batch // of these, the ones not in use; last in, first out
	least int             // fewest free since the last trim
}

// newPool returns a pool of at most bytes of text, that serves lanes listeners
// with messages of up to message bytes.
func newPool(bytes, message, lanes int) pool {
	size := max(arenaBytes, message)
	p := pool{bytes: bytes, size: size}
	p.serve(lanes)
	return p
}

// serve lets so many listeners use the pool: every one can fill one batch while
// the writer holds one of its own.
func (p *pool) serve(lanes int) { p.limit = max(p.bytes/p.size, 2*lanes+1) }

// available returns how many batches get can still deliver.
func (p *pool) available() int { return p.limit - p.made + len(p.free) }

// get returns an empty batch; available must not be 0.
func (p *pool) get(listener int) *syslog.Batch {
	n := len(p.free) - 1
	if n < 0 {
		p.made++
		p.least = 0
		return &syslog.Batch{Listener: listener, Buf: make([]byte, 0, p.size)}
	}
	b := p.free[n]
	p.free[n] = nil
	p.free = p.free[:n]
	p.least = min(p.least, n)
	b.Listener = listener
	return b
}

// put takes back a batch whose messages nobody needs any more.
func (p *pool) put(b *syslog.Batch) {
	b.Buf, b.Datagrams = b.Buf[:0], b.Datagrams[:0]
	p.free = append(p.free, b)
}

// trim lets go of the batches that were not needed since the last trim, so
// that the memory of a burst is given back some time after it.
func (p *pool) trim() {
	n := len(p.free) - p.least
	clear(p.free[n:])
	p.free = p.free[:n]
	p.made -= p.least
	p.least = n
}
