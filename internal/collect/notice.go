package collect

import (
	"log/slog"
	"sync"
	"time"
)

// noticeEvery is how often one kind of trouble of one listener is written to
// the log at most. Senders must not be able to fill a disk with our log.
const noticeEvery = 30 * time.Second

// notices writes warnings of one listener, not more often than noticeEvery for
// each kind, with the count of what happened since the last one.
type notices struct {
	log *slog.Logger

	mu    sync.Mutex
	kinds map[string]*notice // bounded: the kinds are constants of this package
}

type notice struct {
	last    time.Time // when it was written
	count   int64     // what happened since
	message string    // of the latest
	args    []any
}

// warn notes that message happened count times. Text from the network in args
// must be quoted or a type of our own.
func (n *notices) warn(kind string, count int64, message string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	k := n.kinds[kind]
	if k == nil {
		k = &notice{}
		if n.kinds == nil {
			n.kinds = make(map[string]*notice)
		}
		n.kinds[kind] = k
	}
	k.count += count
	k.message, k.args = message, args
	n.write(k)
}

// flush writes what was held back and is now due.
func (n *notices) flush() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, k := range n.kinds {
		if k.count > 0 {
			n.write(k)
		}
	}
}

func (n *notices) write(k *notice) {
	now := time.Now()
	if !k.last.IsZero() && now.Sub(k.last) < noticeEvery {
		return
	}
	n.log.Warn(k.message, append([]any{"count", k.count}, k.args...)...)
	k.last, k.count, k.args = now, 0, nil
}
