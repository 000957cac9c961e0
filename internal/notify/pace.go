package notify

import "time"

// A pace keeps a [Limit]. The first half of Burst may go as fast as Every
// allows; the second half is spread over Within, so that in a flood people hear
// something every few seconds, instead of much at once and then nothing for
// most of a minute.
type pace struct {
	Limit
	taken []time.Time // of the last messages, at most Burst, oldest first
}

// wait returns how long after now the next message may be sent; 0 = at once.
func (p *pace) wait(now time.Time) time.Duration {
	quick := p.quick(now)
	n := len(p.taken)
	switch {
	case n == 0:
		return 0
	case n >= p.Burst:
		return p.taken[n-p.Burst].Add(p.Within).Sub(now)
	}
	gap := p.Every
	if quick == 0 {
		gap = max(gap, p.Within/time.Duration(p.Burst-p.half()))
	}
	return max(0, p.taken[n-1].Add(gap).Sub(now))
}

// waitEdit is wait for what calls nobody: it leaves half of what may go fast to
// what does.
func (p *pace) waitEdit(now time.Time) time.Duration {
	wait := p.wait(now)
	if n := len(p.taken); n > 0 && p.quick(now) <= p.half()/2 && len(p.taken) > 0 {
		wait = max(wait, p.taken[len(p.taken)-1].Add(p.Within/time.Duration(p.Burst-p.half())).Sub(now))
	}
	return wait
}

// quick returns how many messages may be sent before they must be spread.
func (p *pace) quick(now time.Time) int {
	old := 0
	for old < len(p.taken) && now.Sub(p.taken[old]) >= p.Within {
		old++
	}
	p.taken = append(p.taken[:0], p.taken[old:]...)
	return max(0, p.half()-len(p.taken))
}

// calm reports whether nothing was sent for as long as counts.
func (p *pace) calm(now time.Time) bool { return p.quick(now) == p.half() }

// take notes that a message was sent at now.
func (p *pace) take(now time.Time) { p.taken = append(p.taken, now) }

func (p *pace) half() int { return p.Burst / 2 }
