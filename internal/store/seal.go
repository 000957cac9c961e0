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
	"sync"
	"time"

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

const (
	sealRetry = time.Minute // between attempts while a reader has the file
	sealTries = 60
)

// A sealer closes past days for good, in a goroutine of its own: a large file
// takes minutes to be read.
type sealer struct {
	*Store
	wake chan struct{}

	mu      sync.Mutex
	days    []int              // to be sealed
	cancel  context.CancelFunc // ends the sealing of current; nil if nothing is being sealed
	current int
}

func newSealer(s *Store) *sealer {
	return &sealer{Store: s, wake: make(chan struct{}, 1)}
}

// add says that a day will hardly be written any more.
func (s *sealer) add(day int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.days {
		if d == day {
			return
		}
	}
	s.days = append(s.days, day)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// unseal stops the sealing of a day that will be written again.
func (w *writer) unseal(day int) {
	s := w.sealer
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, d := range s.days {
		if d == day {
			s.days = append(s.days[:i], s.days[i+1:]...)
			break
		}
	}
	if s.cancel != nil && s.current == day {
		s.cancel()
	}
}

// next takes a day to be sealed.
func (s *sealer) next(ctx context.Context) (context.Context, int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
	if len(s.days) == 0 || ctx.Err() != nil {
		return nil, 0, false
	}
	s.current = s.days[0]
	s.days = s.days[1:]
	ctx, s.cancel = context.WithCancel(ctx)
	return ctx, s.current, true
}

// run seals days until ctx is done.
func (s *sealer) run(ctx context.Context) {
	for {
		select {
		case <-s.wake:
		case <-ctx.Done():
			return
		}
		for {
			c, day, more := s.next(ctx)
			if !more {
				break
			}
			s.day(c, day)
		}
	}
}

// day seals the files of a day.
func (s *sealer) day(ctx context.Context, day int) {
	files, err := dayFiles(s.options.Directory)
	if err != nil {
		s.options.Log.Warn("sealing", "day", day, "error", err)
		return
	}
	for _, f := range files {
		if f.Day != day {
			continue
		}
		info, err := os.Stat(f.Path)
		if err != nil || info.Mode().Perm()&0o200 == 0 {
			continue // sealed before, or gone
		}
		seal, err := s.file(ctx, f)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.options.Log.Warn("day file could not be sealed, will be tried at the next start", "path", f.Path, "error", err)
		default:
			s.options.Log.Info("day file sealed", "path", f.Path, "messages", seal.Messages, "sha256", seal.SHA256)
			s.options.Sealed(seal)
		}
	}
}

// file seals a file.
func (s *sealer) file(ctx context.Context, f dayPath) (Seal, error) {
	seal := Seal{Day: f.Day, Part: f.Part, Path: f.Path}
	s.archive.Release(f.Day)
	for try := 1; ; try++ {
		err := s.complete(ctx, &seal)
		if err == nil || try == sealTries || !isBusy(err) {
			if err != nil {
				return seal, err
			}
			break
		}
		select {
		case <-time.After(sealRetry):
		case <-ctx.Done():
			return seal, ctx.Err()
		}
		s.archive.Release(f.Day)
	}
	if ctx.Err() != nil {
		return seal, ctx.Err()
	}
	if seal.Damage != "" {
		s.options.Log.Error("a past day is damaged", "path", f.Path, "damage", seal.Damage)
		s.options.Event(Event{Kind: EventDamaged, Text: fmt.Sprintf("%s is damaged: %s", f.Path, seal.Damage)})
	}
	sum, size, err := hashFile(ctx, f.Path)
	if err != nil {
		return seal, fmt.Errorf("reading %s: %w", f.Path, err)
	}
	seal.SHA256, seal.Size = sum, size
	if ctx.Err() != nil {
		return seal, ctx.Err() // the day is being written again
	}
	if err := os.Chmod(f.Path, 0o440); err != nil {
		return seal, fmt.Errorf("making %s read-only: %w", f.Path, err)
	}
	return seal, nil
}

// complete moves the write-ahead log of a file into it for good and checks it.
func (s *sealer) complete(ctx context.Context, seal *Seal) (err error) {
	db, err := sqlite.OpenAppender(seal.Path, sqlite.Options{Busy: -1, Application: applicationID})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if n, err := db.Int("SELECT count(*) FROM inbox"); err != nil {
		return err
	} else if n > 0 {
		return fmt.Errorf("%d messages are still in the inbox of %s", n, seal.Path)
	}
	if seal.Messages, err = db.Int("SELECT sum(messages) FROM devices"); err != nil {
		return err
	}
	if c, err := db.Checkpoint(true); err != nil {
		return err
	} else if c.Busy {
		return errReaders
	}
	seal.Damage = ""
	if err := db.Check(ctx); sqlite.Classify(err) == sqlite.Corrupt {
		seal.Damage = err.Error()
	} else if err != nil {
		return err
	}
	return db.LeaveWAL()
}

// errReaders reports that somebody reads the file.
var errReaders = errors.New("a reader keeps the write-ahead log in use")

func isBusy(err error) bool {
	k := sqlite.Classify(err)
	return errors.Is(err, errReaders) || k == sqlite.Busy || k == sqlite.Locked
}

// hashFile returns the SHA-256 of a file, in hexadecimal, and its size. SQLite
// must not have the file open for writing: closing it here lets go of locks.
func hashFile(ctx context.Context, path string) (string, int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer file.Close() // was only read
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
