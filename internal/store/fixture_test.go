package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

// A library is a directory of day files that a test writes in plain SQL, so
// that what reads them is not tested against what writes them.
type library struct {
	t    testing.TB
	dir  string
	open map[string]*sql.DB
	last map[int]int64 // highest id by day
}

func newLibrary(t testing.TB) *library {
	l := &library{t: t, dir: t.TempDir(), open: make(map[string]*sql.DB), last: make(map[int]int64)}
	t.Cleanup(l.close)
	return l
}

// close closes all files, so that their write-ahead logs go.
func (l *library) close() {
	for path, db := range l.open {
		if err := db.Close(); err != nil {
			l.t.Errorf("closing %s: %v", path, err)
		}
	}
	clear(l.open)
}

func (l *library) must(err error) {
	if err != nil {
		l.t.Helper()
		l.t.Fatal(err)
	}
}

func (l *library) path(day, part int) string { return filepath.Join(l.dir, FileName(day, part)) }

func (l *library) db(day, part int) *sql.DB {
	path := l.path(day, part)
	if db := l.open[path]; db != nil {
		return db
	}
	db, err := sqlite.OpenWriter(path, sqlite.Options{Fast: true, Migrations: dayMigrations, Application: applicationID})
	l.must(err)
	l.open[path] = db
	return db
}

// note returns a record without position, as if it had come from that device.
func note(source string, at time.Time, raw string) syslog.Record {
	r := syslog.Record{ReceivedAt: at.UnixMicro(), Source: netip.MustParseAddr(source)}
	r.Raw = []byte(raw)
	r.SentAt = syslog.NoTime
	r.Facility, r.Severity = 1, 5
	return r
}

// number gives the records the next positions of a day.
func (l *library) number(day int, records []syslog.Record) {
	for i := range records {
		l.last[day]++
		records[i].Position = syslog.Position{Day: day, ID: l.last[day]}
	}
}

// receive puts records into the inbox of a day and gives them positions.
func (l *library) receive(day int, records ...syslog.Record) []syslog.Record {
	l.number(day, records)
	l.insert(day, 0, records, func(*syslog.Record) string { return inboxTable })
	return records
}

// direct puts records into the tables of their devices.
func (l *library) direct(day int, records ...syslog.Record) []syslog.Record {
	return l.part(day, 0, records...)
}

func (l *library) part(day, part int, records ...syslog.Record) []syslog.Record {
	l.number(day, records)
	l.insert(day, part, records, func(r *syslog.Record) string { return TableName(r.Source, day) })
	return records
}

// others puts records into the table of devices beyond the limit.
func (l *library) others(day int, records ...syslog.Record) []syslog.Record {
	l.number(day, records)
	l.insert(day, 0, records, func(*syslog.Record) string { return OtherTable(day) })
	return records
}

func (l *library) insert(day, part int, records []syslog.Record, tableOf func(*syslog.Record) string) {
	l.t.Helper()
	tx, err := l.db(day, part).Begin()
	l.must(err)
	defer tx.Rollback()
	made := make(map[string]*sql.Stmt)
	for i := range records {
		r := &records[i]
		name := tableOf(r)
		several := name == inboxTable || name == OtherTable(day)
		insert := made[name]
		if insert == nil {
			address := AddressText(r.Source)
			switch {
			case name == inboxTable:
			case several:
				address = otherAddress
				fallthrough
			default:
				create := createTable(name)
				if several {
					create = createOther(name)
				}
				_, err := tx.Exec(create)
				l.must(err)
				_, err = tx.Exec("INSERT OR IGNORE INTO devices(address,table_name) VALUES(?,?)", address, name)
				l.must(err)
			}
			columns, marks := Columns, "?,?,?,?,?,?,?,?,?,?,?,?"
			if several {
				columns, marks = columns+",address", marks+",?"
			}
			insert, err = tx.Prepare("INSERT INTO " + name + "(" + columns + ") VALUES(" + marks + ")")
			l.must(err)
			made[name] = insert
		}
		args := rowOf(r)
		if several {
			args = append(args, AddressText(r.Source))
		}
		_, err := insert.Exec(args...)
		l.must(err)
	}
	delete(made, inboxTable)
	for name := range made {
		_, err = tx.Exec(`UPDATE devices SET (first_at,last_at,messages)=(SELECT min(received_at),max(received_at),count(*) FROM ` + name + `) WHERE table_name='` + name + `'`)
		l.must(err)
	}
	l.must(tx.Commit())
}

