package engine

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// clockMessages are looked at for a time that the device says, newest first.
const clockMessages = 20

// device tells the console of one device, whether it was heard or not.
func (e *Engine) device(ctx context.Context, a netip.Addr) (out console.DeviceDetail, err error) {
	all, err := e.devices(ctx)
	if err != nil {
		return out, err
	}
	if i := slices.IndexFunc(all, func(d console.Device) bool { return d.Address == a.String() }); i >= 0 {
		out.Device = all[i]
		out.SentAt, out.HeardAt, err = e.newestTime(ctx, a, out.LastAt)
		return out, err
	}
	out.Device = console.Device{Address: a.String()}
	out.Name, out.Site = e.directory.Device(a)
	e.presence(a, &out.Device)
	e.recent.fill(a, time.Now(), &out.Device)
	return out, nil
}

// newestTime returns what the newest message of a device that has a time says,
// and when it came; 0 if none of the newest has.
func (e *Engine) newestTime(ctx context.Context, a netip.Addr, last int64) (sent, heard int64, err error) {
	if last == 0 {
		return 0, 0, nil
	}
	found, err := e.store.Archive().Search(ctx, store.Search{Device: a, From: last - hourWide, Limit: clockMessages})
	if err != nil {
		return 0, 0, err
	}
	for _, r := range slices.Backward(found.Records) {
		if r.SentAt != syslog.NoTime {
			return r.SentAt, r.ReceivedAt, nil
		}
	}
	return 0, 0, nil
}

// shownVendors are the names of packs by device, none where they cannot be read.
func (e *Engine) shownVendors(ctx context.Context) map[netip.Addr]string {
	all, err := e.state.Vendors(ctx)
	if err != nil {
		e.log.Debug("reading the vendors", "error", err)
	}
	return all
}

// recently fills in what the list of devices shows of the last 24 hours.
func (e *Engine) recently(a netip.Addr, vendors map[netip.Addr]string, d *console.Device) {
	d.Vendor = vendors[a]
	e.recent.fill(a, time.Now(), d)
}
