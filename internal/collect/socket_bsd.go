//go:build !linux && !windows

package collect

import (
	"net"
	"syscall"
)

// newReceiver returns the plain one.
func newReceiver(conn *net.UDPConn, maxMessage int) (receiver, controlled, error) {
	return newPlainReceiver(conn, maxMessage)
}

// setReceiveBuffer asks for a receive buffer of so many bytes, 0 for the
// system's default, and returns what was granted.
func setReceiveBuffer(raw controlled, bytes int) (granted int) {
	raw.Control(func(fd uintptr) {
		if bytes > 0 {
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, bytes)
		}
		if n, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF); err == nil {
			granted = n
		}
	})
	return granted
}
