package store

import (
	"database/sql/driver"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// inboxColumns are those of the inbox and of the table of other devices.
var inboxColumns = strings.Replace(Columns, "id,", "id,address,", 1)

// A dayFile is an open day file, or a part of one, that the writer writes.
type dayFile struct {
	day, part int
	path      string
	db        *sqlite.Appender
	watch     watch

	tables    map[string]*deviceTable // by the text of the address
	devices   map[string]struct{}     // addresses that have, or had, a table of this day, in whatever file
	before    map[string]struct{}     // those of the day before
	others    *deviceTable            // nil: this day has no such table yet
	inbox     *sqlite.Table
	counts    *sqlite.Table      // adds to the rows of devices
	maxDevice int                // tables there may be
	point     func(string) error // see writer.hook

	waiting      int64     // rows in the inbox
	waitingBytes int64     // of their messages, about
	since        time.Time // when the oldest of them came, by the monotonic clock
	quiet        time.Time // when the last of them came
	round        round     // of filing
	checkpoint   checkpointState
}

// A deviceTable is the table of a device in a dayFile.
type deviceTable struct {
	name    string
	address string
	insert  *sqlite.Table
	file    *sqlite.Stmt // moves the rows of the device out of the inbox; nil until needed
}

// fileOptions say how the writer opens files.
type fileOptions struct {
	fast      bool
	busy      time.Duration
	maxDevice int
	point     func(string) error
	held      *descriptors
	devices   map[string]struct{} // see dayFile; nil: nobody wants to know
}

// openDayFile opens a file of a day for writing and makes it if it is absent.
// maxID is the highest id in it, 0 if it is empty.
func openDayFile(path string, day, part int, o fileOptions) (f *dayFile, maxID int64, err error) {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o200 == 0 {
		// The day was sealed, but there is more to come.
		if err := os.Chmod(path, info.Mode().Perm()|0o600); err != nil {
			return nil, 0, fmt.Errorf("making %s writable again: %w", path, err)
		}
	}
	o.held.enter(day)
	db, err := sqlite.OpenAppender(path, sqlite.Options{
		Fast: o.fast, Busy: o.busy, Checkpoint: 16_000, Cache: 32 << 10,
		Migrations: dayMigrations, Application: applicationID,
	})
	if err != nil {
		o.held.leave(day)
		return nil, 0, err
	}
	f = &dayFile{day: day, part: part, path: path, db: db, maxDevice: o.maxDevice, point: o.point,
		devices: o.devices,
		watch:   watch{path: path, day: day, held: o.held},
		tables:  make(map[string]*deviceTable), inbox: db.Table(inboxTable, inboxColumns)}
	if maxID, err = f.load(); err == nil {
		err = f.watch.start()
	}
	if err != nil {
		f.close()
		return nil, 0, fmt.Errorf("opening %s: %w", path, err)
	}
	return f, maxID, nil
}

// load reads what is in the file, and makes the tables that it should have but
// somebody has dropped.
func (f *dayFile) load() (maxID int64, err error) {
	there, err := f.inspect()
	if err != nil {
		return 0, err
	}
	for _, m := range dayMigrations {
		if err := f.db.Exec(strings.ReplaceAll(m, "CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ")); err != nil {
			return 0, err
		}
	}
	f.counts = f.db.Upsert("devices", "address,table_name,first_at,last_at,messages", `ON CONFLICT(address) DO UPDATE SET
		messages=messages+excluded.messages,first_at=min(first_at,excluded.first_at),last_at=max(last_at,excluded.last_at)`)

	err = f.db.Query("SELECT address,table_name FROM devices", nil, func(v []driver.Value) error {
		address, name := text(v[0]), text(v[1])
		if !isTableOf(address, name, f.day) {
			return fmt.Errorf("it says that the messages of %q are in %.100q: %w", address, name, sqlite.ErrForeign)
		}
		f.know(address, name)
		return nil
	})
	if err != nil {
		return 0, err
	}
	names := []string{inboxTable}
	for _, t := range f.all() {
		if !there[t.name] {
			if err := f.db.Exec(f.create(t)); err != nil {
				return 0, err
			}
		}
		names = append(names, t.name)
	}
	if f.waiting, err = f.db.Int("SELECT count(*) FROM inbox"); err != nil {
		return 0, err
	}
	if f.waiting > 0 {
		f.since, f.quiet = time.Time{}, time.Time{} // long ago: file it soon
		if f.waitingBytes, err = f.db.Int("SELECT sum(length(raw)) FROM inbox"); err != nil {
			return 0, err
		}
	}
	return f.highest(names)
}

// highest returns the highest id in the tables.
func (f *dayFile) highest(names []string) (int64, error) {
	const most = 100 // SQLite takes 500 terms
	var top int64
	for len(names) > 0 {
		n := min(most, len(names))
		query := "SELECT max(m) FROM (SELECT max(id) AS m FROM " +
			strings.Join(names[:n], " UNION ALL SELECT max(id) FROM ") + ")"
		id, err := f.db.Int(query)
		if err != nil {
			return 0, err
		}
		top = max(top, id)
		names = names[n:]
	}
	return top, nil
}

// know enters a table that is in the file.
func (f *dayFile) know(address, name string) *deviceTable {
	t := f.newTable(address, name)
	f.enter(t)
	return t
}

func (f *dayFile) newTable(address, name string) *deviceTable {
	columns := Columns
	if address == otherAddress {
		columns = inboxColumns
	}
	return &deviceTable{name: name, address: address, insert: f.db.Table(name, columns)}
}

// create returns the statement that makes t.
func (f *dayFile) create(t *deviceTable) string {
	if t.address == otherAddress {
		return createOther(t.name)
	}
	return createTable(t.name)
}

// all returns all tables but the inbox.
func (f *dayFile) all() []*deviceTable {
	list := make([]*deviceTable, 0, len(f.tables)+1)
	for _, t := range f.tables {
		list = append(list, t)
	}
	if f.others != nil {
		list = append(list, f.others)
	}
	return list
}

// close closes the file. The error is that of SQLite, which may fail to move
// the write-ahead log; the log then stays beside the file.
func (f *dayFile) close() error {
	err := f.db.Close()
	f.watch.stop()
	f.watch.held.leave(f.day)
	return err
}

// text returns a value as text, whatever a stranger has put there.
func text(v driver.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}
