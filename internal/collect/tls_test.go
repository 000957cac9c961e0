package collect

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An authority issues the certificates of a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T, name string) *authority {
	a := &authority{t: t}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.pem, _, a.cert, a.key = a.sign(template, nil, nil)
	return a
}

func (a *authority) sign(template, parent *x509.Certificate, by *ecdsa.PrivateKey) (certPEM, keyPEM []byte, cert *x509.Certificate, key *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, _ = x509.ParseCertificate(der)
	secret, _ := x509.MarshalPKCS8PrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), cert, key
}

// issue returns a certificate, changed by the caller before it is signed.
func (a *authority) issue(name string, use x509.ExtKeyUsage, change ...func(*x509.Certificate)) (certPEM, keyPEM []byte) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(12 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{use},
		DNSNames:    []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	for _, fn := range change {
		fn(template)
	}
	certPEM, keyPEM, _, _ = a.sign(template, a.cert, a.key)
	return certPEM, keyPEM
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// tlsOptions returns a listener whose files are in a directory of their own.
func tlsOptions(t *testing.T, a *authority, clientCA *authority) Options {
	dir := t.TempDir()
	o := Options{TLS: []string{"127.0.0.1:0"}, Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	cert, key := a.issue("logs.example", x509.ExtKeyUsageServerAuth)
	writeFile(t, o.Certificate, cert)
	writeFile(t, o.Key, key)
	if clientCA != nil {
		o.ClientCA = filepath.Join(dir, "ca.pem")
		writeFile(t, o.ClientCA, clientCA.pem)
	}
	return o
}

// dialTLS connects and shakes hands; the server's view of it may come later.
func dialTLS(t *testing.T, from, to string, config *tls.Config) (*tls.Conn, error) {
	t.Helper()
	c := tls.Client(dial(t, "tcp", from, to), config)
	c.SetDeadline(time.Now().Add(patience))
	if err := c.Handshake(); err != nil {
		return nil, err
	}
	return c, nil
}

func TestTLSDelivers(t *testing.T) {
	a := newAuthority(t, "CA")
	s := serve(t, tlsOptions(t, a, nil))
	c, err := dialTLS(t, "127.0.0.3", s.address(0), &tls.Config{RootCAs: a.pool(), ServerName: "logs.example"})
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, counted("<13>over TLS")+counted("<13>again"))
	got := s.take(2)
	wantRaw(t, got, "<13>over TLS", "<13>again")
	if got[0].src.String() != "127.0.0.3" {
		t.Errorf("source %v", got[0].src)
	}
	io.WriteString(c, "<13>at the end")
	c.Close()
	wantRaw(t, s.take(1), "<13>at the end")
	if l := s.Listeners()[0]; l.Dropped.Sum() != 0 || l.CertificateExpires.IsZero() || l.CertificateError != "" {
		t.Errorf("%+v", l)
	}
}

func TestT01TLSVersions(t *testing.T) {
	a := newAuthority(t, "CA")
	s := serve(t, tlsOptions(t, a, nil))
	for version, good := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		_, err := dialTLS(t, "", s.address(0), &tls.Config{RootCAs: a.pool(), ServerName: "logs.example", MinVersion: version, MaxVersion: version})
		if (err == nil) != good {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	eventually(t, "two refused", func() bool { return s.Listeners()[0].Dropped == Dropped{Refused: 2} })
	if !strings.Contains(s.log.String(), "TLS 1.2") {
		t.Errorf("no hint in the log:\n%s", s.log)
	}
}

func TestT02ClientCertificates(t *testing.T) {
	a, other := newAuthority(t, "CA"), newAuthority(t, "CA") // of the same name
	s := serve(t, tlsOptions(t, a, a))
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }
	tests := []struct {
		name string
		by   *authority
		use  x509.ExtKeyUsage
		with []func(*x509.Certificate)
		good bool
		log  string
	}{
		{"good", a, x509.ExtKeyUsageClientAuth, nil, true, ""},
		{"none", nil, 0, nil, false, "client didn't provide a certificate"},
		{"of another authority", other, x509.ExtKeyUsageClientAuth, nil, false, "listen.tls_client_ca"},
		{"expired", a, x509.ExtKeyUsageClientAuth, []func(*x509.Certificate){expired}, false, "renew the sender's certificate"},
		{"for servers only", a, x509.ExtKeyUsageServerAuth, nil, false, "extended key usage"},
	}
	refused := int64(0)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, tt := range tests {
			t.Run(tt.name+" "+tls.VersionName(version), func(t *testing.T) {
				config := &tls.Config{RootCAs: a.pool(), ServerName: "logs.example", MaxVersion: version}
				if tt.by != nil {
					cert, key := tt.by.issue("sender", tt.use, tt.with...)
					pair, err := tls.X509KeyPair(cert, key)
					if err != nil {
						t.Fatal(err)
					}
					// Shown whatever the server asks for.
					config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
				}
				c, err := dialTLS(t, "", s.address(0), config)
				if err == nil {
					io.WriteString(c, counted("<13>"+tt.name)) // TLS 1.3 learns of a refusal only later
				}
				if tt.good {
					wantRaw(t, s.take(1), "<13>"+tt.name)
					return
				}
				refused++
				eventually(t, "it is refused", func() bool { return s.Listeners()[0].Dropped == Dropped{Refused: refused} })
				// The reason, as it would be logged if this kind had not been lately.
				l := s.listeners[0]
				l.notices.mu.Lock()
				k := l.notices.kinds["handshake"]
				text := s.log.String() + fmt.Sprint(k.args...)
				l.notices.mu.Unlock()
				if !strings.Contains(text, tt.log) {
					t.Errorf("no word of %q:\n%s", tt.log, text)
				}
			})
		}
	}
	if l := s.Listeners()[0]; l.Queued != 2 {
		t.Errorf("%d messages, want those of the good one only", l.Queued)
	}
}

