package store

import (
	"cmp"
	"slices"

	"github.com/logboom/logboom/internal/syslog"
)

// A direction is the order in which ids are visited. Scans count in keys, an
// id times its direction, so that keys always go up.
type direction int64

const (
	up   direction = 1  // oldest first
	down direction = -1 // newest first
)

func (d direction) key(id int64) int64 { return id * int64(d) }
func (d direction) id(key int64) int64 { return key * int64(d) }

// ids returns the lowest and highest id of the keys a to b.
func (d direction) ids(a, b int64) (lowest, highest int64) {
	if d == down {
		return -b, -a
	}
	return a, b
}

// A page gathers the records with the lowest keys, at most so many and so many
// bytes, from tables that are read one after the other.
type page struct {
	dir   direction
	limit int // records
	bytes int // of memory, about; one record is always kept

	records []syslog.Record
	size    int   // bytes of records
	bound   int64 // keys above it are not wanted; set once cut
	cut     bool  // something did not fit
}

// wants reports whether a record of that key may have a place.
func (p *page) wants(key int64) bool { return !p.cut || key <= p.bound }

func (p *page) add(r syslog.Record) {
	p.records = append(p.records, r)
	p.size += memoryOf(&r)
	if len(p.records) > p.limit+p.limit/4+8 || p.size > p.bytes+p.bytes/4 {
		p.trim()
	}
}

// trim sorts the records and drops those beyond the limits, and those that a
// damaged file has twice.
func (p *page) trim() {
	slices.SortFunc(p.records, func(x, y syslog.Record) int {
		return cmp.Compare(p.dir.key(x.ID), p.dir.key(y.ID))
	})
	p.records = slices.CompactFunc(p.records, func(x, y syslog.Record) bool { return x.ID == y.ID })
	size := 0
	for i := range p.records {
		size += memoryOf(&p.records[i])
		if i == p.limit || size > p.bytes && i > 0 {
			p.bound = p.dir.key(p.records[i-1].ID)
			p.cut = true
			size -= memoryOf(&p.records[i])
			clear(p.records[i:])
			p.records = p.records[:i]
			break
		}
	}
	p.size = size
}

// memoryOf returns about how many bytes of memory r takes.
func memoryOf(r *syslog.Record) int { return cap(r.Raw) + 160 }
