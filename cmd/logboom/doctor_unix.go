//go:build unix

package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

const errPortInUse = syscall.EADDRINUSE

// freeSpace returns how many bytes a user may still write to the disk of a
// directory.
func freeSpace(directory string) (int64, bool) {
	var s unix.Statfs_t
	if unix.Statfs(directory, &s) != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
