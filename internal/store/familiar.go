package store

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// settling is how long a store that knew no devices takes those that come for
// devices of a site that is being switched on.
const settling = 10 * time.Minute

// devicesOf returns the addresses that have, or had, a table on a day, whatever
// becomes of its files. Files that are opened add to it.
func (w *writer) devicesOf(day int) map[string]struct{} {
	if addresses := w.devices[day]; addresses != nil {
		return addresses
	}
	if len(w.devices) > maxOpenDays {
		delete(w.devices, slices.Min(slices.Collect(maps.Keys(w.devices))))
	}
	w.devices[day] = make(map[string]struct{})
	return w.devices[day]
}

// devicesBefore returns those of the latest day before one that had any: they
// will want tables on it, too.
func (w *writer) devicesBefore(day int) map[string]struct{} {
	latest := 0
	for d, addresses := range w.devices {
		if d < day && d > latest && len(addresses) > 0 {
			latest = d
		}
	}
	return w.devices[latest]
}

// readDevices reads which devices the latest day before today had. That is done
// before there is anything to store: it may have to wait for a lock.
func (w *writer) readDevices() {
	files, err := dayFiles(w.options.Directory)
	if err != nil {
		return // there is none yet; what else it may be is told by whoever needs it
	}
	latest := 0
	for _, f := range files {
		if f.Day < w.today {
			latest = f.Day // the last of them
		}
	}
	for _, f := range files {
		if f.Day != latest {
			continue
		}
		if err := w.addDevices(f); err != nil {
			w.options.Log.Warn("cannot read which devices there were before; they may count as new", "path", f.Path, "error", err)
		}
	}
}

// addDevices adds the devices of a file.
func (w *writer) addDevices(f dayPath) error {
	w.archive.held.enter(f.Day)
	defer w.archive.held.leave(f.Day)
	db, err := sqlite.OpenReader(f.Path)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.Query("SELECT CAST(address AS TEXT) FROM devices LIMIT ?", w.options.MaxDevices)
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	defer rows.Close()
	addresses := w.devicesOf(f.Day)
	for rows.Next() {
		var address string
		if err := rows.Scan(&address); err != nil {
			return fmt.Errorf("reading %s: %w", f.Path, err)
		}
		addresses[address] = struct{}{}
	}
	return rows.Err()
}
