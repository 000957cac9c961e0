package store

import (
	"fmt"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// firstID returns an id that no file of the day has used, but for the one that
// is about to be written.
//
// What a file cannot be asked, because it is damaged or does not open, is
// answered by the clock: fewer than a million messages a second are stored, so
// an id of as many as microseconds of the day have passed is free.
func (w *writer) firstID(d *openDay) int64 {
	next := int64(1)
	files, err := w.archive.filesOf(d.number)
	unknown := err != nil
	for _, f := range files {
		if f.Part == d.part {
			continue
		}
		if f.Part < 0 { // set aside
			unknown = true
			continue
		}
		highest, err := w.highestID(f)
		if err != nil {
			unknown = true
		}
		next = max(next, highest+1)
	}
	if unknown {
		micros := w.options.Now().UnixMicro()
		midnight := time.Date(d.number/10000, time.Month(d.number/100%100), d.number%100, 0, 0, 0, 0, w.options.Location)
		const most = 26 * 60 * 60 * 1e6
		next = max(next, min(max(micros-midnight.UnixMicro()+60*60*1e6, 0), most))
	}
	return next
}

// highestID returns the highest id in a file that is not written, 0 if it has
// none. It changes nothing: the file may be sealed.
func (w *writer) highestID(f dayPath) (int64, error) {
	w.archive.held.enter(f.Day)
	defer w.archive.held.leave(f.Day)
	db, err := sqlite.OpenReader(f.Path)
	if err != nil {
		return 0, err
	}
	defer db.Close() // was only read
	rows, err := db.Query("SELECT address,table_name FROM devices")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	names := []string{inboxTable}
	for rows.Next() {
		var address, name string
		if err := rows.Scan(&address, &name); err != nil {
			return 0, err
		}
		if !isTableOf(address, name, f.Day) {
			return 0, fmt.Errorf("%s has the messages of %q in %.100q: %w", f.Path, address, name, sqlite.ErrForeign)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	var top int64
	for _, name := range names {
		var id int64
		if err := db.QueryRow("SELECT coalesce(max(id),0) FROM " + name).Scan(&id); err != nil {
			return 0, err
		}
		top = max(top, id)
	}
	return top, nil
}
