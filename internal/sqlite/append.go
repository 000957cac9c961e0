package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mattn/go-sqlite3"
)

// An Appender is a connection for one goroutine that inserts many rows. It
// speaks to the driver directly: through [sql.DB] a row costs twice as much.
type Appender struct {
	path       string
	conn       *sqlite3.SQLiteConn
	busy       time.Duration
	statements statementCache
	values     Values
}

// OpenAppender opens the file at path, made if it is absent, for writing.
// Others on the machine may not read a new file.
func OpenAppender(path string, o Options) (*Appender, error) {
	create(path)
	// One goroutine uses the connection, so SQLite need not lock it.
	conn, err := open(uri(path, "mode=rwc&_mutex=no&"+o.busy()), o.configure)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return &Appender{path: path, conn: conn, busy: o.wait(), statements: statementCache{most: maxPrepared}}, nil
}

// Path returns the path that a was opened with.
func (a *Appender) Path() string { return a.path }

// Begin starts a transaction that may write. It waits for the locks of others
// as long as [Options.Busy] says; then its error is of Kind Busy.
func (a *Appender) Begin() error { return run(a.conn, "BEGIN IMMEDIATE") }

// Commit ends the transaction. After an error the caller should call
// [Appender.Rollback]; if the error is of Kind IO, it is not known whether the
// rows are there before the file was opened again.
func (a *Appender) Commit() error { return run(a.conn, "COMMIT") }

// Rollback undoes the transaction; if there is none, as after a COMMIT that
// found the disk full, it does nothing.
func (a *Appender) Rollback() error {
	if a.conn.AutoCommit() {
		return nil
	}
	return run(a.conn, "ROLLBACK")
}

// Exec executes statements without parameters.
func (a *Appender) Exec(query string) error { return run(a.conn, query) }

// Query calls row for each row that the query returns, until it fails. The
// values are int64, float64, string, []byte or nil, and valid until row
// returns.
func (a *Appender) Query(query string, args []any, row func([]driver.Value) error) error {
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	rows, err := a.conn.QueryContext(context.Background(), query, named)
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(values); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := row(values); err != nil {
			return err
		}
	}
}

// Int returns the first column of the first row as a number; 0 if there is no
// row or it is NULL.
func (a *Appender) Int(query string, args ...any) (int64, error) {
	var n int64
	err := a.Query(query, args, func(v []driver.Value) error {
		if i, ok := v[0].(int64); ok {
			n = i
		}
		return io.EOF
	})
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// A Checkpoint is how far the write-ahead log was moved into the file.
type Checkpoint struct {
	Busy  bool // others prevented that it was moved whole
	Pages int  // pages in the log
	Moved int  // pages of them that are now in the file
}

// Checkpoint moves the write-ahead log into the file. With truncate it also
// waits for readers, as long as [Options.Busy] says, and empties the log.
func (a *Appender) Checkpoint(truncate bool) (Checkpoint, error) {
	query := "PRAGMA wal_checkpoint(PASSIVE)"
	if truncate {
		query = "PRAGMA wal_checkpoint(TRUNCATE)"
	}
	var c Checkpoint
	err := a.Query(query, nil, func(v []driver.Value) error {
		if len(v) != 3 {
			return errors.New("SQLite answered a checkpoint with an unknown number of columns")
		}
		busy, _ := v[0].(int64)
		pages, _ := v[1].(int64)
		moved, _ := v[2].(int64)
		c = Checkpoint{busy != 0, int(pages), int(moved)}
		return nil
	})
	return c, err
}

// TryTruncate is Checkpoint(true) that waits for nobody: what readers use stays
// in the log.
func (a *Appender) TryTruncate() (Checkpoint, error) {
	if err := run(a.conn, "PRAGMA busy_timeout=0"); err != nil {
		return Checkpoint{}, err
	}
	c, err := a.Checkpoint(true)
	return c, errors.Join(err, run(a.conn, fmt.Sprintf("PRAGMA busy_timeout=%d", a.busy.Milliseconds())))
}

// Check reads the whole file and returns nil if its structure is sound, else
// an error that says what is not. Of what stands inside the rows it knows
// nothing: SQLite keeps no checksums. A large file takes minutes; once ctx is
// done the error is of Kind Interrupted.
func (a *Appender) Check(ctx context.Context) error {
	answer, err := askContext(ctx, a.conn, "PRAGMA quick_check(1)")
	if err == nil && answer != "ok" {
		err = fmt.Errorf("checking %s: %s: %w", a.path, answer, sqlite3.Error{Code: sqlite3.ErrCorrupt})
	}
	return err
}

// LeaveWAL turns the file into one that needs no write-ahead log, so that it
// can be read where nothing can be written. It fails with Kind Busy or Locked
// while somebody else has the file open.
func (a *Appender) LeaveWAL() error {
	mode, err := ask(a.conn, "PRAGMA journal_mode=DELETE")
	if err == nil && mode != "delete" {
		err = sqlite3.Error{Code: sqlite3.ErrBusy}
	}
	return err
}

// Forget closes all prepared statements, which gives back their memory. They
// are prepared again when they are next used.
func (a *Appender) Forget() { a.statements.clear() }

// Close ends the connection. An unfinished transaction is undone.
func (a *Appender) Close() error {
	a.statements.clear()
	return a.conn.Close()
}
