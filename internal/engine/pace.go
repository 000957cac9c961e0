package engine

import (
	"time"

	"github.com/logboom/logboom/internal/console"
)

// What is remembered of how fast messages came: five minutes.
const (
	paceEvery = 5 * time.Second
	paceKept  = 60
)

// A pace is how fast messages came lately, for those who begin to look.
type pace struct {
	at       time.Time // of the last point
	received int64     // then
	points   []console.Past
}

// note takes the number of messages received up to now.
func (p *pace) note(now time.Time, received int64) {
	took := now.Sub(p.at)
	if !p.at.IsZero() && took < paceEvery {
		return
	}
	if !p.at.IsZero() {
		if len(p.points) == paceKept {
			p.points = append(p.points[:0], p.points[1:]...)
		}
		p.points = append(p.points, console.Past{At: now.UnixMicro(), Received: float64(received-p.received) / took.Seconds()})
	}
	p.at, p.received = now, received
}
