//go:build !windows

package sqlite

import "syscall"

// isFull reports whether the system refused for want of space or quota.
func isFull(e syscall.Errno) bool {
	return e == syscall.ENOSPC || e == syscall.EDQUOT
}
