package engine

import (
	"context"
	"maps"
	"net/netip"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/store"
)

// An inventory tells who sends. Names come from the configuration, host names
// and first and last times from the census, counts from the day files.
type inventory struct {
	mu   sync.Mutex
	past map[int]map[netip.Addr]int64 // messages by device, of days that will not change
}

// devices lists every device that was ever heard. Messages are those of the
// days that are kept.
func (e *Engine) devices(ctx context.Context) ([]console.Device, error) {
	known, err := e.state.Devices(ctx)
	if err != nil {
		return nil, err
	}
	today := store.DayOf(time.Now().UnixMicro(), e.config().Location())
	sums, err := e.inventory.before(ctx, e.store.Archive(), today)
	if err != nil {
		return nil, err
	}
	heard, err := e.store.Archive().Devices(ctx, today)
	if err != nil {
		return nil, err
	}
	place := make(map[netip.Addr]int, len(known))
	out := make([]console.Device, 0, len(known))
	add := func(a netip.Addr, first int64) *console.Device {
		place[a] = len(out)
		d := console.Device{Address: a.String(), FirstAt: first, Messages: sums[a]}
		d.Name, d.Site = e.directory.Device(a)
		out = append(out, d)
		return &out[len(out)-1]
	}
	for _, k := range known {
		d := add(k.Address, k.FirstAt)
		d.Hostname, d.LastAt = k.Hostname, k.LastAt
	}
	for _, t := range heard {
		if !t.Address.IsValid() {
			continue // rows of a damaged file whose device is not known
		}
		if _, ok := place[t.Address]; !ok {
			add(t.Address, t.First)
		}
		d := &out[place[t.Address]]
		d.Today = t.Messages
		d.Messages += t.Messages
		d.LastAt = max(d.LastAt, t.Last)
	}
	vendors := e.shownVendors(ctx)
	for a, i := range place {
		e.presence(a, &out[i])
		e.recently(a, vendors, &out[i])
	}
	return out, nil
}

// presence fills in what is known beside the counts: how the device is called,
// and whether it has gone quiet.
func (e *Engine) presence(a netip.Addr, d *console.Device) {
	d.DNSName = e.names.reverse(a)
	switch d.Shown = d.Address; {
	case d.Name != "":
		d.Shown = d.Name
	case d.DNSName != "":
		d.Shown = d.DNSName + " (dns)"
	case ownName(d.Hostname) != "":
		d.Shown = ownName(d.Hostname) + " (hostname)"
	}
	p := e.silences.presence(a)
	if allowed, set := e.directory.SilentAfter(a); set {
		p.Allowed, p.Set = allowed, true // as it is set now, not when it was looked after last
	}
	d.QuietFor = int64(p.Allowed.Seconds())
	switch {
	case p.Allowed == 0:
	case p.Set:
		d.QuietBy = "silent_after"
	default:
		d.QuietBy = "habit"
	}
	if d.Silent = p.Silent && d.LastAt <= p.LastAt; d.Silent {
		d.SilentSince = p.LastAt
	}
}

// before sums up the days before today. A day is read once; the day before
// today may still be written, so it is read each time.
func (v *inventory) before(ctx context.Context, a *store.Archive, today int) (map[netip.Addr]int64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	days, err := a.Days()
	if err != nil {
		return nil, err
	}
	kept := map[int]map[netip.Addr]int64{}
	sums := map[netip.Addr]int64{}
	for i, d := range days {
		if d.Day == today {
			continue
		}
		counts, read := v.past[d.Day]
		if !read {
			devices, err := a.Devices(ctx, d.Day)
			if err != nil && ctx.Err() != nil {
				return nil, err
			} // a damaged day counts with what can be read of it
			counts = make(map[netip.Addr]int64, len(devices))
			for _, x := range devices {
				counts[x.Address] += x.Messages
			}
		}
		if lastBeforeToday := i == len(days)-1 || days[i+1].Day >= today; !lastBeforeToday {
			kept[d.Day] = counts
		}
		for address, n := range maps.All(counts) {
			sums[address] += n
		}
	}
	v.past = kept
	return sums, nil
}