func TestSelfSignedCertificateOfTheSameName(t *testing.T) {
	a := newAuthority(t, "CA")
	s := serve(t, tlsOptions(t, a, a))
	self := newAuthority(t, "sender")
	cert, key := self.issue("sender", x509.ExtKeyUsageClientAuth)
	pair, _ := tls.X509KeyPair(cert, key)
	c, err := dialTLS(t, "", s.address(0), &tls.Config{RootCAs: a.pool(), ServerName: "logs.example", Certificates: []tls.Certificate{pair}})
	if err == nil {
		io.WriteString(c, counted("<13>x"))
	}
	eventually(t, "it is refused", func() bool { return s.Listeners()[0].Dropped == Dropped{Refused: 1} })
}

func TestPlainSyslogOnATLSPortIsRefusedWithAHint(t *testing.T) {
	s := serve(t, tlsOptions(t, newAuthority(t, "CA"), nil))
	c := dial(t, "tcp", "", s.address(0))
	send(t, c, "<13>Jun 13 10:00:00 sw1 plain\n")
	closed(t, c)
	eventually(t, "a hint", func() bool { return strings.Contains(s.log.String(), "listen.tcp") })
	if l := s.Listeners()[0]; l.Queued != 0 || l.Dropped != (Dropped{Refused: 1}) {
		t.Errorf("ledger %+v", l)
	}
}

func TestWhoLooksWhetherTheTLSPortIsOpenIsNotRefused(t *testing.T) {
	s := serve(t, tlsOptions(t, newAuthority(t, "CA"), nil))
	c := dial(t, "tcp", "", s.address(0))
	eventually(t, "a connection", func() bool { return s.Listeners()[0].Connections == 1 })
	c.Close()
	eventually(t, "it is gone", func() bool { return s.Listeners()[0].Connections == 0 })
	if l := s.Listeners()[0]; l.Received != 0 {
		t.Errorf("ledger %+v", l)
	}
}

// An RST in the middle of a record must not make half a message of it.
func TestTruncatedTLS(t *testing.T) {
	a := newAuthority(t, "CA")
	s := serve(t, tlsOptions(t, a, nil))
	raw := dial(t, "tcp", "", s.address(0))
	c := tls.Client(raw, &tls.Config{RootCAs: a.pool(), ServerName: "logs.example"})
	io.WriteString(c, "<13>whole\n")
	wantRaw(t, s.take(1), "<13>whole")
	send(t, raw, "\x17\x03\x03\x00\x40half a rec") // the head of a record of 64 bytes
	raw.Close()
	eventually(t, "it is counted", func() bool { return s.Listeners()[0].Dropped == Dropped{Refused: 1} })
	if s.Queue().Len() != 0 {
		t.Error("half a record became a message")
	}
}

