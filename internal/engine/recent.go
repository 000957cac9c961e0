package engine

import (
	"math/bits"
	"net/netip"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/silence"
	"github.com/logboom/logboom/internal/syslog"
)

// recentHours are counted of each device.
const recentHours = 24

// hourWide is an hour in µs.
const hourWide = int64(time.Hour / time.Microsecond)

// recent counts the messages of the last 24 hours by device and hour, from the
// start of this server on, so that a list of devices need not count rows. It has
// room for as many devices as are looked after for silence; those beyond that
// have no counts here. The watcher's goroutine fills it in, any may read.
type recent struct {
	mu      sync.Mutex
	devices map[netip.Addr]*recentDevice
	latest  *recentDevice // that was heard: devices say several things in a row
}

// recentDevice counts messages of one device, some 260 bytes.
type recentDevice struct {
	address       netip.Addr
	hour          int64 // the newest, since 1970
	all, errors   [recentHours]uint32
	severities    [recentHours]uint8 // a bit for each that came
	apart, latest int64              // of the newest message with a time: sent less received, µs; and when it came
}

func newRecent() *recent { return &recent{devices: map[netip.Addr]*recentDevice{}} }

func (c *recent) observe(r *syslog.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hour := r.ReceivedAt / hourWide
	d := c.latest
	if d == nil || d.address != r.Source {
		if d = c.devices[r.Source]; d == nil {
			if len(c.devices) >= silence.MaxDevices {
				return
			}
			d = &recentDevice{address: r.Source, hour: hour}
			c.devices[r.Source] = d
		}
		c.latest = d
	}
	d.advance(hour)
	if hour <= d.hour-recentHours {
		return // our clock was set back by more than a day
	}
	at := hour % recentHours
	d.all[at]++
	severity := min(r.Severity, 7)
	if severity <= severityErr {
		d.errors[at]++
	}
	d.severities[at] |= 1 << severity
	if r.SentAt != syslog.NoTime && r.ReceivedAt >= d.latest {
		d.apart, d.latest = r.SentAt-r.ReceivedAt, r.ReceivedAt
	}
}

// advance makes hour the newest, if it is newer.
func (d *recentDevice) advance(hour int64) {
	if hour-d.hour >= recentHours {
		clear(d.all[:])
		clear(d.errors[:])
		clear(d.severities[:])
		d.hour = hour
	}
	for ; d.hour < hour; d.hour++ {
		at := (d.hour + 1) % recentHours
		d.all[at], d.errors[at], d.severities[at] = 0, 0, 0
	}
}

// fill says what is known of the last 24 hours of a device.
func (c *recent) fill(a netip.Addr, now time.Time, out *console.Device) {
	out.Worst = -1
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.devices[a]
	if d == nil {
		return
	}
	d.advance(now.UnixMicro() / hourWide)
	out.ClockApart = d.apart
	var seen uint8
	hours, errors := make([]int64, recentHours), make([]int64, recentHours)
	for i := range recentHours {
		at := (d.hour + 1 + int64(i)) % recentHours
		hours[i], errors[i] = int64(d.all[at]), int64(d.errors[at])
		seen |= d.severities[at]
		if d.errors[at] > 0 {
			out.ErrorHours = errors
		}
	}
	if seen != 0 {
		out.Worst, out.Hours = bits.TrailingZeros8(seen), hours
	}
}
