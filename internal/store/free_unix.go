//go:build linux || darwin || freebsd

package store

import "golang.org/x/sys/unix"

// FreeSpace returns how many bytes of the disk that holds a directory we may
// still use.
func FreeSpace(directory string) (int64, bool) {
	free, _, known := DiskSpace(directory)
	return free, known
}

// DiskSpace returns also how many bytes that disk has.
func DiskSpace(directory string) (free, total int64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(directory, &s); err != nil {
		return 0, 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize), true
}
