//go:build unix

package store

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Opening a FIFO for reading waits for a writer that never comes: a start or a
// search would hang on it.
func TestOnlyRegularFilesAreDayFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"syslog_20250601.db", "elsewhere", "syslog_20250609.db.damaged-120000"} {
		if err := os.WriteFile(at(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.Symlink(at("elsewhere"), at("syslog_20250602.db")), // an older day on another disk
		os.Symlink("/dev/zero", at("syslog_20250603.db")),
		os.Symlink(at("nothing"), at("syslog_20250604.db")),
		syscall.Mkfifo(at("syslog_20250605.db"), 0o600),
		syscall.Mkfifo(at("syslog_20250605.db.damaged-120000"), 0o600),
		os.Mkdir(at("syslog_20250606.db"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	a, err := OpenArchive(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	files, err := a.list()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, filepath.Base(f.Path))
	}
	want := []string{"syslog_20250601.db", "syslog_20250602.db", "syslog_20250609.db.damaged-120000"}
	if len(got) != len(want) {
		t.Fatalf("day files %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("day files %q, want %q", got, want)
		}
	}
}
