package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// readOnlyError returns what SQLite says of a file that may not be written.
func readOnlyError(t *testing.T) error {
	t.Helper()
	db, err := sqlite.OpenAppender(filepath.Join(t.TempDir(), "x.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Exec("PRAGMA query_only=ON; CREATE TABLE t(x)")
	if sqlite.Classify(err) != sqlite.ReadOnly {
		t.Fatalf("writing to a read-only database: %v", err)
	}
	return err
}

// A day whose file cannot be written goes on in a second one. Both are
// completed, and their ids are never the same.
func TestDayGoesOnInASecondFile(t *testing.T) {
	b := newBench(t, nil).run()
	b.one(0, 50)
	failure := readOnlyError(t)
	left := 2
	b.writer.setHook(func(point string) error {
		if point == "write" && left > 0 {
			left--
			return failure
		}
		return nil
	})
	b.one(50, 50)
	b.one(100, 5)
	if !b.told(EventReadOnly) {
		t.Error("nobody was told")
	}
	b.end()
	b.numbers(today, 0, 49)
	b.numbers("syslog_20250613.1.db", 50, 104)
	for _, file := range []string{today, "syslog_20250613.1.db"} {
		want(t, "inbox of "+file, b.all(file, "SELECT count(*) FROM inbox"), []string{"0"})
	}
	want(t, "first id", b.all("syslog_20250613.1.db", "SELECT min(id) FROM logs_2001_db8__1_20250613"), []string{"51"})

	// The next start tries the first file again.
	done := b.pipe.done
	b.pipe = newPipe()
	b.pipe.done = done
	b.open()
	b.run()
	b.one(105, 5)
	b.end()
	texts := b.texts(today)
	if len(texts) != 55 || texts[54] != "<13>number 109." {
		t.Errorf("%d messages, the last is %q", len(texts), texts[len(texts)-1])
	}
	want(t, "last id", b.all(today, "SELECT max(id) FROM logs_192_168_1_1_20250613"), []string{"110"})
}

func TestDirectoryVanishes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	b := newBench(t, func(o *Options) { o.Directory = dir }).run()
	b.one(0, 50)
	b.looked()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	b.eventually("somebody is told", func() bool { return b.told(EventVanished) })
	b.one(50, 50)
	b.end()
	b.numbers(today, 50, 99)
}

// A commit that is too large is made in pieces.
func TestCommitInPieces(t *testing.T) {
	b := newBench(t, nil)
	full, refused := fullError(t), 0
	b.writer.setHook(func(point string) error {
		if point == "write" && refused < 3 {
			refused++
			return full
		}
		return nil
	})
	b.run()
	b.one(0, 101)
	b.end()
	b.numbers(today, 0, 100)
	if s := b.Stats(); s.Commits < 2 || s.Stored != 101 {
		t.Errorf("%d commits, %d stored", s.Commits, s.Stored)
	}
}

func TestD03CheckpointFailureIsTold(t *testing.T) {
	b := newBench(t, nil)
	failure := errors.New("no checkpoint today")
	b.writer.setHook(func(point string) error {
		if point == "checkpoint" {
			return failure
		}
		return nil
	})
	b.run()
	b.one(0, 50)
	b.pipe.close()
	if err := <-b.result; err != nil {
		t.Errorf("Run: %v", err)
	}
	b.stop()
	if s := b.Stats(); !b.told(EventCheckpoint) || s.CheckpointErrors == 0 {
		t.Errorf("told %v, counted %d", b.told(EventCheckpoint), s.CheckpointErrors)
	}
	b.numbers(today, 0, 49) // the log holds them
}

func TestOpenSaysWhyNot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		o    Options
		want string
	}{
		{"no directory", Options{}, "no directory"},
		{"a file in its place", Options{Directory: file}, file},
		{"a directory in place of the file", Options{Directory: func() string {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, today), 0o700); err != nil {
				t.Fatal(err)
			}
			return dir
		}()}, today},
		{"sync", Options{Directory: t.TempDir(), Sync: "never"}, `"never"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Location, tt.o.Now = time.UTC, func() time.Time { return midday }
			if _, err := Open(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open: %v, want %q", err, tt.want)
			}
		})
	}
}
