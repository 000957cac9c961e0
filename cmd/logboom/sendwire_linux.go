package main

import (
	"encoding/binary"
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
// call: sendmmsg(2), each with its source address (IP_PKTINFO of ip(7)). What a
// device sends in a row, all of one length, goes through the system's network
// as one and becomes datagrams of its own at the end of it (UDP_SEGMENT of
// udp(7)), at a third of the cost for eight.
type manyWire struct {
	conn    *net.UDPConn
	raw     syscall.RawConn
	headers [maxBurst]mmsghdr
	vectors [maxBurst]unix.Iovec
	control [maxBurst][controlSpace]byte
	held    [maxBurst]int // how many messages a header has
	spoof   bool
	whole   bool // no segments: this system, or the way to the server, has none
}

// mmsghdr is struct mmsghdr.
type mmsghdr struct {
	unix.Msghdr
	sent uint32
}

// controlSpace is CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(2), rounded
// up for all architectures.
const controlSpace = 64

// mostTogether is how many bytes go out as segments of one: what a datagram
// holds, less some.
const mostTogether = 60_000

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
	w := &manyWire{conn: conn, raw: raw, spoof: devices > 1}
	// Before Linux 4.18 nothing would say that a row has become one datagram.
	err = raw.Control(func(fd uintptr) {
		_, e := unix.GetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT)
		w.whole = e != nil
	})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return w, nil
}

// together returns how many of the messages go out as one: those of the first
// device that are as long as the first, and one that is shorter.
func together(messages [][]byte, devices []int) int {
	size := len(messages[0])
	n := 1
	for n < len(messages) && devices[n] == devices[0] && len(messages[n]) == size && (n+1)*size <= mostTogether && size > 0 {
		n++
	}
	if n < len(messages) && devices[n] == devices[0] && len(messages[n]) < size && len(messages[n]) > 0 && n*size+len(messages[n]) <= mostTogether {
		n++
	}
	return n
}

// prepare makes headers of the messages and returns how many.
func (w *manyWire) prepare(messages [][]byte, devices []int) int {
	for i, m := range messages {
		v := &w.vectors[i]
		v.Base = unsafe.SliceData(m)
		v.SetLen(len(m))
	}
	headers := 0
	for i := 0; i < len(messages); headers++ {
		h := &w.headers[headers]
		*h = mmsghdr{}
		n := 1
		if !w.whole {
			n = together(messages[i:], devices[i:])
		}
		h.Iov = &w.vectors[i]
		h.SetIovlen(n)
		w.held[headers] = n
		space := 0
		control := w.control[headers][:]
		if w.spoof {
			info := unix.Inet4Pktinfo{Spec_dst: deviceAddr(devices[i]).As4()}
			copy(controlData(control, unix.IPPROTO_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo), (*[unix.SizeofInet4Pktinfo]byte)(unsafe.Pointer(&info))[:])
			space += unix.CmsgSpace(unix.SizeofInet4Pktinfo)
		}
		if n > 1 {
			binary.NativeEndian.PutUint16(controlData(control[space:], unix.IPPROTO_UDP, unix.UDP_SEGMENT, 2), uint16(len(messages[i])))
			space += unix.CmsgSpace(2)
		}
		if space > 0 {
			h.Control = &control[0]
			h.SetControllen(space)
		}
		i += n
	}
	return headers
}

// controlData writes the head of a control message into b and returns the place
// of its data.
func controlData(b []byte, level, kind int32, size int) []byte {
	c := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	c.Level, c.Type = level, kind
	c.SetLen(unix.CmsgLen(size))
	return b[unix.CmsgLen(0):][:size]
}

func (w *manyWire) send(messages [][]byte, devices []int) (int, error) {
	headers := w.prepare(messages, devices)
	n := 0
	for next := 0; next < headers; {
		var sent int
		var failed error
		err := w.raw.Write(func(fd uintptr) bool {
			r, _, errno := syscall.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&w.headers[next])), uintptr(headers-next), 0, 0, 0)
			if errno == syscall.EAGAIN {
				return false // wait until there is room
			}
			if sent = int(r); errno != 0 {
				sent, failed = 0, errno
			}
			return true
		})
		runtime.KeepAlive(messages)
		for range sent {
			n += w.held[next]
			next++
		}
		if err != nil {
			return n, err
		}
		if failed == syscall.EINTR {
			continue
		}
		if failed != nil && w.held[next] > 1 && !passing(failed) {
			w.whole = true // each by itself may do
			more, err := w.send(messages[n:], devices[n:])
			return n + more, err
		}
		if failed != nil {
			return n, fmt.Errorf("%w", failed)
		}
	}
	return n, nil
}

func (w *manyWire) Close() error { return w.conn.Close() }
