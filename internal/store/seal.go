package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/logboom/logboom/internal/sqlite"
)

// A Seal says that a file of a past day is complete and how to recognise it.
type Seal struct {
	Day, Part int
	Path      string
	Size      int64
	Messages  int64
	SHA256    string // of the file, in hexadecimal
	Damage    string // what a check of its structure has found; empty if it is sound
}

// isSealed reports whether a file was closed for good: nobody may write it.
func isSealed(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o200 == 0
}

// day seals the files of a day. The error is that of one that could not be
// sealed, if there is one of a kind that may pass; it was told.
func (s *sealer) day(ctx context.Context, day int) (failed error) {
	files, err := dayFiles(s.options.Directory)
	if err != nil {
		s.options.Log.Warn("sealing", "day", day, "error", err)
		return err
	}
	for _, f := range files {
		if f.Day != day || !exists(f.Path) {
			continue
		}
		var err error
		if !isSealed(f.Path) {
			err = s.file(ctx, f)
		} else if kept, e := s.options.IsSealed(f.Day, f.Part); !kept && e == nil {
			err = s.known(ctx, f)
		} else {
			err = e
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.options.Log.Warn("day file could not be sealed", "path", f.Path, "error", err)
			if failed == nil || lasting(failed) {
				failed = err
			}
		}
	}
	return failed
}

// file seals a file.
func (s *sealer) file(ctx context.Context, f dayPath) error {
	seal := Seal{Day: f.Day, Part: f.Part, Path: f.Path}
	s.archive.Release(f.Day)
	if err := s.complete(ctx, &seal); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := s.keep(ctx, f, seal); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err() // the day is being written again
	}
	if err := os.Chmod(f.Path, 0o440); err != nil {
		return fmt.Errorf("making %s read-only: %w", f.Path, err)
	}
	s.options.Log.Info("day file sealed", "path", f.Path, "messages", seal.Messages, "sha256", seal.SHA256)
	if seal.Damage != "" {
		s.options.Log.Error("a past day is damaged", "path", f.Path, "damage", seal.Damage)
		s.options.Event(Event{Kind: EventDamaged, Text: fmt.Sprintf("%s is damaged: %s", f.Path, seal.Damage)})
	}
	return nil
}

// known keeps the checksum of a file that is read-only already, and does not
// touch it.
func (s *sealer) known(ctx context.Context, f dayPath) error {
	seal := Seal{Day: f.Day, Part: f.Part, Path: f.Path}
	s.archive.held.enter(f.Day)
	defer s.archive.held.leave(f.Day)
	db, err := sqlite.OpenReader(f.Path)
	if err != nil {
		return err
	}
	err = db.QueryRowContext(ctx, "SELECT coalesce(sum(messages),0) FROM devices").Scan(&seal.Messages)
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	s.options.Log.Info("the checksum of a closed day is not known, it is computed", "path", f.Path)
	return s.keep(ctx, f, seal)
}

// keep has the checksum of a file kept.
func (s *sealer) keep(ctx context.Context, f dayPath, seal Seal) (err error) {
	if seal.SHA256, seal.Size, err = s.hash(ctx, f); err != nil {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := s.options.Sealed(seal); err != nil {
		return fmt.Errorf("keeping the checksum of %s: %w", f.Path, err)
	}
	return nil
}

// complete moves the write-ahead log of a file into it for good and checks it.
func (s *sealer) complete(ctx context.Context, seal *Seal) (err error) {
	s.archive.held.enter(seal.Day)
	defer s.archive.held.leave(seal.Day)
	db, err := sqlite.OpenAppender(seal.Path, sqlite.Options{Busy: -1, Application: applicationID})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if n, err := db.Int("SELECT count(*) FROM inbox"); err != nil {
		return err
	} else if n > 0 {
		return fmt.Errorf("%s: %d messages %w", seal.Path, n, errUnfiled)
	}
	if seal.Messages, err = db.Int("SELECT sum(messages) FROM devices"); err != nil {
		return err
	}
	if c, err := db.Checkpoint(true); err != nil {
		return err
	} else if c.Busy {
		return errReaders
	}
	if err := db.Check(ctx); sqlite.Classify(err) == sqlite.Corrupt {
		seal.Damage = err.Error()
	} else if err != nil {
		return err
	}
	return db.LeaveWAL()
}

// Errors of sealer.complete.
var (
	errReaders = errors.New("a reader keeps the write-ahead log in use")
	errUnfiled = errors.New("are still in the inbox")
)

// hash returns the SHA-256 of a file, in hexadecimal, and its size.
func (s *sealer) hash(ctx context.Context, f dayPath) (string, int64, error) {
	file, err := s.archive.held.get(f.Day, f.Path)
	if err != nil {
		return "", 0, err
	}
	defer s.archive.held.put(f.Day, file)
	h := sha256.New()
	var size int64
	for {
		n, err := io.CopyN(h, file, 8<<20)
		size += n
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), size, nil
		}
		if err != nil {
			return "", 0, err
		}
		if err := ctx.Err(); err != nil {
			return "", 0, err
		}
	}
}

// dayPathOf returns the path of a file of a day.
func dayPathOf(directory string, day, part int) string {
	return filepath.Join(directory, FileName(day, part))
}