// file moves the inbox into the tables of the devices, in one transaction.
func (l *library) file(day int) {
	l.t.Helper()
	tx, err := l.db(day, 0).Begin()
	l.must(err)
	defer tx.Rollback()
	rows, err := tx.Query("SELECT address,min(received_at),max(received_at),count(*) FROM inbox GROUP BY address")
	l.must(err)
	type device struct {
		address     string
		first, last int64
		count       int64
	}
	var devices []device
	for rows.Next() {
		var d device
		l.must(rows.Scan(&d.address, &d.first, &d.last, &d.count))
		devices = append(devices, d)
	}
	l.must(rows.Err())
	rows.Close()
	for _, d := range devices {
		name := TableName(netip.MustParseAddr(d.address), day)
		_, err := tx.Exec(createTable(name))
		l.must(err)
		_, err = tx.Exec("INSERT INTO "+name+"("+Columns+") SELECT "+Columns+" FROM inbox WHERE address=?", d.address)
		l.must(err)
		_, err = tx.Exec(`INSERT INTO devices VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET
			first_at=min(first_at,?3),last_at=max(last_at,?4),messages=messages+?5`, d.address, name, d.first, d.last, d.count)
		l.must(err)
	}
	_, err = tx.Exec("DELETE FROM inbox")
	l.must(err)
	l.must(tx.Commit())
}

// rowOf returns the values of Columns for a record.
func rowOf(r *syslog.Record) []any {
	text := func(b []byte) any {
		switch {
		case len(b) == 0:
			return nil
		case utf8.Valid(b) && !bytes.ContainsRune(b, 0):
			return string(b)
		}
		return b
	}
	var sent any
	if r.SentAt != syslog.NoTime {
		sent = r.SentAt
	}
	at := r.MessageAt
	raw := text(r.Raw)
	switch raw.(type) {
	case nil:
		raw = ""
	case string:
		at = utf8.RuneCount(r.Raw[:at])
	}
	return []any{r.ID, r.ReceivedAt, sent, int64(r.Facility), int64(r.Severity), text(r.Get(r.Hostname)), text(r.Get(r.AppName)),
		text(r.Get(r.ProcID)), text(r.Get(r.MsgID)), text(r.Get(r.StructuredData)), raw, int64(at)}
}

func (l *library) archive() *Archive {
	a, err := OpenArchive(l.dir, time.UTC)
	l.must(err)
	l.t.Cleanup(func() { a.Close() })
	return a
}

// store returns a store that reads the library and is fed by the test.
func (l *library) store(feedBytes int) *Store {
	return &Store{options: Options{Log: slog.New(slog.DiscardHandler)}, feed: newFeed(feedBytes), archive: l.archive()}
}

// publish hands committed records to the followers of s.
func publish(s *Store, records []syslog.Record) {
	size := 0
	for i := range records {
		size += memoryOf(&records[i])
	}
	s.feed.publish(records, size)
}

// describe renders what a record holds, to compare records with.
func describe(r *syslog.Record) string {
	return fmt.Sprintf("%v %d %d %v %d.%d host=%q app=%q proc=%q id=%q sd=%q raw=%q text=%q", r.Position, r.ReceivedAt, r.SentAt, r.Source,
		r.Facility, r.Severity, r.Get(r.Hostname), r.Get(r.AppName), r.Get(r.ProcID), r.Get(r.MsgID), r.Get(r.StructuredData), r.Raw, r.Text())
}

// equal fails the test where two lists of records differ.
func equal(t testing.TB, got, want []syslog.Record) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if g, w := describe(&got[i]), describe(&want[i]); g != w {
			t.Fatalf("record %d of %d is\n%s, want\n%s", i, len(got), g, w)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const thisDay, dayBefore = 20261122, 20261121

// overwrite writes garbage over pages of a file, as a failing disk does.
func overwrite(t testing.TB, path string, pages ...int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range pages {
		if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, sqlite.PageSize), (p-1)*sqlite.PageSize); err != nil {
			t.Fatal(err)
		}
	}
}
