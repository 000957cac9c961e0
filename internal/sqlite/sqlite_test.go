package sqlite

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mattn/go-sqlite3"
)

func TestSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "what? 100% #1.db")
	for _, tt := range []struct {
		name    string
		options Options
		want    map[string]string
	}{
		{"ordinary", Options{}, map[string]string{
			"journal_mode": "wal", "synchronous": "2", "page_size": "8192", "mmap_size": "0", "busy_timeout": "5000",
			"wal_autocheckpoint": "1000", "journal_size_limit": "67108864", "cache_size": "-8192", "temp_store": "2",
			"cell_size_check": "1", "trusted_schema": "0", "locking_mode": "normal", "auto_vacuum": "0",
		}},
		{"fast", Options{Fast: true, Busy: -1, Checkpoint: 16_000, Cache: 100}, map[string]string{
			"synchronous": "1", "busy_timeout": "0", "wal_autocheckpoint": "16000", "cache_size": "-100",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db, err := OpenWriter(path, tt.options)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			a, err := OpenAppender(path, tt.options)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			for name, want := range tt.want {
				var got string
				if err := db.QueryRow("PRAGMA " + name).Scan(&got); err != nil || got != want {
					t.Errorf("OpenWriter: %s is %q, want %q, %v", name, got, want, err)
				}
				if got, err := ask(a.conn, "PRAGMA "+name); err != nil || got != want {
					t.Errorf("OpenAppender: %s is %q, want %q, %v", name, got, want, err)
				}
			}
			if _, err := db.Exec("CREATE TABLE IF NOT EXISTS t(x)"); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file has another name: %v", err)
	}
	t.Run("reader", func(t *testing.T) {
		db, err := OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for name, want := range map[string]string{"query_only": "1", "mmap_size": "0", "busy_timeout": "2000", "trusted_schema": "0"} {
			var got string
			if err := db.QueryRow("PRAGMA " + name).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %q, want %q, %v", name, got, want, err)
			}
		}
		if _, err := db.Exec("INSERT INTO t VALUES(1)"); Classify(err) != ReadOnly {
			t.Errorf("writing: %v", err)
		}
	})
}

func TestReaderMakesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent.db")
	if _, err := OpenReader(path); Classify(err) != CantOpen || !strings.Contains(err.Error(), path) {
		t.Errorf("OpenReader: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file was made")
	}
}

func TestMigrations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	open := func(o Options) error {
		a, err := OpenAppender(path, o)
		if err != nil {
			return err
		}
		return a.Close()
	}
	steps := []string{"CREATE TABLE a(x); INSERT INTO a VALUES(1)", "CREATE TABLE b(x)", "INSERT INTO b VALUES(1); INSERT INTO absent VALUES(1)"}
	if err := open(Options{Migrations: steps[:1], Application: 7}); err != nil {
		t.Fatal(err)
	}
	if err := open(Options{Migrations: steps, Application: 7}); Classify(err) != Schema || !strings.Contains(err.Error(), "version 3") {
		t.Errorf("a step that fails: %v", err)
	}
	for range 2 {
		if err := open(Options{Migrations: steps[:2], Application: 7}); err != nil {
			t.Fatal(err)
		}
	}
	a, err := OpenAppender(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for query, want := range map[string]int64{"SELECT count(*) FROM a": 1, "SELECT count(*) FROM b": 0, "PRAGMA user_version": 2, "PRAGMA application_id": 7} {
		if got, err := a.Int(query); got != want || err != nil {
			t.Errorf("%s = %d, want %d, %v", query, got, want, err)
		}
	}
	if err := open(Options{Migrations: steps[:1], Application: 7}); !errors.Is(err, ErrNewer) || Classify(err) != Foreign {
		t.Errorf("a newer file: %v", err)
	}
	if err := open(Options{Migrations: steps[:2], Application: 8}); !errors.Is(err, ErrForeign) || Classify(err) != Foreign {
		t.Errorf("a file of another program: %v", err)
	}
}

func TestClassify(t *testing.T) {
	dir := t.TempDir()
	if Classify(nil) != None || Classify(errors.New("x")) != Other {
		t.Error("errors that are not of SQLite")
	}
	for _, tt := range []struct {
		err  sqlite3.Error
		want Kind
	}{
		{sqlite3.Error{Code: sqlite3.ErrFull}, Full},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync, SystemErrno: syscall.ENOSPC}, Full},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrWrite, SystemErrno: syscall.EIO}, IO},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrNoMem}, NoMem},
		{sqlite3.Error{Code: sqlite3.ErrCantOpen, SystemErrno: syscall.EMFILE}, CantOpen},
		{sqlite3.Error{Code: sqlite3.ErrLocked}, Locked},
		{sqlite3.Error{Code: sqlite3.ErrReadonly, ExtendedCode: sqlite3.ErrReadonlyDbMoved}, ReadOnly},
		{sqlite3.Error{Code: sqlite3.ErrNomem}, NoMem},
		{sqlite3.Error{Code: sqlite3.ErrSchema}, Schema},
		{sqlite3.Error{Code: sqlite3.ErrTooBig}, BadRow},
		{sqlite3.Error{Code: sqlite3.ErrInterrupt}, Interrupted},
		{sqlite3.Error{Code: sqlite3.ErrMisuse}, Misuse},
		{sqlite3.Error{Code: sqlite3.ErrError}, Other},
	} {
		if got := Classify(tt.err); got != tt.want {
			t.Errorf("Classify(%d/%d %v) = %v, want %v", tt.err.Code, tt.err.ExtendedCode, tt.err.SystemErrno, got, tt.want)
		}
	}
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("garbage "), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenAppender(garbage, Options{}); Classify(err) != Corrupt {
		t.Errorf("garbage: %v", err)
	}
	if _, err := OpenWriter(filepath.Join(dir, "absent", "x.db"), Options{}); Classify(err) != CantOpen {
		t.Errorf("no directory: %v", err)
	}
	a, err := OpenAppender(filepath.Join(dir, "x.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for query, want := range map[string]Kind{
		"SELECT * FROM absent":                             Schema,
		"CREATE TABLE t(x PRIMARY KEY); SELECT y FROM t":   Schema,
		"INSERT INTO t VALUES(1); INSERT INTO t VALUES(1)": BadRow,
		"SELEKT": Other,
		"INSERT INTO t VALUES(zeroblob(2000000000))":                      BadRow,
		"PRAGMA max_page_count=5; INSERT INTO t VALUES(zeroblob(100000))": Full,
	} {
		if query == "INSERT INTO t VALUES(1); INSERT INTO t VALUES(1)" || strings.Contains(query, "zeroblob") {
			exec(t, a, "CREATE TABLE IF NOT EXISTS t(x PRIMARY KEY)")
		} else {
			exec(t, a, "DROP TABLE IF EXISTS t")
		}
		if err := a.Exec(query); Classify(err) != want {
			t.Errorf("%s: %v, want %v: %v", query, Classify(err), want, err)
		}
		exec(t, a, "PRAGMA max_page_count=1000000")
	}
	for k := Other; k <= Foreign; k++ {
		if k.String() == "unknown" || k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}
