// Package sqlite opens SQLite files the way Logboom wants them and says what
// their errors mean. It is the only place that names the driver.
//
// There are three ways in. [OpenAppender] gives one goroutine a bare
// connection that inserts rows as fast as SQLite can take them; the store
// writes its days with it. [OpenWriter] gives an ordinary [sql.DB] for a file
// that is written now and then, such as logboom.db. [OpenReader] gives an
// [sql.DB] that can change nothing and never creates a file.
//
// Writers use a write-ahead log and, unless told otherwise, wait for the disk
// at every COMMIT, so that what was committed survives a power cut; readers
// never stop them. Every setting that data depends on is read back after it
// was set.
//
// Sources: https://sqlite.org/pragma.html, https://sqlite.org/wal.html,
// https://sqlite.org/howtocorrupt.html, https://sqlite.org/rescode.html.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"
)

// PageSize is that of the files we make, in bytes: rows of some 200 bytes cost
// least to write and to scan with it.
const PageSize = 8192

// ErrNoWAL reports that a file cannot have a write-ahead log, most often
// because it is on a network drive. Returned by OpenWriter and OpenAppender.
var ErrNoWAL = errors.New("the file system cannot hold a write-ahead log; use a directory on a local disk, not on a network drive")

// Options say how a file is written. The zero value is good for logboom.db.
type Options struct {
	// Fast lets a COMMIT return before the disk has the rows
	// (synchronous=NORMAL). They survive the death of the process, not a power
	// cut. False waits (synchronous=FULL).
	Fast bool

	// Busy is how long a statement waits for another program's lock.
	// 0 means 5 s, less than 0 not at all.
	Busy time.Duration

	// Checkpoint is the number of pages in the write-ahead log after which a
	// COMMIT moves them into the file by itself. 0 means 1,000. What goes
	// wrong there is not told to anyone: whoever writes much sets it high and
	// calls [Appender.Checkpoint].
	Checkpoint int

	// Cache is the memory for pages, in KiB. 0 means 8,192.
	Cache int

	// Migrations are the steps that make the schema, oldest first. Each runs
	// once, in a transaction of its own. A file in which more steps were run
	// than are known here is refused with [ErrNewer].
	Migrations []string

	// Application is the mark of our files (PRAGMA application_id). If not 0,
	// a file that holds tables and bears another mark is refused with
	// [ErrForeign].
	Application int32
}

