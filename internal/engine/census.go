package engine

import (
	"cmp"
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/syslog"
)

// censusSize bounds the devices that wait to be written down.
const censusSize = 20_000

// maxHostname is how much of a device's name for itself is kept, in bytes. RFC
// 5424 section 6 allows no more. A sender puts there what it likes: without a
// bound, forged senders with names of 60 kB would take all memory.
const maxHostname = 255

// censusWait is how often the devices seen are written down.
const censusWait = 10 * time.Second

// A census keeps the inventory of devices: who has sent, first and last, and
// what it calls itself. It holds nothing that a second look at the same
// messages would falsify, so it needs no checkpoint of its own; how many
// messages a device sent is counted in the day files.
//
// It belongs to the watcher's goroutine.
type census struct {
	state  *state.State
	log    *slog.Logger
	names  *names
	new    *newcomers
	seen   map[netip.Addr]*state.Device // since the last save
	latest *state.Device                // of seen, that was heard: devices say several things in a row
	saved  time.Time
	ill    bool // the last save failed
}

func newCensus(s *state.State, names *names, new *newcomers, log *slog.Logger) *census {
	return &census{state: s, log: log, names: names, new: new, seen: map[netip.Addr]*state.Device{}, saved: time.Now()}
}

func (c *census) observe(r *syslog.Record) {
	d := c.latest
	if d == nil || d.Address != r.Source {
		if d = c.seen[r.Source]; d == nil {
			if len(c.seen) >= censusSize {
				return // written down with a later message of it
			}
			d = &state.Device{Address: r.Source, FirstAt: r.ReceivedAt}
			c.seen[r.Source] = d
			d.Hostname = string(beginning(r.Get(r.Hostname)))
			c.names.heard(r.Source, d.Hostname)
			c.new.heard(r.Source, r.Position, c.names.called, time.Now())
		}
		c.latest = d
	}
	d.LastAt = max(d.LastAt, r.ReceivedAt)
	if host := beginning(r.Get(r.Hostname)); len(host) > 0 && string(host) != d.Hostname {
		d.Hostname = string(host)
		c.names.heard(r.Source, d.Hostname)
	}
}

// restore takes over which devices are known. Those that came after the newest
// note of new ones are new: a crash came before theirs.
func (c *census) restore(ctx context.Context, now time.Time) error {
	devices, err := c.state.Devices(ctx)
	if err != nil {
		return err
	}
	noted, err := c.state.NewestAlert(ctx, ruleNew, ruleNewMany)
	if err != nil {
		return err
	}
	noted = max(noted, now.Add(-2*newLater).UnixMicro())
	slices.SortFunc(devices, func(a, b state.Device) int { return cmp.Compare(a.FirstAt, b.FirstAt) })
	for _, d := range devices {
		c.names.heard(d.Address, d.Hostname)
		if d.FirstAt > noted {
			c.new.heard(d.Address, syslog.Position{}, c.names.called, now)
		}
		c.new.known[d.Address] = struct{}{}
	}
	return nil
}

// beginning returns at most maxHostname bytes of a name, cut between characters.
func beginning(name []byte) []byte {
	if len(name) <= maxHostname {
		return name
	}
	for at := maxHostname; at > maxHostname-utf8.UTFMax; at-- {
		if utf8.RuneStart(name[at]) {
			return name[:at]
		}
	}
	return name[:maxHostname] // not UTF-8
}

// tick saves if it is time.
func (c *census) tick(ctx context.Context) {
	if len(c.seen) == 0 || time.Since(c.saved) < censusWait {
		return
	}
	err := c.save(ctx)
	if err != nil && !c.ill {
		c.log.Warn("the list of devices cannot be stored, trying on", "error", err)
	}
	c.ill = err != nil
}

func (c *census) save(ctx context.Context) error {
	c.saved = time.Now()
	if len(c.seen) == 0 {
		return nil
	}
	list := make([]state.Device, 0, len(c.seen))
	for _, d := range c.seen {
		list = append(list, *d)
	}
	if err := c.state.SaveDevices(ctx, list); err != nil {
		return err
	}
	clear(c.seen)
	c.latest = nil
	return nil
}
