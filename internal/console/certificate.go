package console

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// The files of the certificate that we make, in the data directory.
const (
	ownCertificate = "console.crt"
	ownKey         = "console.key"
)

const (
	ownLasts    = 820 * 24 * time.Hour // the longest that Apple's systems take
	ownRenew    = 30 * 24 * time.Hour  // before its end it is made anew
	rereadEvery = 10 * time.Second     // files are looked at again that often, when somebody connects
)

// A certificate is what the console shows. It follows its files: new
// connections get what is in them now, and files that cannot be used change
// nothing.
type certificate struct {
	cert, key string // paths
	own       bool   // we make it
	names     []string
	log       *slog.Logger
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	seen    [2][]byte
	checked time.Time
	wrong   string // what is wrong with the files, as it was logged
}

// newCertificate reads the files of o, or makes a certificate of our own.
func newCertificate(o *Options, log *slog.Logger, now func() time.Time) (*certificate, error) {
	c := &certificate{cert: o.TLSCert, key: o.TLSKey, log: log, now: now}
	if c.own = c.cert == ""; c.own {
		c.cert, c.key = filepath.Join(o.DataDirectory, ownCertificate), filepath.Join(o.DataDirectory, ownKey)
		c.names = append([]string{"localhost", "127.0.0.1", "::1"}, o.Names...)
		if name, err := os.Hostname(); err == nil {
			c.names = append(c.names, name)
		}
	}
	if err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

// read uses what is in the files, if it is not in use already. Of our own, they
// are made if they are not there or end soon.
func (c *certificate) read() error {
	c.checked = c.now()
	var files [2][]byte
	var err error
	for i, path := range []string{c.cert, c.key} {
		var err1 error
		files[i], err1 = os.ReadFile(path)
		err = errors.Join(err, err1)
	}
	switch {
	case c.own && errors.Is(err, fs.ErrNotExist):
		return c.make()
	case err != nil:
		return fmt.Errorf("reading the certificate of the console: %w", err)
	case c.current == nil || !bytes.Equal(files[0], c.seen[0]) || !bytes.Equal(files[1], c.seen[1]):
		pair, err := tls.X509KeyPair(files[0], files[1])
		if err != nil {
			return fmt.Errorf("using certificate %s with key %s for the console: %w", c.cert, c.key, err)
		}
		c.seen, c.current = files, &pair
	}
	if c.own && c.current.Leaf.NotAfter.Sub(c.now()) < ownRenew {
		return c.make()
	}
	return nil
}

// make makes a key and a certificate that it signs itself.
func (c *certificate) make() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making a key for the console: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fmt.Errorf("making a certificate for the console: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Logboom console"},
		NotBefore: c.now().Add(-time.Hour), NotAfter: c.now().Add(ownLasts),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	for _, name := range c.names {
		if a, err := netip.ParseAddr(name); err == nil {
			template.IPAddresses = append(template.IPAddresses, a.AsSlice())
		} else if !slices.Contains(template.DNSNames, name) && isName(name) {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	if addresses, err := net.InterfaceAddrs(); err == nil {
		for _, a := range addresses[:min(len(addresses), 50)] {
			if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
				template.IPAddresses = append(template.IPAddresses, n.IP)
			}
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("making a certificate for the console: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("making a key for the console: %w", err)
	}
	files := [2][]byte{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})}
	pair, err := tls.X509KeyPair(files[0], files[1])
	if err != nil {
		return fmt.Errorf("making a certificate for the console: %w", err)
	}
	if err := errors.Join(os.WriteFile(c.key, files[1], 0o600), os.Chmod(c.key, 0o600), os.WriteFile(c.cert, files[0], 0o644)); err != nil {
		return fmt.Errorf("keeping the certificate of the console: %w", err)
	}
	c.seen, c.current = files, &pair
	c.log.Info("console has made a certificate of its own; browsers will say that they do not know it", "file", c.cert, "sha256", fingerprint(der))
	return nil
}

// isName reports whether a name may stand in a certificate.
func isName(name string) bool {
	for _, r := range name {
		if r > '~' || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.", r) {
			return false
		}
	}
	return name != "" && len(name) <= 253
}

// get returns what a new connection is shown.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked) >= rereadEvery || now.Before(c.checked) {
		before := c.current
		err := c.read()
		switch {
		case err != nil && err.Error() != c.wrong:
			c.wrong = err.Error()
			c.log.Error("new TLS files cannot be used for the console, keeping the old certificate", "error", err)
		case err == nil:
			if c.wrong = ""; c.current != before {
				c.log.Info("TLS certificate of the console was read again", "expires", c.current.Leaf.NotAfter)
			}
		}
	}
	return c.current, nil
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"http/1.1"}}
}

// fingerprint is what browsers show of a certificate.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}
