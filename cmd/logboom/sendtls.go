package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// verdictTime is how long all servers together may take, after the last
// message, to say that they refuse it.
const verdictTime = 2 * time.Second

// checkTLS says what is wrong with the flags of TLS.
func (o *sendOptions) checkTLS() error {
	if (o.cert == "") != (o.key == "") {
		return usage("--cert and --key belong together: the certificate to show and its private key, both in PEM")
	}
	if o.proto != "tls" && (o.cert != "" || o.ca != "" || o.insecure) {
		return usage("--ca, --cert, --key and --insecure are for --proto tls, and this is %s", o.proto)
	}
	return nil
}

// tlsConfig returns how to speak TLS to host, a name or an address.
func (o *sendOptions) tlsConfig(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, InsecureSkipVerify: o.insecure} // only if the user says so
	if o.ca != "" {
		pem, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, fmt.Errorf("reading --ca: %w", err)
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", o.ca)
		}
	}
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return nil, fmt.Errorf("reading --cert %s and --key %s: %w", o.cert, o.key, err)
		}
		// It is shown whatever authorities the server names: so the server says
		// what is wrong with it, and not that there is none.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	return c, nil
}

// secure makes conn one that speaks TLS, or closes it.
func secure(ctx context.Context, conn net.Conn, c *tls.Config) (net.Conn, error) {
	t := tls.Client(conn, c)
	err := t.HandshakeContext(ctx)
	if err == nil {
		return t, nil
	}
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		err = hint(err, "--ca names the authority of the server's certificate, --insecure accepts any")
	case isAlert(err):
		err = turnedDown(err)
	default:
		err = hint(err, "does the server speak TLS on this port?")
	}
	return nil, errors.Join(err, conn.Close())
}

// A rejection is that the server turned the connection down, and with it the
// messages.
type rejection struct{ error }

func (r rejection) Unwrap() error { return r.error }

// turnedDown says what the server said.
func turnedDown(err error) error {
	what := "the log of the server may say why"
	if text := err.Error(); strings.Contains(text, "certificate") || strings.Contains(text, "handshake failure") { // TLS 1.3, TLS 1.2
		what = "--cert and --key name a certificate that the server's client authority (listen.tls_client_ca) has issued"
	}
	if isAlert(err) {
		return rejection{hint(fmt.Errorf("the server refused the connection: %w", err), "%s", what)}
	}
	return rejection{hint(fmt.Errorf("the server cut the connection before it had read everything: %w", err), "%s", what)}
}

// isAlert reports whether err is what the other side of a TLS connection said.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// verdict ends our half of a connection and returns what the server says to
// that until deadline; nil is that it has no complaint. In TLS 1.3 a client is
// done with the handshake before the server has seen its certificate
// (RFC 8446 section 4.4.2.4), so that a refusal comes after the messages.
func verdict(t *tls.Conn, deadline time.Time) error {
	// A connection that the server has cut cannot be ended; reading says why.
	_ = t.SetDeadline(deadline)
	_ = t.CloseWrite()
	_, err := io.Copy(io.Discard, t)
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return turnedDown(err)
}
