package console

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A quota lets something happen so many times a minute: what writes to somebody
// else, or takes long.
type quota struct {
	mu    sync.Mutex
	times []time.Time // of the last minute, the oldest first
}

// take counts one, or returns how long to wait.
func (q *quota) take(most int, now time.Time) (wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.times) > 0 && (now.Sub(q.times[0]) >= time.Minute || now.Before(q.times[0])) {
		q.times = q.times[1:]
	}
	if len(q.times) >= most {
		return q.times[0].Add(time.Minute).Sub(now)
	}
	q.times = append(q.times, now)
	return 0
}

// spend takes one of so many a minute. If ok is false there is none left, and it
// has answered.
func (c *Console) spend(w http.ResponseWriter, q *quota, most int) (ok bool) {
	wait := q.take(most, time.Now())
	if wait <= 0 {
		return true
	}
	c.stats.refusedRequests.Add(1)
	seconds := int((wait + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	fail(w, http.StatusTooManyRequests, "this was asked "+strconv.Itoa(most)+" times within a minute, which is the most", "try again in "+strconv.Itoa(seconds)+" s")
	return false
}
