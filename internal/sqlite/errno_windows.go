package sqlite

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// isFull reports whether the system refused for want of space or quota.
func isFull(e syscall.Errno) bool {
	return e == windows.ERROR_DISK_FULL || e == windows.ERROR_HANDLE_DISK_FULL || e == windows.ERROR_DISK_QUOTA_EXCEEDED
}
