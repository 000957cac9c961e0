// Package state keeps what outlives the days, in the file logboom.db: devices,
// alerts and the outbox of notes about them, how far each follower has read,
// the ledger of messages received and dropped, and the days that are closed.
//
// Everything that must be true together is written in one transaction, most of
// all [State.Decide]: what the alert engine made of some messages, and that it
// has seen them. A process that is killed at any moment has then either told of
// them or will look at them again. A COMMIT waits for the disk.
//
// A file that is damaged is set aside under a new name and a new one is begun.
// A State may be used by several goroutines.
//
// Sources: https://sqlite.org/wal.html, https://sqlite.org/howtocorrupt.html.
package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/sqlite"
)

// FileName is what the file is called in the data directory.
const FileName = "logboom.db"

// application marks our file: "LBst".
const application = 0x4c427374

//go:embed migrations/*.sql
var migrations embed.FS

// Options say how a file is opened.
type Options struct {
	Path string // of the file

	// Notifiers are the names of those that deliver notes. A notice that names
	// none goes to all of them; one that names others is listed only.
	Notifiers []string

	// Targets says which notifiers a notice is for. nil = those that it names,
	// or all. One that was told of an incident hears of its end in any case.
	Targets func(alert.Notice) []string

	// MaxPending bounds the outbox, in notes of one notifier. Further ones are
	// counted in a note that stands for many. 0 means 100,000.
	MaxPending int

	// MaxAlerts bounds the list of alerts; the oldest go first. 0 means 200,000.
	MaxAlerts int

	// MaxDevices bounds the inventory against forged addresses; those that were
	// silent longest go first. 0 means 100,000.
	MaxDevices int

	Log *slog.Logger     // nil = silent
	Now func() time.Time // nil = time.Now
}

// State is an open logboom.db.
type State struct {
	o Options

	mu      sync.RWMutex // held for writing while the file is replaced
	db      *sql.DB
	file    os.FileInfo // the file that db has open
	damaged []string    // files set aside

	readOnly bool
	names    atomic.Pointer[[]string] // of notifiers, if they are others than those of the options
}

// Open opens the file, made if it is absent, and brings its tables up to date.
// One that is damaged is set aside, see [State.Damaged].
//
// A file of a newer version ([sqlite.ErrNewer]) or of another program
// ([sqlite.ErrForeign]) is refused and not touched.
func Open(o Options) (*State, error) {
	s := newState(o)
	if err := s.open(); err != nil {
		return nil, err
	}
	if err := s.adopt(); err != nil { // the next start tries again
		s.o.Log.Error("notes for a chat that is not set up any more cannot be given to another", "error", err)
	}
	return s, nil
}

// OpenReader opens an existing file for reading only, whether the server is
// running or not. What writes fails.
func OpenReader(path string) (*State, error) {
	s := newState(Options{Path: path})
	s.readOnly = true
	db, err := sqlite.OpenReader(path)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(2)
	s.db = db
	return s, nil
}

// Usable returns nil if [Open] can take the file at path, as far as its version
// tells, or if there is none, and an error that wraps [sqlite.ErrNewer] if a
// later version of the program has changed it. It writes nothing, and may be
// called while the server runs.
func Usable(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	steps, err := readMigrations()
	if err != nil {
		return err
	}
	db, err := sqlite.OpenReader(path)
	if err != nil {
		return err
	}
	defer db.Close()
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("reading the version of %s: %w", path, err)
	}
	if version > len(steps) {
		return fmt.Errorf("opening %s: schema %d, this one knows %d: %w", path, version, len(steps), sqlite.ErrNewer)
	}
	return nil
}

func newState(o Options) *State {
	if o.MaxPending == 0 {
		o.MaxPending = 100_000
	}
	if o.MaxAlerts == 0 {
		o.MaxAlerts = 200_000
	}
	if o.MaxDevices == 0 {
		o.MaxDevices = 100_000
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &State{o: o}
}

// Close closes the file.
func (s *State) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// Damaged returns the files that were damaged and set aside since s was opened.
func (s *State) Damaged() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.damaged)
}

// open opens the file, a second time after a damaged one was set aside.
func (s *State) open() error {
	err := s.tryOpen()
	if !isDamaged(err) {
		return err
	}
	aside, moveErr := s.setAside()
	if moveErr != nil {
		return fmt.Errorf("%w; and it cannot be set aside: %w", err, moveErr)
	}
	s.damaged = append(s.damaged, aside)
	s.o.Log.Error("the file is damaged and was set aside; devices, alerts not delivered and the place of followers begin anew, messages are not affected",
		"file", s.o.Path, "set_aside", aside, "error", err)
	return s.tryOpen()
}

