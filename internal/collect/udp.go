package collect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// batchSize is how many datagrams are read at a time, where the system has a
// way to read many.
const batchSize = 64

// maxDatagram is the longest datagram there can be: the length field of UDP
// has 16 bits.
const maxDatagram = 65535

// A packet is a datagram that was read. Its bytes are valid until the next one
// is read.
type packet struct {
	raw []byte // MaxMessage bytes at most
	src netip.Addr
	cut bool // it was longer
}

// A receiver reads datagrams from a socket, as many at a time as it can.
type receiver interface {
	// receive waits until there are some, and tells whether more may be there
	// already. Packets may come with an error.
	receive() (packets []packet, more bool, err error)
	// pending returns some of those that are there already; none at the end.
	pending() []packet
	// interrupt makes receive return [os.ErrDeadlineExceeded], from now on.
	interrupt()
	close()
}

// strideOf returns how many bytes apart the slots are that the system writes
// datagrams of so many bytes into. Only the pages that messages touch take up
// memory. It is no multiple of the page size: the beginnings of all messages
// would compete for the same few lines of the processor's cache.
func strideOf(slot int) int { return (slot+63)/64*64 + 320 }

// A controlled socket can be asked and told things.
type controlled interface {
	Control(func(fd uintptr)) error
}

// A udpSocket is an open UDP port.
type udpSocket struct {
	l        *listener
	address  string
	raw      controlled
	receiver receiver
	granted  atomic.Int64
	lull     lull
	resized  atomic.Bool // lull is for another buffer

	mu    sync.Mutex // held from reading the kernel's count until it is in the ledger
	asked int        // bytes of the receive buffer
	drops uint32     // the kernel's count when it was last read
	known bool       // the kernel has such a count
}

func openUDP(ctx context.Context, l *listener, network string) (*udpSocket, error) {
	config := net.ListenConfig{Control: exclusive}
	pc, err := config.ListenPacket(ctx, network, l.configured)
	if err != nil {
		return nil, err
	}
	s := &udpSocket{l: l, address: pc.LocalAddr().String()}
	open := newReceiver
	if l.options.plain {
		open = newPlainReceiver
	}
	if s.receiver, s.raw, err = open(pc.(*net.UDPConn), l.options.MaxMessage); err != nil {
		return nil, err
	}
	s.asked = l.settings().receiveBuffer
	s.granted.Store(int64(setReceiveBuffer(s.raw, s.asked)))
	s.drops, s.known = kernelDrops(s.raw)
	s.lull = newLull(int(s.granted.Load()))
	l.queue.mu.Lock()
	// Stopping to read is honest only where the kernel counts what it drops then.
	l.lane.waits = s.known
	l.queue.mu.Unlock()
	return s, nil
}

