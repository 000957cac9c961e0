package console

import (
	"context"
	"net/http"
	"net/netip"
	"time"
)

// DeviceDetail is all that is known of one device. One that nobody has heard has
// no times and no messages.
type DeviceDetail struct {
	Device
	DeviceSettings
	SentAt  int64     `json:"sent_at"`  // what the newest message that has a time says of it, µs since 1970 UTC; 0 = none has
	HeardAt int64     `json:"heard_at"` // when that one came
	Errors  int64     `json:"errors"`   // messages of severity err and worse since midnight
	Day     histogram `json:"day"`      // of the last 24 hours, by the hour
}

// getDevice answers GET devices/{address}.
func (c *Console) getDevice(w http.ResponseWriter, r *http.Request) {
	free, err := take(r.Context(), c.counts, c.limits.searchWait)
	if err != nil {
		c.busy(w, "%d histograms are being counted already", cap(c.counts))
		return
	}
	defer free()
	a := addressOf(r)
	settings, err := c.opts.Edits.Device(r.Context(), a)
	if err != nil {
		c.failEdit(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), c.limits.searchTime)
	defer cancel()
	d := DeviceDetail{Device: Device{Address: a.String(), Worst: -1}}
	if c.opts.OneDevice != nil {
		if d, err = c.opts.OneDevice(ctx, a); err != nil {
			c.log.Error("console: reading a device", "error", err)
			fail(w, http.StatusInternalServerError, "the device cannot be read: "+err.Error(), "messages are still being received")
			return
		}
	}
	d.DeviceSettings = settings
	if err := c.countDay(ctx, a, &d); err != nil {
		c.failSearch(w, r, ctx, err)
		return
	}
	answer(w, http.StatusOK, d)
}

// countDay counts the messages of the last 24 hours.
func (c *Console) countDay(ctx context.Context, a netip.Addr, d *DeviceDetail) error {
	began, now := time.Now(), c.now().In(c.opts.Location)
	b := wide(now.Add(-23*time.Hour), now.Add(time.Microsecond), time.Hour, c.opts.Location)
	counts, err := c.opts.Archive.Count(ctx, Search{Device: a}, b)
	if err != nil {
		return err
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.opts.Location).UnixMicro()
	for i, n := range counts.Buckets {
		if b.Edges[i] >= midnight {
			d.Errors += n[0] + n[1] + n[2] + n[3]
		}
	}
	d.Day = histogram{b.Edges, classed(counts.Buckets), true, counts.Reached, list(counts.Notes), time.Since(began).Milliseconds()}
	return nil
}
