package notify

import (
	"math/rand/v2"
	"time"
)

const (
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute

	// retryGrowth is small on purpose: an outage of a minute is over for
	// people a quarter of a minute after it is over for the network.
	retryGrowth = 1.5

	// maxRetryAfter bounds what the other side may ask for, against garbage.
	maxRetryAfter = 24 * time.Hour

	// refusedRetry is the time between attempts while somebody must act first:
	// give the bot its rights back, say. A change of the configuration does
	// not wait for it.
	refusedRetry = 10 * time.Minute

	// newsRetry is the same where there is something new to tell: somebody may
	// have acted by then.
	newsRetry = time.Minute
)

// backoff returns how long to wait after the failures-th failure in a row, from
// 1: a second at first, half as much again each time, at most [lastRetry], less
// up to a quarter by chance, so that many servers do not come back at once.
func backoff(failures int) time.Duration {
	d := float64(firstRetry)
	for range failures - 1 {
		if d *= retryGrowth; d >= float64(lastRetry) {
			d = float64(lastRetry)
			break
		}
	}
	return time.Duration(d * (1 - rand.Float64()/4))
}
