package notify

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// An smtpServer is a mail server as far as Logboom uses it (RFC 5321). It is
// strict: a mail that is not what it should be is refused, and the test fails.
type smtpServer struct {
	t      *testing.T
	ln     net.Listener
	direct bool        // TLS from the first byte
	tls    *tls.Config // nil = no STARTTLS is offered
	auth   string      // mechanisms that are offered; "" = none
	// answer, if not nil, answers a command, its verb in capitals, "DATA." for
	// the end of a mail and "" for the greeting. "" lets it be taken.
	answer func(verb, line string) string

	mu       sync.Mutex
	commands []string // without what belongs to a login
	mails    []*mail.Message
	texts    []string // decoded, subject first
	rcpts    [][]string
}

func newSMTPServer(t *testing.T, change func(s *smtpServer)) *smtpServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &smtpServer{t: t, ln: ln}
	if change != nil {
		change(s)
	}
	var wg sync.WaitGroup
	wg.Go(func() { // ends when the listener closes
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.serve(c) }) // ends when either side closes
		}
	})
	t.Cleanup(func() { ln.Close(); wg.Wait() })
	return s
}

// asked returns the commands so far.
func (s *smtpServer) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

func (s *smtpServer) port() int { return s.ln.Addr().(*net.TCPAddr).Port }

func (s *smtpServer) serve(c net.Conn) {
	defer func() { c.Close() }()
	if s.direct {
		c = tls.Server(c, s.tls)
	}
	in := bufio.NewReader(c)
	say := func(text string) { io.WriteString(c, text+"\r\n") }
	greeting := "220 mail.test ESMTP"
	if s.answer != nil {
		if a := s.answer("", ""); a != "" {
			greeting = a
		}
	}
	say(greeting)
	encrypted := s.direct
	var rcpts []string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		s.mu.Lock()
		s.commands = append(s.commands, verb+map[bool]string{true: "", false: " " + rest}[verb == "AUTH"])
		s.mu.Unlock()
		if s.answer != nil {
			if a := s.answer(verb, line); a != "" {
				say(a)
				continue
			}
		}
		switch verb {
		case "EHLO":
			say("250-mail.test")
			if s.tls != nil && !encrypted {
				say("250-STARTTLS")
			}
			if s.auth != "" {
				say("250-AUTH " + s.auth)
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go")
			c = tls.Server(c, s.tls)
			in, encrypted = bufio.NewReader(c), true
		case "AUTH":
			if want := "PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00noc\x00"+testPassword)); rest != want {
				say("535 5.7.8 Error: authentication failed: " + rest)
				continue
			}
			if !encrypted {
				s.t.Error("a password was shown in the clear")
			}
			say("235 in")
		case "MAIL":
			rcpts = nil
			say("250 ok")
		case "RCPT":
			rcpts = append(rcpts, strings.Trim(strings.TrimPrefix(rest, "TO:"), "<>"))
			say("250 ok")
		case "DATA":
			say("354 go on")
			if err := s.take(in, rcpts); err != nil {
				say("554 " + err.Error())
				continue
			}
			if s.answer != nil {
				if a := s.answer("DATA.", ""); a != "" {
					say(a)
					continue
				}
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// knownHeaders are those of our mails.
var knownHeaders = []string{
	"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding",
	"References", "Auto-Submitted", "X-Auto-Response-Suppress",
}

// take reads a mail and refuses one that is not well formed.
func (s *smtpServer) take(in *bufio.Reader, rcpts []string) error {
	raw, err := io.ReadAll(textproto.NewReader(in).DotReader())
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	for name, values := range m.Header {
		if !slices.Contains(knownHeaders, name) || len(values) != 1 {
			return fmt.Errorf("header %s: %d times", name, len(values))
		}
	}
	for line := range strings.Lines(string(raw)) {
		if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r > 126 || r < ' ' && r != '\t' && r != '\r' && r != '\n' }) {
			return fmt.Errorf("a line is not sendable: %.100q", line)
		}
	}
	if _, err := mail.ParseDate(m.Header.Get("Date")); err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject == "" {
		return fmt.Errorf("subject %q: %v", subject, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails, s.rcpts = append(s.mails, m), append(s.rcpts, rcpts)
	s.texts = append(s.texts, subject+"\n"+string(body))
	return nil
}

func (s *smtpServer) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.texts)
}

// testCertificate returns a certificate for localhost and 127.0.0.1, and the
// pool that knows it.
func testCertificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := x509.ParseCertificate(der)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}
