//go:build !windows

package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestUserDirectoryFollowsXDG(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/home/x/state")
	if got := UserDirectory(); got != "/home/x/state/logboom" {
		t.Errorf("%q", got)
	}
	t.Setenv("XDG_STATE_HOME", "relative/is/ignored")
	t.Setenv("HOME", "/home/x")
	if got := UserDirectory(); got != "/home/x/.local/state/logboom" {
		t.Errorf("%q", got)
	}
}

func TestInitMakesAFileThatIsNotForOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := Init(path, nil); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		t.Errorf("others may read the file: %v", info.Mode())
	}
}