func (s *State) tryOpen() error {
	steps, err := readMigrations()
	if err != nil {
		return err
	}
	// Others may not read it: alerts and sessions are in it. SQLite gives its
	// side files the same rights.
	f, err := os.OpenFile(s.o.Path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("creating %s: %w", s.o.Path, err)
	}
	db, err := sqlite.OpenWriter(s.o.Path, sqlite.Options{Migrations: steps, Application: application})
	if err != nil {
		return err
	}
	if err := check(db, s.o.Path); err != nil {
		return errors.Join(err, db.Close())
	}
	if s.file, err = os.Stat(s.o.Path); err != nil {
		return errors.Join(fmt.Errorf("looking at %s: %w", s.o.Path, err), db.Close())
	}
	s.db = db
	return nil
}

func readMigrations() ([]string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	steps := make([]string, len(names))
	for i, name := range names {
		b, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		steps[i] = string(b)
	}
	return steps, nil
}

// errDamaged is what a file is that SQLite opens but whose structure is unsound.
var errDamaged = errors.New("the file is damaged")

// check looks whether the structure of the file is sound.
func check(db *sql.DB, path string) error {
	var answer string
	if err := db.QueryRow("PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return fmt.Errorf("checking %s: %w", path, err)
	}
	if answer != "ok" {
		return fmt.Errorf("checking %s: %s: %w", path, answer, errDamaged)
	}
	return nil
}

// setAside gives the file and what SQLite keeps beside it a new name. The main
// file goes last: if that fails, the next start finds the rest and goes on.
func (s *State) setAside() (string, error) {
	base := s.o.Path + ".damaged-" + s.o.Now().UTC().Format("20060102-150405")
	aside := base
	for n := 2; exists(aside); n++ {
		aside = fmt.Sprintf("%s.%d", base, n)
	}
	for _, suffix := range []string{"-shm", "-wal", ""} {
		if err := os.Rename(s.o.Path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return filepath.Clean(aside), nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// isDamaged reports whether err says that the file is.
func isDamaged(err error) bool {
	return errors.Is(err, errDamaged) || sqlite.Classify(err) == sqlite.Corrupt
}

// write runs f in a transaction. If the file turns out to be damaged or gone,
// a new one is begun and f runs once more there.
func (s *State) write(ctx context.Context, doing string, f func(*sql.Tx) error) error {
	if s.readOnly {
		return fmt.Errorf("%s: %s is open for reading only", doing, s.o.Path)
	}
	file, why := s.vanished()
	if why != "" {
		if err := s.reopen(file, why); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	err := s.transaction(ctx, f)
	if isDamaged(err) {
		if err = s.reopen(file, err.Error()); err == nil {
			err = s.transaction(ctx, f)
		}
	}
	if err != nil {
		return fmt.Errorf("%s in %s: %w", doing, s.o.Path, err)
	}
	return nil
}

func (s *State) transaction(ctx context.Context, f func(*sql.Tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		tx.Rollback() // what went wrong before is what is told
		return err
	}
	return tx.Commit()
}

// vanished returns the file that is open and says why it is no longer the one
// at the path; "" if it is. SQLite does not notice: what it writes would go
// nowhere.
func (s *State) vanished() (file os.FileInfo, why string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	now, err := os.Stat(s.o.Path)
	switch {
	case s.file == nil:
		return nil, "it could not be opened before"
	case errors.Is(err, fs.ErrNotExist):
		why = "the file was removed while it was in use"
	case err != nil: // the transaction will tell
	case !os.SameFile(now, s.file):
		why = "another file was put in its place"
	case now.Size() < s.file.Size(): // it never shrinks by itself
		why = "the file was cut short by another program"
	}
	return s.file, why
}

// reopen closes the file and opens what is at the path now. Several may ask for
// it at once; those who come second find that file is not the open one anymore.
func (s *State) reopen(file os.FileInfo, why string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != file {
		return nil
	}
	s.file = nil
	s.o.Log.Error("logboom.db is opened again", "file", s.o.Path, "reason", why)
	if err := s.db.Close(); err != nil {
		s.o.Log.Warn("closing the old file", "file", s.o.Path, "error", err)
	}
	return s.open()
}

// read runs f on the database. f must not keep rows open.
func (s *State) read(doing string, f func(*sql.DB) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := f(s.db); err != nil {
		return fmt.Errorf("%s in %s: %w", doing, s.o.Path, err)
	}
	return nil
}

// each calls row for each row of the answer to query.
func each(rows *sql.Rows, err error, row func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
