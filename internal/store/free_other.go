//go:build !linux && !darwin && !freebsd && !windows

package store

// FreeSpace cannot tell on this system.
func FreeSpace(string) (int64, bool) { return 0, false }

// DiskSpace cannot tell on this system.
func DiskSpace(string) (free, total int64, known bool) { return 0, 0, false }
