//go:build !windows

package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAnEditKeepsTheRightsOfTheFile(t *testing.T) {
	path, _ := edited(t, "")
	file := filepath.Join(filepath.Dir(path), ConsoleFileName)
	edit := func(site string) error {
		return editOverlay(inForce(t, path), nil, func(o *Overlay) error { o.SetDevice(south, map[string]any{"site": site}); return nil })
	}
	mode := func(path string) fs.FileMode {
		t.Helper()
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	if err := edit("one"); err != nil || mode(file) != 0o640 {
		t.Errorf("a new file: %v, mode %v", err, mode(file))
	}
	group := os.Getegid()
	if os.Geteuid() == 0 {
		group = 12345
		if err := os.Chown(file, 12346, group); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(file, 0o660); err != nil {
		t.Fatal(err)
	}
	if err := edit("two"); err != nil || mode(file) != 0o660 || mode(file+oldSuffix) != 0o660 {
		t.Errorf("of others: %v, mode %v, before it %v", err, mode(file), mode(file+oldSuffix))
	}
	info, err := os.Lstat(file)
	if err != nil {
		t.Fatal(err)
	}
	if st := info.Sys().(*syscall.Stat_t); int(st.Gid) != group || os.Geteuid() == 0 && st.Uid != 12346 {
		t.Errorf("it is of user %d and group %d", st.Uid, st.Gid)
	}

	if err := os.Chmod(file, 0o440); err != nil {
		t.Fatal(err)
	}
	before := readText(t, file)
	if err := edit("three"); err == nil || !strings.Contains(err.Error(), file+" cannot be written, nothing was changed: it is read-only") || readText(t, file) != before || mode(file) != 0o440 {
		t.Errorf("read-only: %v, mode %v", err, mode(file))
	}
	// What is kept of before is ours.
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file+oldSuffix, 0o440); err != nil {
		t.Fatal(err)
	}
	if err := edit("three"); err != nil || mode(file+oldSuffix) != 0o640 {
		t.Errorf("the version before is read-only: %v, mode %v", err, mode(file+oldSuffix))
	}
}
