package store

import (
	"container/list"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"sync"

	"github.com/logboom/logboom/internal/sqlite"
)

const (
	// maxStatements are kept prepared on a connection; the oldest goes. One
	// takes some 4 KB.
	maxStatements = 1200
	// largeStatement is the length of text from which a statement is one that
	// asks many tables: longer than the longest query makes one.
	largeStatement = 16 << 10
	// maxTerms is the number of tables that one statement asks. SQLite allows
	// 500 in a UNION ALL.
	maxTerms = 400
	// idleConnections of a file are kept for the next reader.
	idleConnections = 2
	// mainCache and moreCache are the page caches in KiB of the connection of a
	// file that is used first and of those that join it. The first is asked
	// for the newest messages of all tables, which takes some pages of each.
	mainCache = 16 << 10
	moreCache = 2 << 10
)

// An openFile is a file of a day that is open for reading: the day's own, a
// second part, or one that was set aside as damaged.
type openFile struct {
	dayPath
	name string // without the directory, as people are told
	info os.FileInfo
	db   *sql.DB
	held *descriptors
	gone chan struct{} // closed when readers have to let go

	users   int    // guarded by Archive.mu, as are the next two
	used    uint64 // when it was last taken, in Archive.clock
	retired bool   // to be closed by the last user

	mu    sync.Mutex
	idle  []*connection // the main one last
	main  bool          // there is a main connection
	clock clockIndex    // when ids were given out
}

// connection takes an idle connection or makes one.
func (f *openFile) connection(ctx context.Context) (*connection, error) {
	f.mu.Lock()
	if n := len(f.idle); n > 0 {
		c := f.idle[n-1]
		f.idle = f.idle[:n-1]
		f.mu.Unlock()
		return c, nil
	}
	main, cache := !f.main, moreCache
	if main {
		f.main, cache = true, mainCache
	}
	f.mu.Unlock()

	pooled, err := f.db.Conn(ctx)
	if err != nil {
		f.lose(main)
		return nil, err
	}
	c := &connection{pooled: pooled, main: main, statements: make(map[string]*list.Element), large: make(map[string]driver.Stmt), schema: -1}
	err = pooled.Raw(func(conn any) error {
		c.conn = conn.(driverConn)
		return c.exec(fmt.Sprintf("PRAGMA cache_size=-%d", cache))
	})
	if err != nil {
		f.lose(main)
		pooled.Close()
		return nil, err
	}
	return c, nil
}

// lose forgets a connection, so that there can be another main one.
func (f *openFile) lose(main bool) {
	if main {
		f.mu.Lock()
		f.main = false
		f.mu.Unlock()
	}
}

// giveBack takes c back. A broken connection is closed.
func (f *openFile) giveBack(c *connection, broken bool) {
	f.mu.Lock()
	keep := !broken && (c.main || len(f.idle) < idleConnections)
	switch {
	case !keep:
	case c.main:
		f.idle = append(f.idle, c)
	default:
		f.idle = slices.Insert(f.idle, 0, c)
	}
	f.mu.Unlock()
	if !keep {
		f.lose(c.main)
		c.close()
	}
}

func (f *openFile) close() error {
	f.mu.Lock()
	for _, c := range f.idle {
		c.close()
	}
	f.idle = nil
	f.mu.Unlock()
	err := f.db.Close()
	f.held.leave(f.Day)
	return err
}

// driverConn is what we need of the driver's connection.
type driverConn interface {
	driver.Conn
	driver.ExecerContext
}

// A connection reads one file. It keeps statements and the list of tables from
// one reader to the next, and serves one goroutine at a time.
type connection struct {
	pooled *sql.Conn
	conn   driverConn // belongs to pooled, which nobody else has
	main   bool       // has the large cache

	statements map[string]*list.Element // of *statement
	order      list.List                // least recently used first
	large      map[string]driver.Stmt   // those that ask many tables; kept until the tables change

	schema int64 // the version that tables were read at; -1 = never
	tables []table
}

type statement struct {
	query string
	stmt  driver.Stmt
}

// A table holds messages of one device, or of several if it has a column that
// says whose each is.
type table struct {
	name        string // quoted
	source      netip.Addr
	several     bool
	first, last int64 // times of its messages, µs; 0, 0 = not known
	messages    int64 // 0 = not known
}

func (c *connection) exec(query string) error {
	_, err := c.conn.ExecContext(context.Background(), query, nil)
	return err
}

// begin starts a read transaction and reads the list of tables if it has
// changed; always, if fresh: their times and counts change without the list.
func (c *connection) begin(ctx context.Context, fresh bool) error {
	if err := c.exec("BEGIN"); err != nil {
		return err
	}
	var version int64
	err := c.query(ctx, "PRAGMA schema_version", nil, 1, func(row []driver.Value) (bool, error) {
		version = integer(row[0], 0)
		return false, nil
	})
	if err == nil && (fresh || version != c.schema) {
		if version != c.schema {
			c.forget()
		}
		c.schema = -1
		if err = c.readTables(ctx); err == nil {
			c.schema = version
		}
	}
	if err != nil {
		c.end()
	}
	return err
}

// end ends the transaction; a connection that cannot is broken.
func (c *connection) end() error { return c.exec("ROLLBACK") }

// query runs a statement and hands its rows, of the given number of columns,
// to each until that says false. The values may be kept, the slice not.
func (c *connection) query(ctx context.Context, query string, args []driver.NamedValue, columns int, each func([]driver.Value) (bool, error)) error {
	s, err := c.prepare(query)
	if err != nil {
		return err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	dest := make([]driver.Value, columns)
	for {
		if err := rows.Next(dest); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if more, err := each(dest); !more || err != nil {
			return err
		}
	}
}

func (c *connection) prepare(query string) (driver.Stmt, error) {
	if e := c.statements[query]; e != nil {
		c.order.MoveToBack(e)
		return e.Value.(*statement).stmt, nil
	}
	if s := c.large[query]; s != nil {
		return s, nil
	}
	s, err := c.conn.Prepare(query)
	if err != nil {
		return nil, err
	}
	if len(query) >= largeStatement {
		c.large[query] = s
		return s, nil
	}
	if c.order.Len() >= maxStatements {
		c.drop(c.order.Front())
	}
	c.statements[query] = c.order.PushBack(&statement{query, s})
	return s, nil
}

func (c *connection) drop(e *list.Element) {
	s := c.order.Remove(e).(*statement)
	delete(c.statements, s.query)
	s.stmt.Close()
}

// forget closes all statements.
func (c *connection) forget() {
	for c.order.Len() > 0 {
		c.drop(c.order.Front())
	}
	for _, s := range c.large {
		s.Close()
	}
	clear(c.large)
}

// close really closes the connection: the pool must not hand it out again.
func (c *connection) close() {
	c.forget()
	c.pooled.Raw(func(any) error { return driver.ErrBadConn })
	c.pooled.Close()
}

// ordinals numbers arguments as the driver wants them.
func ordinals(args ...any) []driver.NamedValue {
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case int:
			a = int64(v)
		case uint8:
			a = int64(v)
		}
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return values
}

// isDamage reports whether err means that a place of the file cannot be read,
// while others may.
func isDamage(err error) bool {
	k := sqlite.Classify(err)
	return k == sqlite.Corrupt || k == sqlite.IO
}
