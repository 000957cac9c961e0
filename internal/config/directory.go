package config

import (
	"net/netip"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/syslog"
)

// A Directory tells what people have set for devices. It does not change, so
// any number of goroutines may ask it.
type Directory struct{ devices map[netip.Addr]entry }

type entry struct {
	name, site  string
	zone        *time.Location
	charset     *syslog.Charset
	silentAfter time.Duration
}

// Directory returns the devices of c.
func (c *Config) Directory() *Directory {
	d := &Directory{devices: make(map[netip.Addr]entry, len(c.Devices))}
	for _, dev := range c.Devices {
		e := entry{name: dev.Name, site: dev.Site, silentAfter: dev.SilentAfter}
		if dev.Timezone != "" {
			e.zone, _ = loadZone(dev.Timezone) // checked by Load
		}
		if dev.Encoding != "" {
			e.charset, _ = syslog.LookupCharset(dev.Encoding) // checked by Load
		}
		d.devices[dev.Address] = e
	}
	return d
}

// Device returns the name and site of a device; empty if none is set.
func (d *Directory) Device(a netip.Addr) (name, site string) {
	e := d.devices[a]
	return e.name, e.site
}

// Zone returns the time zone of a device's clock; nil if none is set.
func (d *Directory) Zone(a netip.Addr) *time.Location { return d.devices[a].zone }

// Charset returns the encoding of a device's text; nil if none is set.
func (d *Directory) Charset(a netip.Addr) *syslog.Charset { return d.devices[a].charset }

// SilentAfter returns how long a device may say nothing, 0 = as long as it
// likes; set is false if that is not in the settings.
func (d *Directory) SilentAfter(a netip.Addr) (allowed time.Duration, set bool) {
	allowed = d.devices[a].silentAfter
	return max(allowed, 0), allowed != 0
}

// Expected returns the devices that must not be silent for ever.
func (d *Directory) Expected() (all []netip.Addr) {
	for a, e := range d.devices {
		if e.silentAfter > 0 {
			all = append(all, a)
		}
	}
	return all
}

// Rules returns the [[alerts.rule]] compiled. There is no error after [Load].
func (c *Config) Rules() ([]alert.Rule, error) {
	rules := make([]alert.Rule, 0, len(c.Alerts.Rule))
	for i := range c.Alerts.Rule {
		if !c.Alerts.Rule[i].Enabled {
			continue
		}
		rule, err := c.Alerts.Rule[i].compile()
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return rules, nil
}
