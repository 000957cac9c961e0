package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// passing reports whether an error of sending may pass: nobody listened when
// the last datagram came, or the system had no room for it.
func passing(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOBUFS)
}

// sockets sends datagrams, each device through its own socket.
type sockets []*net.UDPConn

func dialSockets(target netip.AddrPort, devices int) (wire, error) {
	var s sockets
	for i := range devices {
		var local *net.UDPAddr
		if devices > 1 {
			local = &net.UDPAddr{IP: deviceAddr(i).AsSlice()}
		}
		conn, err := net.DialUDP("udp", local, net.UDPAddrFromAddrPort(target))
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s = append(s, conn)
	}
	return s, nil
}

func (s sockets) send(messages [][]byte, devices []int) (int, error) {
	for i, m := range messages {
		if _, err := s[devices[i]].Write(m); err != nil {
			return i, err
		}
	}
	return len(messages), nil
}

func (s sockets) Close() error {
	var errs []error
	for _, c := range s {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// streams sends messages over connections, each device over its own.
type streams struct {
	octet bool
	conns []net.Conn
	out   []*bufio.Writer
	head  []byte
}

func (s *streams) add(c net.Conn) {
	s.conns, s.out = append(s.conns, c), append(s.out, bufio.NewWriterSize(c, 32<<10))
}

func (s *streams) send(messages [][]byte, devices []int) (int, error) {
	for i, m := range messages {
		out := s.out[devices[i]]
		if s.octet {
			s.head = append(strconv.AppendInt(s.head[:0], int64(len(m)), 10), ' ')
			out.Write(s.head)
		}
		out.Write(m)
		if !s.octet {
			out.WriteByte('\n')
		}
	}
	// A bufio.Writer keeps its first error.
	for _, d := range devices {
		if err := s.out[d].Flush(); err != nil {
			return 0, err
		}
	}
	return len(messages), nil
}

// Close sends what is left and closes the connections. A [rejection] is what a
// server has against the messages.
func (s *streams) Close() error {
	var errs []error
	for _, out := range s.out {
		errs = append(errs, out.Flush())
	}
	deadline := time.Now().Add(verdictTime)
	for _, c := range s.conns {
		if t, ok := c.(*tls.Conn); ok {
			errs = append(errs, verdict(t, deadline))
		}
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
