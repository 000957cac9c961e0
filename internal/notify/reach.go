package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
)

// unreachable says in words why there was no answer from where, a host. The
// text is the same for the same trouble: no ports of ours, no times. setting is
// where people correct it, for example "email.host".
func unreachable(where, setting string, err error) string {
	var (
		dns  *net.DNSError
		op   *net.OpError
		cert *tls.CertificateVerificationError
		rec  tls.RecordHeaderError
		ue   *url.Error
	)
	errors.As(err, &op)
	if op != nil && (strings.HasPrefix(op.Op, "proxyconnect") || strings.HasPrefix(op.Op, "socks")) {
		where = "the proxy"
	}
	switch {
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %q was not found; is the network up, and a name server? See %s", dns.Name, setting)
	case isErrno(err, syscall.ECONNREFUSED, wsaConnRefused):
		return where + " refuses the connection; nobody listens there, or a firewall: see " + setting
	case isErrno(err, syscall.ENETUNREACH, syscall.EHOSTUNREACH, wsaNetUnreach, wsaHostUnreach):
		return "there is no way to " + where + " from here; is the network up?"
	case errors.As(err, &cert):
		return fmt.Sprintf("the certificate of %s is not good (%v); is the clock right, does something on the way decrypt?", where, certificate(cert.Err))
	case errors.As(err, &rec):
		return where + " does not speak TLS there; see " + setting
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err), isErrno(err, wsaTimedOut):
		return where + " does not answer in time; a firewall, or a slow way there"
	case errors.Is(err, context.Canceled), errors.Is(err, errStopped):
		return "stopped before there was an answer"
	case isErrno(err, syscall.ECONNRESET, syscall.EPIPE, wsaConnAborted, wsaConnReset), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return where + " ended the connection; a firewall on the way may do that"
	}
	if errors.As(err, &ue) { // the URL in front may hold a secret
		err = ue.Err
	}
	if op != nil && op.Err != nil {
		err = op.Err
	}
	return fmt.Sprintf("%s cannot be reached: %.300s", where, err)
}

// What the same things are called on Windows, where package syscall has other
// numbers for the names above. winsock2.h.
const (
	wsaNetUnreach  = syscall.Errno(10051)
	wsaConnAborted = syscall.Errno(10053)
	wsaConnReset   = syscall.Errno(10054)
	wsaTimedOut    = syscall.Errno(10060)
	wsaConnRefused = syscall.Errno(10061)
	wsaHostUnreach = syscall.Errno(10065)
)

func isErrno(err error, any ...syscall.Errno) bool {
	var no syscall.Errno
	return errors.As(err, &no) && slices.Contains(any, no)
}

// certificate leaves out what is long.
func certificate(err error) string {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return "made by an authority that this system does not know"
	}
	return err.Error()
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
