package sqlite

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/mattn/go-sqlite3"
)

// ErrNewer reports a file that a later version of the program has changed.
// It can be read by that version or a later one only.
var ErrNewer = errors.New("the file was written by a newer version of Logboom; install that version again")

// ErrForeign reports a SQLite file that is not one of ours.
var ErrForeign = errors.New("the file was not made by Logboom")

// migrate runs the steps that the file has not seen yet. How many it has seen
// is kept in its user_version.
func (o Options) migrate(c *sqlite3.SQLiteConn) error {
	if o.Application != 0 {
		if err := o.recognise(c); err != nil {
			return err
		}
	}
	if len(o.Migrations) == 0 {
		return nil
	}
	for {
		done, err := askInt(c, "PRAGMA user_version")
		if err != nil {
			return fmt.Errorf("reading the version of the schema: %w", err)
		}
		if done > int64(len(o.Migrations)) {
			return fmt.Errorf("schema %d, this one knows %d: %w", done, len(o.Migrations), ErrNewer)
		}
		if done == int64(len(o.Migrations)) {
			return nil
		}
		if err := o.step(c, int(done)); err != nil {
			return fmt.Errorf("bringing the schema to version %d: %w", done+1, err)
		}
	}
}

// step runs migration n, unless another connection was faster.
func (o Options) step(c *sqlite3.SQLiteConn, n int) error {
	if err := run(c, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	done, err := askInt(c, "PRAGMA user_version")
	if err == nil && done == int64(n) {
		err = run(c, o.Migrations[n]+";PRAGMA user_version="+strconv.Itoa(n+1))
		if err == nil && o.Application != 0 {
			err = run(c, "PRAGMA application_id="+strconv.Itoa(int(o.Application)))
		}
	}
	if err == nil {
		err = run(c, "COMMIT")
	}
	if err != nil && !c.AutoCommit() {
		err = errors.Join(err, run(c, "ROLLBACK"))
	}
	return err
}

// recognise refuses files that other programs have made.
func (o Options) recognise(c *sqlite3.SQLiteConn) error {
	mark, err := askInt(c, "PRAGMA application_id")
	if err != nil || mark == int64(o.Application) {
		return err
	}
	tables, err := askInt(c, "SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	if tables > 0 || mark != 0 {
		return fmt.Errorf("application mark %d, want %d: %w", mark, o.Application, ErrForeign)
	}
	return nil
}

func askInt(c *sqlite3.SQLiteConn, query string) (int64, error) {
	s, err := ask(c, query)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(s, 10, 64)
}
