//go:build !linux

package collect

import (
	"net"
	"syscall"
)

// newReceiver returns the plain one: only Linux reads many at a time.
func newReceiver(conn *net.UDPConn, _ syscall.RawConn, maxMessage int) receiver {
	return newPlainReceiver(conn, maxMessage)
}

// kernelDrops reports false: these systems do not count drops for a socket.
func kernelDrops(syscall.RawConn) (drops uint32, ok bool) { return 0, false }

// closeEntry reports false: the socket takes in datagrams until it is closed.
func closeEntry(syscall.RawConn) bool { return false }
