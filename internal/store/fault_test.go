package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

const today = "syslog_20250613.db"

// one sends n messages, numbered from first, and waits until they are stored.
func (b *bench) one(first, n int) {
	b.t.Helper()
	b.pipe.send(numbered(midday, first, n)...)
	b.pipe.waitDone(b.t, first+n)
}

func (b *bench) path(file string) string { return filepath.Join(b.options.Directory, file) }

func (b *bench) glob(pattern string) []string {
	b.t.Helper()
	list, err := filepath.Glob(b.path(pattern))
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func TestC01DayFileVanishes(t *testing.T) {
	for _, tt := range []struct {
		name string
		harm func(path string) error
	}{
		{"removed", os.Remove},
		{"renamed", func(path string) error { return os.Rename(path, path+".old") }},
		{"all three removed", func(path string) error {
			return errors.Join(os.Remove(path), os.Remove(path+"-wal"), os.Remove(path+"-shm"))
		}},
		{"cut short", func(path string) error { return os.Truncate(path, 8192) }},
		{"emptied", func(path string) error { return os.Truncate(path, 0) }},
		{"overwritten", func(path string) error {
			return os.WriteFile(path, bytes.Repeat([]byte("this is not a database\n"), 100_000), 0)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil).run()
			b.one(0, 50)
			b.restart() // now all of it is in the file itself
			b.looked()
			if err := tt.harm(b.path(today)); err != nil {
				t.Fatal(err)
			}
			b.one(50, 50) // to nowhere, says SQLite: all is well
			b.eventually("somebody is told", func() bool { return b.told(EventVanished) || b.told(EventDamaged) })
			b.one(100, 50)
			b.end()
			b.numbers(today, 50, 149) // what came after the harm
			want(t, "ids", b.all(today, "SELECT min(id) FROM logs_2001_db8__1_20250613"), []string{"51"})
		})
	}
}

// looked waits until the open file was found well after all that was sent.
func (b *bench) looked() {
	b.t.Helper()
	checks := b.writer.checks.Load()
	b.eventually("a look at the file", func() bool { return b.writer.checks.Load() >= checks+2 })
}

func TestC02WriteAheadLogVanishes(t *testing.T) {
	for _, suffix := range []string{"-wal", "-shm"} {
		t.Run(suffix, func(t *testing.T) {
			b := newBench(t, nil).run()
			b.one(0, 50)
			b.looked()
			if err := os.Remove(b.path(today + suffix)); err != nil {
				t.Fatal(err)
			}
			b.one(50, 50)
			b.eventually("somebody is told", func() bool { return b.told(EventVanished) })
			b.one(100, 50)
			b.end()
			b.numbers(today, 0, 149) // nothing is lost
		})
	}
}

func TestC03DamagedFileIsSetAside(t *testing.T) {
	t.Run("at the start", func(t *testing.T) {
		dir := t.TempDir()
		garbage := bytes.Repeat([]byte("garbage "), 5000)
		if err := os.WriteFile(filepath.Join(dir, today), garbage, 0o600); err != nil {
			t.Fatal(err)
		}
		b := newBench(t, func(o *Options) { o.Directory = dir }).run()
		b.one(0, 50)
		b.end()
		aside := b.glob(today + ".damaged-*")
		if len(aside) != 1 {
			t.Fatalf("set aside: %q", aside)
		}
		if got, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(got, garbage) {
			t.Errorf("what was set aside has changed, %v", err)
		}
		if !b.told(EventDamaged) {
			t.Error("nobody was told")
		}
		if got := len(b.texts(today)); got != 50 {
			t.Errorf("%d messages, want 50", got)
		}
		first := b.all(today, "SELECT min(id) FROM logs_2001_db8__1_20250613")[0]
		if len(first) < 6 {
			t.Errorf("the first id is %s: it may have been used in the damaged file", first)
		}
	})
	t.Run("an empty file is a new day", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, today), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		b := newBench(t, func(o *Options) { o.Directory = dir }).run()
		b.one(0, 5)
		b.end()
		b.numbers(today, 0, 4)
	})
	t.Run("a database of somebody else", func(t *testing.T) {
		dir := t.TempDir()
		db, err := sqlite.OpenWriter(filepath.Join(dir, today), sqlite.Options{Migrations: []string{"CREATE TABLE logs_192_168_1_1_20250613(id INTEGER PRIMARY KEY, message TEXT)"}})
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		b := newBench(t, func(o *Options) { o.Directory = dir }).run()
		b.one(0, 5)
		b.end()
		if got := len(b.texts(today)); got != 5 {
			t.Errorf("%d messages, want 5", got)
		}
		if aside := b.glob(today + ".foreign-*"); len(aside) != 1 {
			t.Errorf("set aside: %q", aside)
		}
	})
	t.Run("a file of a newer version", func(t *testing.T) {
		dir := t.TempDir()
		db, err := sqlite.OpenWriter(filepath.Join(dir, today), sqlite.Options{Migrations: append(dayMigrations[:1:1], "CREATE TABLE new(x)"), Application: applicationID})
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		b := newBench(t, func(o *Options) { o.Directory = dir }).run()
		b.one(0, 5)
		b.end()
		if got := len(b.texts("syslog_20250613.1.db")); got != 5 {
			t.Errorf("%d messages, want 5", got)
		}
	})
	t.Run("under way", func(t *testing.T) {
		b := newBench(t, nil).run()
		b.one(0, 50)
		b.writer.hookOnce("write", corruptError(t))
		b.one(50, 50)
		b.end()
		if len(b.glob(today+".damaged-*")) == 0 {
			t.Error("nothing was set aside")
		}
		b.numbers(today, 0, 99) // also those that were committed since the last look
		want(t, "ids go on", b.all(today, "SELECT max(id) FROM logs_2001_db8__1_20250613"), []string{"99"})
	})
}