// OpenWriter opens the file at path, made if it is absent, for reading and
// writing over one connection. Others on the machine may not read a new file.
func OpenWriter(path string, o Options) (*sql.DB, error) {
	create(path)
	db := sql.OpenDB(&connector{
		uri:   uri(path, "mode=rwc&_txlock=immediate&"+o.busy()),
		setup: o.configure,
	})
	db.SetMaxOpenConns(1)
	if err := db.Ping(); err != nil {
		db.Close()
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return db, nil
}

// OpenReader opens the existing file at path for reading. A file that is
// absent is not made but an error of Kind CantOpen. Statements wait at most
// 2 s for a lock. Every connection of the pool keeps the schema in memory:
// set MaxOpenConns low for files with thousands of tables.
func OpenReader(path string) (*sql.DB, error) {
	db := sql.OpenDB(&connector{
		uri:   uri(path, "mode=ro&_busy_timeout=2000"),
		setup: configureReader,
	})
	if err := db.Ping(); err != nil {
		db.Close()
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return db, nil
}

// create makes an empty file if there is none: SQLite would make one that
// everybody on the machine may read, and gives its side files the same rights.
// What stands in the way SQLite then finds too, and says in its own codes.
func create(path string) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err == nil {
		f.Close()
	}
}

// uri returns path as a URI with the given parameters, for the driver and
// SQLite. See https://sqlite.org/uri.html section 3.
func uri(path, parameters string) string {
	p := filepath.ToSlash(path)
	switch {
	case strings.HasPrefix(p, "//"): // Windows: \\server\share
		p = "//" + p
	case filepath.VolumeName(path) != "":
		p = "/" + p
	}
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(p) + "?" + parameters
}

// connector makes the connections of a pool.
type connector struct {
	uri   string
	setup func(*sqlite3.SQLiteConn) error
}

func (c *connector) Connect(context.Context) (driver.Conn, error) { return open(c.uri, c.setup) }

func (c *connector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

func open(uri string, setup func(*sqlite3.SQLiteConn) error) (*sqlite3.SQLiteConn, error) {
	conn, err := (&sqlite3.SQLiteDriver{ConnectHook: setup}).Open(uri)
	if err != nil {
		return nil, err
	}
	return conn.(*sqlite3.SQLiteConn), nil
}

// wait returns how long statements wait for locks.
func (o Options) wait() time.Duration {
	if o.Busy == 0 {
		return 5 * time.Second
	}
	return max(o.Busy, 0)
}

func (o Options) busy() string {
	return "_busy_timeout=" + strconv.FormatInt(o.wait().Milliseconds(), 10)
}

// configure sets up a writing connection and brings the schema up to date.
func (o Options) configure(c *sqlite3.SQLiteConn) error {
	sync, level := "FULL", "2"
	if o.Fast {
		sync, level = "NORMAL", "1"
	}
	checkpoint, cache := o.Checkpoint, o.Cache
	if checkpoint == 0 {
		checkpoint = 1000
	}
	if cache == 0 {
		cache = 8192
	}
	// The size of a page can be chosen before the log is made, not later.
	if err := run(c, "PRAGMA page_size="+strconv.Itoa(PageSize)); err != nil {
		return err
	}
	if mode, err := ask(c, "PRAGMA journal_mode=WAL"); err != nil {
		return fmt.Errorf("setting journal_mode: %w", err)
	} else if mode != "wal" {
		return ErrNoWAL
	}
	for _, p := range []struct{ set, read, want string }{
		{"synchronous=" + sync, "synchronous", level},
		{"mmap_size=0", "mmap_size", "0"}, // a file cut short while mapped kills the process
		{"wal_autocheckpoint=" + strconv.Itoa(checkpoint), "wal_autocheckpoint", strconv.Itoa(checkpoint)},
		{"journal_size_limit=67108864", "journal_size_limit", "67108864"},
		{"cache_size=-" + strconv.Itoa(cache), "", ""},
		{"temp_store=MEMORY", "", ""},
		{"cell_size_check=ON", "", ""},
		{"trusted_schema=OFF", "", ""},
	} {
		if err := set(c, p.set, p.read, p.want); err != nil {
			return err
		}
	}
	return o.migrate(c)
}

func configureReader(c *sqlite3.SQLiteConn) error {
	for _, p := range []struct{ set, read, want string }{
		{"query_only=ON", "query_only", "1"},
		{"mmap_size=0", "mmap_size", "0"},
		{"cache_size=-8192", "", ""},
		{"temp_store=MEMORY", "", ""},
		{"cell_size_check=ON", "", ""},
		{"trusted_schema=OFF", "", ""},
	} {
		if err := set(c, p.set, p.read, p.want); err != nil {
			return err
		}
	}
	return nil
}

// set changes a setting and, if read is not empty, checks what became of it.
func set(c *sqlite3.SQLiteConn, assignment, read, want string) error {
	if err := run(c, "PRAGMA "+assignment); err != nil {
		return fmt.Errorf("setting %s: %w", assignment, err)
	}
	if read == "" {
		return nil
	}
	got, err := ask(c, "PRAGMA "+read)
	if err != nil {
		return fmt.Errorf("reading %s: %w", read, err)
	}
	// A build of SQLite without memory mapping answers nothing at all.
	if got != want && (got != "" || want != "0") {
		return fmt.Errorf("setting %s: SQLite answered %q, want %q", assignment, got, want)
	}
	return nil
}

// run executes statements without parameters and forgets what they answer.
func run(c driver.ExecerContext, query string) error {
	_, err := c.ExecContext(context.Background(), query, nil)
	return err
}

// ask returns the first column of the first row as text; "" if there is none.
func ask(c driver.QueryerContext, query string) (string, error) {
	return askContext(context.Background(), c, query)
}

func askContext(ctx context.Context, c driver.QueryerContext, query string) (string, error) {
	rows, err := c.QueryContext(ctx, query, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	values := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(values); err == io.EOF || len(values) == 0 {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return fmt.Sprint(values[0]), nil
}
