package store

import (
	"fmt"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// writeBare commits the single record of p to the inbox with nothing but its
// bytes, for when SQLite refuses it as it is.
func (f *dayFile) writeBare(p *part) error {
	if err := f.db.Begin(); err != nil {
		return err
	}
	r := &p.records[0]
	err := f.inbox.Insert(1, func(v *sqlite.Values, _ int) {
		v.Int(r.ID)
		v.Text(p.groups[0].text)
		v.Int(r.ReceivedAt)
		v.Null()
		v.Int(int64(r.Facility))
		v.Int(int64(r.Severity))
		for range 5 {
			v.Null()
		}
		v.Blob(r.Raw)
		v.Int(0)
	})
	if err != nil {
		f.db.Rollback() // what it says does not matter any more
		return err
	}
	return f.commit(&change{waiting: 1, pages: 1})
}

// begin starts a transaction. It tells people if very many devices have begun to
// send that did not send before, which happens when addresses are forged.
func (w *writer) begin(now time.Time) {
	if !w.populated {
		for _, addresses := range w.devices {
			w.populated = w.populated || len(addresses) > 0
		}
		if !w.populated {
			w.may.settled = now.Add(settling)
		}
	}
	if !w.may.begin(now) {
		return
	}
	text := fmt.Sprintf("more than %d new senders within a minute; if they are not yours, restrict who may send with listen.allow", newTablesPerMinute)
	w.options.Log.Warn("very many new senders", "hint", "the messages of those that have to wait for a table are in the inbox")
	w.options.Event(Event{Kind: EventSenders, Text: text})
}

// tooManyDevices tells people, once a day, that the limit is reached.
func (w *writer) tooManyDevices(f *dayFile) {
	if w.crowded == f.day {
		return
	}
	w.crowded = f.day
	text := fmt.Sprintf("%d devices have sent messages today, and store.max_devices allows no more tables; the messages of further ones go to %s", f.maxDevice, OtherTable(f.day))
	w.options.Log.Warn("too many devices", "max_devices", f.maxDevice, "table", OtherTable(f.day))
	w.options.Event(Event{Kind: EventSenders, Text: text})
}

// holder says who keeps the file of a day locked.
func (w *writer) holder(d *openDay) string {
	path := w.path(d)
	holders := lockHolders(path, path+"-wal", path+"-shm")
	if len(holders) == 0 {
		return "another program"
	}
	return strings.Join(holders, ", ")
}
