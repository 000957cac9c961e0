package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// selfSigned writes a certificate that vouches for itself and its key to files.
func selfSigned(t *testing.T, name string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestSendTellsWhenTheServerRefusesItsCertificate(t *testing.T) {
	serverCert, serverKey := selfSigned(t, "server")
	clientCert, clientKey := selfSigned(t, "client")
	otherCert, otherKey := selfSigned(t, "other")
	pair, err := tls.LoadX509KeyPair(serverCert, serverKey)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := os.ReadFile(clientCert)
	if err != nil {
		t.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(trusted)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for name, test := range map[string]struct {
			flags     []string
			delivered bool
		}{
			"no certificate":        {nil, false},
			"another's certificate": {[]string{"--cert", otherCert, "--key", otherKey}, false},
			"the right certificate": {[]string{"--cert", clientCert, "--key", clientKey}, true},
		} {
			t.Run(tls.VersionName(version)+" "+name, func(t *testing.T) {
				l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
					Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MinVersion: version, MaxVersion: version,
				})
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				got := make(chan string, 1)
				go func() { // ends with the connection
					c, err := l.Accept()
					if err != nil {
						got <- err.Error()
						return
					}
					b, _ := io.ReadAll(c) // a handshake that fails reads nothing
					c.Close()
					got <- string(b)
				}()
				var out, errs bytes.Buffer
				a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &errs}
				args := append([]string{"send", "--proto", "tls", "--to", l.Addr().String(), "--ca", serverCert}, test.flags...)
				code := a.main(append(args, "<13>hello"))
				if test.delivered {
					if text := <-got; code != 0 || text != "<13>hello\n" || !strings.Contains(out.String(), "sent 1 message") {
						t.Errorf("code %d, the server got %q; %s%s", code, text, &out, &errs)
					}
					return
				}
				if code != exitError || out.Len() > 0 || !strings.Contains(errs.String(), "the server refused the connection: remote error: tls: ") ||
					!strings.Contains(errs.String(), "hint: --cert and --key") {
					t.Errorf("code %d, said %q and %q", code, out.String(), errs.String())
				}
				if text := <-got; text != "" {
					t.Errorf("the server got %q", text)
				}
			})
		}
	}
}

func TestCertificateFlagsOfSend(t *testing.T) {
	cert, key := selfSigned(t, "me")
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"a certificate without its key": {[]string{"--proto", "tls", "--cert", cert}, exitUsage, "belong together"},
		"without tls":                   {[]string{"--proto", "tcp", "--cert", cert, "--key", key}, exitUsage, "are for --proto tls"},
		"the wrong way round":           {[]string{"--proto", "tls", "--cert", key, "--key", cert}, exitError, "reading --cert"},
		"no such file":                  {[]string{"--proto", "tls", "--ca", cert + "x"}, exitError, "reading --ca"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &errs}
			if code := a.main(append(append([]string{"send"}, test.args...), "hello")); code != test.code || !strings.Contains(errs.String(), test.want) {
				t.Errorf("code %d, %q", code, errs.String())
			}
		})
	}
}
