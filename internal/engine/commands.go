package engine

import (
	"context"
	"sync/atomic"

	"github.com/logboom/logboom/internal/notify"
)

// commands takes what people ask in chats, by one poller at a time: Telegram
// gives what is new to one who asks.
type commands struct {
	poller *atomic.Pointer[notify.Poller] // the one that is wanted; nil = none
	change chan struct{}                  // holds one word: it is another
}

func newCommands() commands {
	return commands{new(atomic.Pointer[notify.Poller]), make(chan struct{}, 1)}
}

// use has another poller take commands; nil = none.
func (c commands) use(p *notify.Poller) {
	if c.poller.Swap(p) == p {
		return
	}
	select {
	case c.change <- struct{}{}:
	default:
	}
}

// run takes commands until ctx is done.
func (c commands) run(ctx context.Context) error {
	for {
		asking, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		if p := c.poller.Load(); p != nil {
			go func() { ended <- p.Run(asking) }() // ends with asking
		} else {
			ended <- nil
		}
		select {
		case <-ctx.Done():
		case <-c.change:
		}
		stop()
		if err := <-ended; err != nil || ctx.Err() != nil {
			return err
		}
	}
}
