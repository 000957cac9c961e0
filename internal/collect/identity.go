package collect

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// An identity is what a TLS port shows to its senders and demands of them. It
// follows its files: new connections use what is in them now, and a file that
// cannot be used changes nothing.
type identity struct {
	certificate, key, clientCA string        // paths; clientCA may be ""
	every                      time.Duration // look at them that often

	mu      sync.Mutex
	current *tls.Config
	expires time.Time
	seen    [3][]byte // contents when last read, in use or not
	checked time.Time
	err     error // why the contents last read are not in use
}

// loadIdentity reads the files.
func loadIdentity(l *live, every time.Duration) (*identity, error) {
	id := &identity{certificate: l.certificate, key: l.key, clientCA: l.clientCA, every: every, checked: time.Now()}
	var err error
	if id.seen, err = id.read(); err != nil {
		return nil, err
	}
	if id.current, id.expires, err = id.parse(id.seen); err != nil {
		return nil, err
	}
	return id, nil
}

func (id *identity) read() (files [3][]byte, err error) {
	for i, path := range []string{id.certificate, id.key, id.clientCA} {
		if path == "" {
			continue
		}
		if files[i], err = os.ReadFile(path); err != nil {
			return files, fmt.Errorf("reading the TLS files: %w", err)
		}
	}
	return files, nil
}

func (id *identity) parse(files [3][]byte) (*tls.Config, time.Time, error) {
	pair, err := tls.X509KeyPair(files[0], files[1])
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("using certificate %s with key %s: %w", id.certificate, id.key, err)
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{pair},
		MinVersion:   tls.VersionTLS12,
		// Senders stay connected; a new connection is verified anew.
		SessionTicketsDisabled: true,
	}
	if id.clientCA != "" {
		config.ClientCAs = x509.NewCertPool()
		if !config.ClientCAs.AppendCertsFromPEM(files[2]) {
			return nil, time.Time{}, fmt.Errorf("using client CA %s: no certificate in it; expected PEM, -----BEGIN CERTIFICATE-----", id.clientCA)
		}
		// Asking without requiring would let in everyone who shows none. Go checks
		// the purpose too: the certificate must be good for client authentication.
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config, pair.Leaf.NotAfter, nil
}

// config returns what a new connection is to use.
func (id *identity) config() *tls.Config {
	id.mu.Lock()
	defer id.mu.Unlock()
	return id.current
}

func (id *identity) state() (problem string, expires time.Time) {
	id.mu.Lock()
	defer id.mu.Unlock()
	if id.err != nil {
		problem = id.err.Error()
	}
	return problem, id.expires
}

// look reads the files again if it is time, and uses them if they are new and
// good; those that the settings name now, at once. It is for one goroutine.
func (id *identity) look(l *live, log *slog.Logger) {
	moved := id.certificate != l.certificate || id.key != l.key || id.clientCA != l.clientCA
	if !moved && time.Since(id.checked) < id.every {
		return
	}
	id.certificate, id.key, id.clientCA = l.certificate, l.key, l.clientCA
	id.checked = time.Now()
	files, err := id.read()
	if err == nil && !moved && same(files, id.seen) {
		return
	}
	var config *tls.Config
	var expires time.Time
	if err == nil {
		id.seen = files
		config, expires, err = id.parse(files)
	}
	id.mu.Lock()
	news := err != nil && (id.err == nil || id.err.Error() != err.Error())
	id.err = err
	if err == nil {
		id.current, id.expires = config, expires
	}
	id.mu.Unlock()
	switch {
	case news:
		log.Error("new TLS files cannot be used, keeping the old certificate", "error", err)
	case err == nil:
		log.Info("TLS certificate was read again", "expires", expires)
		id.warn(log)
	}
}

func same(a, b [3][]byte) bool {
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// warn tells what is amiss with files that can be used all the same.
func (id *identity) warn(log *slog.Logger) {
	_, expires := id.state()
	if left := time.Until(expires); left < 7*24*time.Hour {
		log.Warn("TLS certificate has expired or will soon, senders may refuse it", "certificate", id.certificate, "expires", expires)
	}
	if info, err := os.Stat(id.key); err == nil && runtime.GOOS != "windows" && info.Mode()&0o004 != 0 {
		log.Warn("everybody on this machine can read the TLS key", "key", id.key, "hint", "chmod o-r "+id.key)
	}
}

// handshakeError says why a handshake failed and what to do about it, for
// people. The names in the sender's certificate may be part of it: no
// character of theirs reaches the log that is not printable.
func handshakeError(err error) (why, hint string) {
	var plain tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var remote *net.OpError
	text := strings.Map(func(r rune) rune { // the log quotes it, once
		if strconv.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, err.Error())
	switch {
	case errors.As(err, &plain):
		return "the sender does not speak TLS", "send plain syslog to an address of listen.tcp, or switch TLS on at the sender"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "it took too long", "the sender or the network in between is slow, or it does not speak TLS"
	case errors.Is(err, net.ErrClosed):
		return "it was slow, and others waited", "too many senders connect at once"
	case errors.As(err, &authority):
		return text, "give the sender a certificate of the authority in listen.tls_client_ca"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return text, "renew the sender's certificate, or set the clock"
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return text, "the sender's certificate must be good for client authentication (extended key usage)"
	case errors.As(err, &remote) && remote.Op == "remote error":
		return text, "the sender refused our certificate; it must trust its authority, and find its own name for us in it"
	}
	return text, "the sender must speak TLS 1.2 or later, and show a certificate if listen.tls_client_ca is set"
}
