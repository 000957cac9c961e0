package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// manyWire sends datagrams of many devices through one socket, many in one
// call: sendmmsg(2), each with its source address (IP_PKTINFO of ip(7)).
type manyWire struct {
	conn    *net.UDPConn
	raw     syscall.RawConn
	headers [maxBurst]mmsghdr
	vectors [maxBurst]unix.Iovec
	control [maxBurst][pktinfoSpace]byte
	spoof   bool
}

// mmsghdr is struct mmsghdr.
type mmsghdr struct {
	unix.Msghdr
	sent uint32
}

// pktinfoSpace is CMSG_SPACE(sizeof(struct in_pktinfo)), rounded up for all
// architectures.
const pktinfoSpace = 32

func dialUDP(target netip.AddrPort, devices int) (wire, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(target))
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	// Best effort: the default is enough, more lets the sender sleep less.
	_ = conn.SetWriteBuffer(4 << 20)
	return &manyWire{conn: conn, raw: raw, spoof: devices > 1}, nil
}

func (w *manyWire) send(messages [][]byte, devices []int) (int, error) {
	for i, m := range messages {
		h := &w.headers[i]
		*h = mmsghdr{}
		v := &w.vectors[i]
		if v.Base = unsafe.SliceData(m); len(m) > 0 {
			v.Base = &m[0]
		}
		v.SetLen(len(m))
		h.Iov = v
		h.SetIovlen(1)
		if w.spoof {
			w.from(h, i, deviceAddr(devices[i]))
		}
	}
	n := 0
	for n < len(messages) {
		var sent int
		var failed error
		err := w.raw.Write(func(fd uintptr) bool {
			r, _, errno := syscall.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&w.headers[n])), uintptr(len(messages)-n), 0, 0, 0)
			if errno == syscall.EAGAIN {
				return false // wait until there is room
			}
			if sent = int(r); errno != 0 {
				sent, failed = 0, errno
			}
			return true
		})
		runtime.KeepAlive(messages)
		if n += sent; err != nil {
			return n, err
		}
		if failed == syscall.EINTR {
			continue
		}
		if failed != nil {
			return n, fmt.Errorf("%w", failed)
		}
	}
	return n, nil
}

// from gives the datagram of header h the source address a.
func (w *manyWire) from(h *mmsghdr, i int, a netip.Addr) {
	c := (*unix.Cmsghdr)(unsafe.Pointer(&w.control[i][0]))
	c.Level, c.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
	c.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
	info := (*unix.Inet4Pktinfo)(unsafe.Pointer(&w.control[i][unix.CmsgLen(0)]))
	*info = unix.Inet4Pktinfo{Spec_dst: a.As4()}
	h.Control = &w.control[i][0]
	h.SetControllen(unix.CmsgSpace(unix.SizeofInet4Pktinfo))
}

func (w *manyWire) Close() error { return w.conn.Close() }
