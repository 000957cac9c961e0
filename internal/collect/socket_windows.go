package collect

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// errTooLong is what reading a datagram longer than the buffer returns.
const errTooLong = windows.WSAEMSGSIZE

// soExclusiveAddrUse is SO_EXCLUSIVEADDRUSE of winsock2.h, ~SO_REUSEADDR:
// without it another program can bind the same port and take our datagrams.
const soExclusiveAddrUse = ^windows.SO_REUSEADDR

func exclusive(_, _ string, raw syscall.RawConn) error {
	var err error
	if cerr := raw.Control(func(fd uintptr) {
		err = windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, soExclusiveAddrUse, 1)
	}); cerr != nil {
		return cerr
	}
	return err
}

// setReceiveBuffer asks for a receive buffer of so many bytes, 0 for the
// system's default, and returns what was granted.
func setReceiveBuffer(raw controlled, bytes int) (granted int) {
	raw.Control(func(fd uintptr) {
		h := windows.Handle(fd)
		if bytes > 0 {
			windows.SetsockoptInt(h, windows.SOL_SOCKET, windows.SO_RCVBUF, bytes)
		}
		if n, err := windows.GetsockoptInt(h, windows.SOL_SOCKET, windows.SO_RCVBUF); err == nil {
			granted = n
		}
	})
	return granted
}

func bufferHint(int) string { return "a smaller listen.receive_buffer, or more memory" }
