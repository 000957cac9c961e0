//go:build !windows

package tray

import (
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// systemPlaces returns where the files of a service are on this system.
func systemPlaces() files {
	return files{"/etc/logboom/config.toml", "/var/log/logboom/logboom.log", "/var/lib/logboom"}
}

// onThisMachine reports whether opening path asks no other machine.
func onThisMachine(string) bool { return true }

// trusted reports whether a file belongs to root, to this user, or to the
// service: another user's settings would be filled in for him.
func trusted(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	if stat.Uid == 0 || int(stat.Uid) == os.Getuid() {
		return true
	}
	service, err := user.Lookup("logboom")
	return err == nil && service.Uid == strconv.FormatUint(uint64(stat.Uid), 10)
}
