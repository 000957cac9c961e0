package store

import (
	"fmt"

	"github.com/logboom/logboom/internal/sqlite"
)

// An earlierDay is the devices that a day before the first one of this run had.
type earlierDay struct {
	day       int
	addresses map[string]struct{}
}

// familiar returns the addresses that have tables in the latest day before this
// one, as far as it is known: they will want one in it, too.
func (w *writer) familiar(number int) map[string]struct{} {
	var before *openDay
	for _, d := range w.days {
		if d.file != nil && d.number < number && (before == nil || before.number < d.number) {
			before = d
		}
	}
	if before == nil {
		if w.earlier.day < number {
			return w.earlier.addresses
		}
		return nil
	}
	addresses := make(map[string]struct{}, len(before.file.tables))
	for address := range before.file.tables {
		addresses[address] = struct{}{}
	}
	return addresses
}

// readEarlier reads which devices the latest day before today had. That is done
// before there is anything to store: it may have to wait for a lock.
func (w *writer) readEarlier() {
	files, err := dayFiles(w.options.Directory)
	if err != nil {
		return // nothing was stored yet; what else it may be is told by whoever needs it
	}
	for _, f := range files {
		if f.Day < w.today {
			w.earlier.day = f.Day // the last of them
		}
	}
	w.earlier.addresses = make(map[string]struct{})
	for _, f := range files {
		if f.Day != w.earlier.day {
			continue
		}
		if err := w.addEarlier(f); err != nil {
			w.options.Log.Debug("cannot read which devices there were before", "path", f.Path, "error", err)
		}
	}
}

// addEarlier adds the devices of a file.
func (w *writer) addEarlier(f dayPath) error {
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
	for rows.Next() {
		var address string
		if err := rows.Scan(&address); err != nil {
			return fmt.Errorf("reading %s: %w", f.Path, err)
		}
		w.earlier.addresses[address] = struct{}{}
	}
	return rows.Err()
}
