package main

import (
	"context"
	"time"
)

// maxBurst is how many messages go out in one call.
const maxBurst = 64

// shortest is the shortest pause between calls: to wake for a few messages at a
// time would cost more than sending them.
const shortest = 100 * time.Microsecond

// pump sends messages until the count is reached, the time is over, or ctx is
// done.
func pump(ctx context.Context, w wire, m messages, o *sendOptions) *sent {
	r := &sent{Proto: o.proto, Devices: o.devices, FirstSeq: 1, Tag: o.tag}
	count := o.count
	if n := m.count(); count == 0 {
		count = n
	}
	batch, devices := make([][]byte, maxBurst), make([]int, maxBurst)
	cpu, began := cpuTime(), time.Now()
	failures := 0
	for n := int64(0); n < count && ctx.Err() == nil && failures < 10_000; {
		now := time.Now()
		if o.duration > 0 && now.Sub(began) >= o.duration {
			break
		}
		due := min(count-n, maxBurst)
		if o.rate > 0 {
			// Message k is due k/rate after the beginning, so the rate is exact
			// over any time, whatever the timer of the system is worth. What is
			// sent in a row goes out when its first is due.
			row := int64(o.burst)
			due = min(due, (int64(now.Sub(began).Seconds()*o.rate)/row+1)*row-n)
			if due <= 0 {
				next := began.Add(time.Duration(float64(n) / o.rate * float64(time.Second)))
				pause(ctx, min(max(time.Until(next), shortest), 100*time.Millisecond))
				continue
			}
		}
		for i := range due {
			devices[i] = int((n + i) / int64(o.burst) % int64(o.devices))
			batch[i] = m.next(n+i+1, devices[i], int(i), now)
		}
		out, err := w.send(batch[:due], devices[:due])
		for _, b := range batch[:out] {
			r.Bytes += int64(len(b))
		}
		r.Sent += int64(out)
		if n += int64(out); err != nil {
			r.Errors++
			n++ // its number is missing at the server, as it should
			r.lastError = err
			if failures++; !passing(err) {
				break
			}
		} else {
			failures = 0
		}
	}
	r.Seconds, r.CPU = time.Since(began).Seconds(), (cpuTime() - cpu).Seconds()
	if r.Seconds > 0 {
		r.Rate = float64(r.Sent) / r.Seconds
	}
	return r
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
