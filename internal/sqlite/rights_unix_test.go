//go:build unix

package sqlite

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Messages hold names, addresses and sometimes passwords: others on the machine
// may not read them, wherever the file is.
func TestNewFilesAreNotForOthers(t *testing.T) {
	old := syscall.Umask(0o022)
	t.Cleanup(func() { syscall.Umask(old) })
	dir := t.TempDir()
	a, err := OpenAppender(filepath.Join(dir, "a.db"), Options{Migrations: []string{"CREATE TABLE t(x)"}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	db, err := OpenWriter(filepath.Join(dir, "b.db"), Options{Migrations: []string{"CREATE TABLE t(x)"}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, name := range []string{"a.db", "a.db-wal", "a.db-shm", "b.db", "b.db-wal", "b.db-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o640 {
			t.Errorf("%s has the rights %v, want -rw-r-----", name, got)
		}
	}
}
