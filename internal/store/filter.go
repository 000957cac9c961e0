package store

import (
	"net/netip"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// A filter says which messages are wanted. The zero filter wants all.
type filter struct {
	query     *query.Query // nil = all
	directory query.Directory
	from, to  int64 // received, µs; to excluded; 0 = open
	device    netip.Addr
}

// accepts reports whether r is wanted. It decides alone where a table could
// not be asked.
func (f *filter) accepts(r *syslog.Record) bool {
	return (f.from == 0 || r.ReceivedAt >= f.from) && (f.to == 0 || r.ReceivedAt < f.to) &&
		(!f.device.IsValid() || r.Source == f.device) && f.matches(r)
}

func (f *filter) matches(r *syslog.Record) bool {
	return f.query == nil || f.query.Match(r, f.directory)
}

// wants reports whether a table can hold wanted messages.
func (f *filter) wants(t *table) bool {
	if t.several {
		return true
	}
	if f.device.IsValid() && t.source != f.device {
		return false
	}
	if t.first != 0 && t.last != 0 && (f.to != 0 && t.first >= f.to || f.from != 0 && t.last < f.from) {
		return false
	}
	return f.query == nil || f.query.MayMatchSource(t.source, f.directory)
}
