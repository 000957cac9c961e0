//go:build !windows

package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// hasModes says that the modes of files tell who may do what with them.
const hasModes = true

// lineEnd ends the lines of files that people edit.
const lineEnd = "\n"

// SystemDirectory returns where the configuration of a service is.
func SystemDirectory() string { return "/etc/logboom" }

// SystemDataDirectory returns where the day files of a service are.
func SystemDataDirectory() string { return "/var/lib/logboom" }

// SystemLogFile returns the file that a service writes its own log to.
func SystemLogFile() string { return "/var/log/logboom/logboom.log" }

// keepOwner gives a file the owner and the group of another, or the group alone,
// where that is allowed.
func keepOwner(f *os.File, of fs.FileInfo) {
	if st, ok := of.Sys().(*syscall.Stat_t); ok && f.Chown(int(st.Uid), int(st.Gid)) != nil {
		_ = f.Chown(-1, int(st.Gid))
	}
}

// UserDirectory returns where a user who may not write to the system's places
// keeps day files; see the XDG base directory specification. It falls back to a
// directory below the current one.
func UserDirectory() string {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "logboom")
	}
	if home, err := os.UserHomeDir(); err == nil && filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "logboom")
	}
	return "data"
}
