package sqlite

import (
	"errors"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// A Kind is what an error of SQLite means for whoever writes or reads.
type Kind uint8

const (
	Other       Kind = iota // none of these, or not from SQLite
	None                    // no error
	Full                    // the disk or quota is full; nothing was committed
	Busy                    // another program holds a lock on the file
	Locked                  // another statement of our own process holds a lock
	ReadOnly                // the file, its directory or the file system may not be written
	IO                      // the disk failed; after a COMMIT it is unknown whether the rows are there
	Corrupt                 // the file is damaged, or not a SQLite file at all
	CantOpen                // the file or its directory is not there or not accessible, or there are too many open files
	NoMem                   // out of memory
	Schema                  // a table or column is not there
	BadRow                  // a value cannot be stored: too large, of the wrong type, or an id that exists
	Interrupted             // the statement was stopped, by a deadline for instance
	Misuse                  // a fault in this program
	Foreign                 // a SQLite file, but not ours, or of a newer version
)

var kindNames = [...]string{"other", "none", "full", "busy", "locked", "read-only", "io", "corrupt", "cannot open",
	"out of memory", "schema", "bad row", "interrupted", "misuse", "foreign"}

// String returns k in a word or two, as counters are labelled with it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Classify says what err means. A failure to write or to sync for want of
// space is Full, however SQLite has named it.
// See https://sqlite.org/rescode.html.
func Classify(err error) Kind {
	if err == nil {
		return None
	}
	if errors.Is(err, ErrForeign) || errors.Is(err, ErrNewer) {
		return Foreign
	}
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return Other
	}
	switch e.Code {
	case sqlite3.ErrFull:
		return Full
	case sqlite3.ErrBusy, sqlite3.ErrProtocol:
		return Busy
	case sqlite3.ErrLocked:
		return Locked
	case sqlite3.ErrReadonly, sqlite3.ErrPerm:
		return ReadOnly
	case sqlite3.ErrIoErr:
		switch {
		case isFull(e.SystemErrno):
			return Full
		case e.ExtendedCode == sqlite3.ErrIoErrNoMem:
			return NoMem
		}
		return IO
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrFormat:
		return Corrupt
	case sqlite3.ErrCantOpen:
		if isFull(e.SystemErrno) {
			return Full
		}
		return CantOpen
	case sqlite3.ErrNomem:
		return NoMem
	case sqlite3.ErrSchema:
		return Schema
	case sqlite3.ErrTooBig, sqlite3.ErrConstraint, sqlite3.ErrMismatch, sqlite3.ErrRange:
		return BadRow
	case sqlite3.ErrInterrupt, sqlite3.ErrAbort:
		return Interrupted
	case sqlite3.ErrMisuse, sqlite3.ErrInternal:
		return Misuse
	case sqlite3.ErrError:
		for _, s := range []string{"no such table", "no such column", "has no column named"} {
			if strings.Contains(err.Error(), s) {
				return Schema
			}
		}
	}
	return Other
}
