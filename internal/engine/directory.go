package engine

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/syslog"
)

// A directory tells what people have set for devices, as it is now. Any
// goroutine may ask.
type directory struct {
	now atomic.Pointer[config.Directory]
}

func newDirectory(d *config.Directory) *directory {
	live := new(directory)
	live.now.Store(d)
	return live
}

func (d *directory) Device(a netip.Addr) (name, site string) { return d.now.Load().Device(a) }

func (d *directory) Zone(a netip.Addr) *time.Location { return d.now.Load().Zone(a) }

func (d *directory) Charset(a netip.Addr) *syslog.Charset { return d.now.Load().Charset(a) }

func (d *directory) SilentAfter(a netip.Addr) (allowed time.Duration, set bool) {
	return d.now.Load().SilentAfter(a)
}

func (d *directory) Expected() []netip.Addr { return d.now.Load().Expected() }
