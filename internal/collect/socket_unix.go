//go:build !windows

package collect

import (
	"fmt"
	"syscall"
)

// errTooLong is what Windows returns for a datagram longer than the buffer;
// elsewhere it is just cut.
const errTooLong = syscall.EMSGSIZE

// exclusive does nothing: two sockets cannot have the same port here unless
// both ask for it.
func exclusive(_, _ string, _ syscall.RawConn) error { return nil }

// bufferHint says how to be granted a receive buffer of so many bytes.
func bufferHint(bytes int) string {
	return fmt.Sprintf("sysctl -w net.core.rmem_max=%d, and in a file below /etc/sysctl.d to keep it; or give the service CAP_NET_ADMIN", bytes)
}