// corruptError returns what SQLite says of a damaged file.
func corruptError(t *testing.T) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("no "), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.OpenAppender(path, sqlite.Options{})
	if sqlite.Classify(err) != sqlite.Corrupt {
		t.Fatalf("opening garbage: %v", err)
	}
	return err
}

func (w *writer) setHook(hook func(point string) error) { w.hook.Store(&hook) }

// fullError returns what SQLite says of a full disk.
func fullError(t *testing.T) error {
	t.Helper()
	db, err := sqlite.OpenAppender(filepath.Join(t.TempDir(), "x.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Exec("PRAGMA max_page_count=3; CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(100000))")
	if sqlite.Classify(err) != sqlite.Full {
		t.Fatalf("filling a database: %v", err)
	}
	return err
}

// hookOnce makes the named point fail once.
func (w *writer) hookOnce(name string, err error) {
	done := false
	w.setHook(func(point string) error {
		if point != name || done {
			return nil
		}
		done = true
		return err
	})
}

func TestForeignLockIsWaitedFor(t *testing.T) {
	if _, err := exec.LookPath("sqlite3"); err != nil {
		t.Skip("there is no sqlite3 command here")
	}
	b := newBench(t, nil)
	b.writer.busy = 50 * time.Millisecond
	for _, d := range b.writer.days {
		b.writer.shut(d)
	}
	b.run()
	b.one(0, 5)
	release := lockFile(t, b.path(today))
	b.pipe.send(numbered(midday, 5, 5)...)
	b.eventually("an attempt fails", func() bool { return b.Stats().Errors["busy"] > 2 })
	if holders := lockHolders(b.path(today), b.path(today+"-shm")); len(holders) != 1 || !strings.HasPrefix(holders[0], "sqlite3 (pid ") {
		t.Errorf("holders %q", holders)
	}
	if s := b.Stats(); s.Stored != 5 || s.Waiting != 5 {
		t.Errorf("stored %d, waiting %d", s.Stored, s.Waiting)
	}
	if s := b.Stats(); s.Trying.IsZero() || !strings.Contains(s.Obstacle, ".db is locked by sqlite3 (pid ") {
		t.Errorf("trying since %v, in the way: %q", s.Trying, s.Obstacle)
	}
	release()
	b.pipe.waitDone(t, 10)
	if s := b.Stats(); !s.Trying.IsZero() || s.Obstacle != "" {
		t.Errorf("after it, trying since %v, in the way: %q", s.Trying, s.Obstacle)
	}
	b.end()
	b.numbers(today, 0, 9)
}

// lockFile has another program lock a file until it is released.
func lockFile(t *testing.T, path string) (release func()) {
	t.Helper()
	other := exec.Command("sqlite3", path)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(in, "BEGIN EXCLUSIVE; SELECT 'locked';")
	line := make([]byte, 7)
	if _, err := out.Read(line); err != nil {
		t.Fatal(err)
	}
	return func() {
		in.Close()
		if err := other.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// Whoever stops the server must not lose what waits for another program.
func TestStopWhileTheDayFileIsLocked(t *testing.T) {
	if _, err := exec.LookPath("sqlite3"); err != nil {
		t.Skip("the sqlite3 command is not installed")
	}
	b := newBench(t, nil).run()
	b.one(0, 5)
	release := lockFile(t, b.path(today))
	defer release()
	b.pipe.send(numbered(midday, 5, 5)...)
	b.eventually("an attempt fails", func() bool { return b.Stats().Errors["busy"] > 0 })
	b.stop()
	b.end()
	if s := b.Stats(); s.Stored != 10 || s.Dropped != 0 {
		t.Errorf("stored %d, dropped %d; want all 10 stored", s.Stored, s.Dropped)
	}
	b.numbers(FileName(20250613, 1), 5, 9)
}

func TestFailedCommitIsLookedUp(t *testing.T) {
	failure := errors.New("the disk has failed")
	t.Run("before", func(t *testing.T) {
		b := newBench(t, nil).run()
		b.one(0, 5)
		b.writer.hookOnce("write", failure)
		b.one(5, 5)
		b.end()
		b.numbers(today, 0, 9)
		if !b.told(EventDiskError) {
			t.Error("nobody was told")
		}
	})
	t.Run("after the rows were there", func(t *testing.T) {
		b := newBench(t, nil).run()
		b.one(0, 5)
		b.writer.hookOnce("written", failure)
		b.one(5, 5)
		b.end()
		b.numbers(today, 0, 9) // once
		if s := b.Stats(); s.Stored != 10 {
			t.Errorf("stored %d", s.Stored)
		}
	})
	t.Run("again and again", func(t *testing.T) {
		b := newBench(t, nil)
		b.writer.setHook(func(point string) error {
			if point == "write" {
				return failure
			}
			return nil
		})
		b.run()
		b.pipe.send(numbered(midday, 0, 5)...)
		if err := <-b.result; !errors.Is(err, failure) || !errors.Is(err, errHopeless) {
			t.Errorf("Run: %v", err)
		}
		if s := b.Stats(); s.Dropped != 5 {
			t.Errorf("dropped %d, want 5", s.Dropped)
		}
	})
}

func TestDroppedTableComesBack(t *testing.T) {
	b := newBench(t, nil).run()
	b.one(0, 5)
	if out, err := exec.Command("sqlite3", b.path(today), "DROP TABLE inbox").CombinedOutput(); err != nil {
		t.Skipf("there is no sqlite3 command here: %v %s", err, out)
	}
	b.one(5, 5)
	b.end()
	got := b.texts(today)
	if len(got) != 10 {
		t.Errorf("%d messages, want 10: %q", len(got), got)
	}
}

// Ids that somebody else has used are passed over.
func TestForeignRowsInTheInbox(t *testing.T) {
	b := newBench(t, nil).run()
	b.one(0, 5)
	if out, err := exec.Command("sqlite3", b.path(today), "INSERT INTO inbox(id,address,received_at,raw,message_at) VALUES(8,NULL,1,'foreign',0)").CombinedOutput(); err != nil {
		t.Skipf("there is no sqlite3 command here: %v %s", err, out)
	}
	b.one(5, 5)
	b.end()
	got := b.texts(today)
	if len(got) != 11 || got[5] != "foreign" || got[10] != "<13>number 9." {
		t.Errorf("messages: %q", got)
	}
}

func TestStopGivesUpInTheEnd(t *testing.T) {
	b := newBench(t, nil)
	full := fullError(t)
	b.writer.setHook(func(point string) error {
		if point == "write" {
			return full
		}
		return nil
	})
	b.writer.drain = 10 * time.Millisecond
	b.run()
	b.pipe.send(numbered(midday, 0, 7)...)
	b.eventually("the disk is full", func() bool { return b.Stats().State == EventDiskFull })
	b.stop()
	err := <-b.result
	if err == nil || !strings.Contains(err.Error(), "7 messages were lost") {
		t.Errorf("Run: %v", err)
	}
	if s := b.Stats(); s.Dropped != 7 || s.Stored != 0 {
		t.Errorf("stats %+v", s)
	}
	if b.pipe.done != 7 {
		t.Errorf("%d messages were given back", b.pipe.done)
	}
}