func (s *udpSocket) serve(ctx context.Context) error {
	defer s.receiver.close()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		s.receiver.interrupt()
	})
	defer stop()
	var pause time.Duration
	for {
		packets, more, err := s.receiver.receive()
		if len(packets) > 0 {
			at := time.Now()
			if s.resized.Swap(false) {
				s.lull = newLull(int(s.granted.Load()))
			}
			s.take(packets, at)
			if wait := s.lull.after(len(packets), more, at); wait > 0 {
				time.Sleep(wait)
			}
		}
		switch {
		case ctx.Err() != nil: // where datagrams go on coming, reading does not end by itself
			<-interrupted // the plain receiver's drain must not be
			s.drain()
			return nil
		case err == nil:
			pause = 0
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("reading from the socket: %w", err)
		case errors.Is(err, os.ErrDeadlineExceeded):
			// The stop is on its way.
		default:
			// Such as an ICMP error that somebody sent to this port: never the end.
			s.l.readErrors.Add(1)
			s.l.notices.warn("read", 1, "reading from the socket failed, reading on", "error", err)
			pause = min(max(2*pause, time.Millisecond), 100*time.Millisecond)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// take puts packets that were read now into the queue.
func (s *udpSocket) take(packets []packet, now time.Time) {
	l, at := s.l, now.UnixMicro()
	refused, last := 0, netip.Addr{}
	l.queue.mu.Lock()
	for i := range packets {
		p := &packets[i]
		if !l.allowed(p.src) {
			l.lane.refused(1)
			refused, last = refused+1, p.src
			continue
		}
		if l.queue.add(l.lane, p.raw, p.src, at) && p.cut {
			l.lane.oversize()
		}
	}
	l.queue.mu.Unlock()
	if refused > 0 {
		l.notices.warn("allow", int64(refused), "refused datagrams of a sender that is not allowed",
			"last_source", last, "hint", "add it to listen.allow if it should be heard")
	}
}

// drain takes what the kernel holds for the socket. Where the kernel can be
// told to take in nothing more, that is all there is; elsewhere it ends when
// nothing came for a moment, and after a second in any case.
func (s *udpSocket) drain() {
	endless := time.Now().Add(time.Second)
	closed := closeEntry(s.raw)
	for closed || time.Now().Before(endless) {
		packets := s.receiver.pending()
		if len(packets) == 0 {
			break
		}
		s.take(packets, time.Now())
	}
	s.look()
}

// look enters what the kernel dropped since it was last asked in the ledger.
func (s *udpSocket) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known {
		return
	}
	drops, ok := kernelDrops(s.raw)
	if !ok {
		return // the socket was closed meanwhile
	}
	n := drops - s.drops // right across the overflow of the kernel's counter
	s.drops = drops
	s.l.queue.mu.Lock()
	s.l.lane.kernel(int64(n))
	s.l.queue.mu.Unlock()
}

// adapt asks for the receive buffer that people want now. One that is the
// system's own cannot be had back.
func (s *udpSocket) adapt() {
	want := s.l.settings().receiveBuffer
	s.mu.Lock()
	defer s.mu.Unlock()
	if want == s.asked || want == 0 {
		return
	}
	s.asked = want
	s.granted.Store(int64(setReceiveBuffer(s.raw, want)))
	s.resized.Store(true)
}

func (s *udpSocket) describe(st *ListenerStatus) {
	s.look()
	st.Address = s.address
	st.KernelKnown = s.known
	s.mu.Lock()
	defer s.mu.Unlock()
	st.BufferAsked, st.BufferGranted = s.asked, int(s.granted.Load())
}

// A plainReceiver reads one datagram at a time, which every system can do.
type plainReceiver struct {
	conn *net.UDPConn
	max  int
	buf  []byte
	one  [1]packet
}

func newPlainReceiver(conn *net.UDPConn, maxMessage int) (receiver, controlled, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("reaching the socket: %w", err)
	}
	return &plainReceiver{conn: conn, max: maxMessage, buf: make([]byte, maxDatagram)}, raw, nil
}

func (r *plainReceiver) interrupt() { r.conn.SetReadDeadline(time.Unix(1, 0)) }
func (r *plainReceiver) close()     { r.conn.Close() }

// receive always tells that there may be more: only the next call would know.
func (r *plainReceiver) receive() ([]packet, bool, error) {
	n, from, err := r.conn.ReadFromUDPAddrPort(r.buf)
	p := packet{raw: r.buf[:n], src: from.Addr().Unmap().WithZone("")}
	if err != nil {
		// Windows reports a datagram longer than the buffer as an error.
		if !errors.Is(err, errTooLong) || n == 0 || !from.IsValid() {
			return nil, true, err
		}
		p.cut = true
	}
	if n > r.max {
		p.raw, p.cut = p.raw[:r.max], true
	}
	r.one[0] = p
	return r.one[:], true, nil
}

// pending waits a moment, as there is no way to ask without waiting.
func (r *plainReceiver) pending() []packet {
	r.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	packets, _, _ := r.receive()
	return packets
}
