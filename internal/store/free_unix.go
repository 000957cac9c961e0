//go:build linux || darwin || freebsd

package store

import "golang.org/x/sys/unix"

// FreeSpace returns how many bytes of the disk that holds a directory we may
// still use.
func FreeSpace(directory string) (int64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(directory, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
