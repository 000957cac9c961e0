package collect

import (
	"net"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A winsockReceiver waits for a datagram as the plain one does, and then takes
// those that are there already, without waiting. Windows gives one in a call
// whatever one does, but these come at once: waiting goes over a completion
// port and the runtime's poller for each of them.
type winsockReceiver struct {
	plainReceiver
	socket  controlled
	packets [batchSize]packet
	n       int    // of packets
	slots   []byte // where the system writes, but for the first datagram
	slot    int    // bytes of one
	stride  int    // from one to the next

	// What the system is given; here they are not made anew for each datagram.
	buffer windows.WSABuf
	got    uint32
	flags  uint32
	from   windows.RawSockaddrAny
	length int32
}

// fionbio is FIONBIO of winsock2.h: whether calls that could wait fail instead.
// Reads that the runtime starts go on waiting: they are overlapped.
const fionbio = 0x8004667e

func newReceiver(conn *net.UDPConn, maxMessage int) (receiver, controlled, error) {
	first, socket, err := newPlainReceiver(conn, maxMessage)
	if err != nil {
		return nil, nil, err
	}
	slot := min(maxMessage, maxDatagram)
	r := &winsockReceiver{plainReceiver: *first.(*plainReceiver), socket: socket, slot: slot, stride: strideOf(slot)}
	r.slots = make([]byte, batchSize*r.stride)
	failed := socket.Control(func(fd uintptr) {
		on, n := uint32(1), uint32(0)
		err = windows.WSAIoctl(windows.Handle(fd), fionbio, (*byte)(unsafe.Pointer(&on)), uint32(unsafe.Sizeof(on)), nil, 0, &n, nil, 0)
	})
	if failed != nil || err != nil {
		return first, socket, nil
	}
	return r, socket, nil
}

func (r *winsockReceiver) receive() ([]packet, bool, error) {
	packets, _, err := r.plainReceiver.receive()
	packets = r.withRest(packets)
	return packets, len(packets) == batchSize, err
}

func (r *winsockReceiver) pending() []packet { return r.withRest(r.plainReceiver.pending()) }

// withRest returns the datagram that was waited for, if there is one, and what
// came with it. An error on the way is that of the next call of receive, if it
// lasts.
func (r *winsockReceiver) withRest(first []packet) []packet {
	r.n = copy(r.packets[:], first)
	if r.n > 0 {
		r.socket.Control(func(fd uintptr) {
			for r.n < batchSize && r.take(windows.Handle(fd)) {
			}
		})
	}
	return r.packets[:r.n]
}

// take takes a datagram, if one is there.
func (r *winsockReceiver) take(socket windows.Handle) bool {
	slot := r.slots[r.n*r.stride:][:r.slot]
	r.buffer = windows.WSABuf{Len: uint32(len(slot)), Buf: &slot[0]}
	r.got, r.flags, r.length = 0, 0, int32(unsafe.Sizeof(r.from))
	err := windows.WSARecvFrom(socket, &r.buffer, 1, &r.got, &r.flags, &r.from, &r.length, nil, nil)
	p := packet{raw: slot[:min(int(r.got), len(slot))]}
	switch err {
	case nil:
	case errTooLong: // the slot is full, and the rest is lost
		p.raw, p.cut = slot, true
	default:
		return false
	}
	p.src = sourceOf(&r.from)
	r.packets[r.n] = p
	r.n++
	return true
}

// sourceOf returns the address that the system wrote: v4-mapped is v4, without
// zone.
func sourceOf(from *windows.RawSockaddrAny) netip.Addr {
	if from.Addr.Family == windows.AF_INET {
		return netip.AddrFrom4((*windows.RawSockaddrInet4)(unsafe.Pointer(from)).Addr)
	}
	return netip.AddrFrom16((*windows.RawSockaddrInet6)(unsafe.Pointer(from)).Addr).Unmap()
}
