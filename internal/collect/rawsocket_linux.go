package collect

import (
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A rawSocket is a UDP socket that the runtime's poller does not know.
//
// With the poller the kernel wakes a thread for each datagram, also while the
// receiver is not waiting for one: at 50,000 a second that is most of what
// receiving costs. Here nobody is woken but who waits, so that a receiver can
// let datagrams gather in the kernel's buffer; see [lull].
type rawSocket struct {
	mu    sync.RWMutex // held for reading while fd is used by others than the receiver
	fd    int          // -1 = closed
	alarm int          // an eventfd(2) that ends waiting
}

// takeOver makes a rawSocket of conn, which is closed: the port stays open.
func takeOver(conn *net.UDPConn) (*rawSocket, error) {
	defer conn.Close() // this also takes it away from the poller
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("reaching the socket: %w", err)
	}
	s := &rawSocket{}
	failed := raw.Control(func(fd uintptr) { s.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if failed != nil {
		err = failed
	}
	if err != nil {
		return nil, fmt.Errorf("taking over the socket: %w", err)
	}
	if s.alarm, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(s.fd)
		return nil, os.NewSyscallError("eventfd", err)
	}
	return s, nil
}

// Control calls f with the descriptor, which stays open meanwhile.
func (s *rawSocket) Control(f func(fd uintptr)) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.fd < 0 {
		return net.ErrClosed
	}
	f(uintptr(s.fd))
	return nil
}

// wait returns nil once there is something to read, and
// [os.ErrDeadlineExceeded] once there was an interrupt.
func (s *rawSocket) wait() error {
	fds := [2]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}, {Fd: int32(s.alarm), Events: unix.POLLIN}}
	for {
		_, err := unix.Ppoll(fds[:], nil, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return os.NewSyscallError("ppoll", err)
		case fds[1].Revents != 0:
			return os.ErrDeadlineExceeded
		default:
			return nil // an error of the socket is for who reads
		}
	}
}

// interrupt ends waiting, now and from now on. It does nothing after close.
func (s *rawSocket) interrupt() {
	_ = s.Control(func(uintptr) {
		unix.Write(s.alarm, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // cannot fail: it is written once
	})
}

func (s *rawSocket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd >= 0 {
		unix.Close(s.fd)
		unix.Close(s.alarm)
		s.fd = -1
	}
}