// Clients that stop in the middle of the handshake are cut, and do not keep an
// honest one from connecting meanwhile.
func TestN02StalledHandshakes(t *testing.T) {
	a := newAuthority(t, "CA")
	o := tlsOptions(t, a, nil)
	o.Limits = Limits{Handshakes: 8, HandshakesPerSource: 4, Handshake: 3 * time.Second}
	s := serve(t, o)
	var stalled []net.Conn
	for i := range 40 {
		c := dial(t, "tcp", fmt.Sprintf("127.0.12.%d", i%4+1), s.address(0))
		io.WriteString(c, "\x16\x03\x01\x02\x00") // more to come, it says
		stalled = append(stalled, c)
	}
	for _, from := range []string{"127.0.12.1", "127.0.12.200"} {
		start := time.Now()
		eventually(t, "an honest client delivers", func() bool {
			c, err := dialTLS(t, from, s.address(0), &tls.Config{RootCAs: a.pool(), ServerName: "logs.example"})
			if err != nil {
				return false
			}
			io.WriteString(c, "<13>honest\n")
			return true
		})
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("it took the client from %s %v", from, d)
		}
		wantRaw(t, s.take(1), "<13>honest")
	}
	for _, c := range stalled {
		closed(t, c)
	}
	eventually(t, "all are counted", func() bool { return s.Listeners()[0].Dropped.Refused >= 40 })
}

func TestCertificateIsReplaced(t *testing.T) {
	a := newAuthority(t, "CA")
	o := tlsOptions(t, a, nil)
	o.reread = time.Millisecond
	s := serve(t, o)
	config := &tls.Config{RootCAs: a.pool(), ServerName: "logs.example"}
	serial := func() *big.Int {
		c, err := dialTLS(t, "", s.address(0), config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber
	}
	old, err := dialTLS(t, "", s.address(0), config)
	if err != nil {
		t.Fatal(err)
	}
	first := serial()

	writeFile(t, o.Certificate, []byte("broken"))
	eventually(t, "it tells", func() bool { return s.Listeners()[0].CertificateError != "" })
	eventually(t, "in the log too", func() bool { return strings.Contains(s.log.String(), "keeping the old certificate") })
	if serial().Cmp(first) != 0 {
		t.Error("the old certificate is not used any more")
	}

	cert, key := a.issue("logs.example", x509.ExtKeyUsageServerAuth)
	writeFile(t, o.Key, key)
	writeFile(t, o.Certificate, cert)
	eventually(t, "the new one is used", func() bool { return serial().Cmp(first) != 0 })
	if l := s.Listeners()[0]; l.CertificateError != "" {
		t.Errorf("still %s", l.CertificateError)
	}
	io.WriteString(old, "<13>old connection\n")
	wantRaw(t, s.take(1), "<13>old connection")
}

func TestTLSPortWaitsForItsFiles(t *testing.T) {
	a := newAuthority(t, "CA")
	o := tlsOptions(t, a, nil)
	cert, err := os.ReadFile(o.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(o.Certificate)
	o.UDP, o.Retry = []string{"127.0.0.1:0"}, 10*time.Millisecond
	s := serve(t, o)
	send(t, dial(t, "udp", "", s.address(0)), "others go on")
	wantRaw(t, s.take(1), "others go on")
	if l := s.Listeners()[1]; l.Open || !strings.Contains(l.Error, o.Certificate) {
		t.Errorf("%+v", l)
	}
	writeFile(t, o.Certificate, cert)
	eventually(t, "it is open", func() bool { return s.Listeners()[1].Open })
}

func TestHandshakeErrorIsPlainTextForTheLog(t *testing.T) {
	why, _ := handshakeError(errors.New("signed by \"Core CA\" \x1b[2J"))
	if want := "signed by \"Core CA\" \ufffd[2J"; why != want {
		t.Errorf("%q, want %q: the log quotes it", why, want)
	}
}
