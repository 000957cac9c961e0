package state

import (
	"cmp"
	"context"
	"database/sql"
	"net/netip"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// Bounds of what is looked at to find what flaps.
const (
	flapIncidents = 20_000 // the newest
	flapObjects   = 100_000
)

// A Flap is a thing of a device that came and went more than once.
type Flap struct {
	Device     netip.Addr
	DeviceName string // as the newest incident says
	Site       string
	Object     string // "PON 0/6/6 ONU 67", "GigabitEthernet0/0/20"
	Rule       string // of the newest incident
	Times      int    // that it went, alone or with others
	LastAt     int64  // µs since 1970 UTC
	Incident   int64  // the newest
}

// Flapping returns what came and went most often since a time, at least twice,
// the worst first, at most so many. ONUs of an area that were lost with others
// count as well. It looks at the newest 20,000 incidents.
func (s *State) Flapping(ctx context.Context, since time.Time, most int) ([]Flap, error) {
	type thing struct {
		device netip.Addr
		object string
	}
	found := map[thing]*Flap{}
	add := func(i *alert.Incident, object string, times int, at int64) {
		if object == "" || times == 0 || at < since.UnixMicro() {
			return
		}
		f := found[thing{i.Device, object}]
		if f == nil {
			if len(found) == flapObjects {
				return
			}
			f = &Flap{Device: i.Device, DeviceName: i.DeviceName, Site: i.Site, Object: object, Rule: i.Rule, Incident: i.ID}
			found[thing{i.Device, object}] = f // incidents come newest first
		}
		f.Times += times
		f.LastAt = max(f.LastAt, at)
	}
	err := s.read("reading incidents", func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT incident, 0, '', 0, '' FROM (SELECT id, incident, updated_at FROM incidents ORDER BY id DESC LIMIT ?) WHERE updated_at >= ? ORDER BY id DESC", flapIncidents, since.UnixMicro())
		return each(rows, err, func(rows *sql.Rows) error {
			i, err := scanIncident(rows.Scan)
			if err != nil || i.State == alert.IncidentMerged { // then it is a member of another
				return err
			}
			add(&i.Incident, i.Object, 1+i.Flaps, i.UpdatedAt)
			for _, m := range i.Members {
				add(&i.Incident, m.Object, 1, m.At)
			}
			return nil
		})
	})
	var list []Flap
	for _, f := range found {
		if f.Times > 1 {
			list = append(list, *f)
		}
	}
	slices.SortFunc(list, func(a, b Flap) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), cmp.Compare(b.LastAt, a.LastAt), a.Device.Compare(b.Device), cmp.Compare(a.Object, b.Object))
	})
	return list[:min(len(list), most)], err
}
