package console

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// remote returns a running console that others than this machine reach, and a
// client that knows its certificate. Go's tests run on this machine, so who
// asks is set by the address.
func remote(t *testing.T, change ...func(*Options)) (*house, *http.Client) {
	t.Helper()
	dir := t.TempDir()
	h := guarded(t, append([]func(*Options){func(o *Options) {
		o.Listen, o.DataDirectory, o.Names, o.Now = "0.0.0.0:0", dir, []string{"logs.example"}, time.Now
	}}, change...)...)
	running(t, h.Console)
	pool := x509.NewCertPool()
	if text, err := os.ReadFile(filepath.Join(dir, ownCertificate)); err == nil {
		pool.AppendCertsFromPEM(text)
	}
	return h, &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       20 * time.Second,
	}
}

func (h *house) port() string {
	_, port, _ := net.SplitHostPort(h.Addr().String())
	return port
}

func TestBeyondLoopbackThereIsTLSAndThisMachineNeedsNone(t *testing.T) {
	h, client := remote(t)
	for _, url := range []string{"http://127.0.0.1:", "https://127.0.0.1:", "https://localhost:"} {
		r, err := client.Get(url + h.port() + "/api/v1/session")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != 200 || !strings.Contains(string(body), `"how":"machine"`) || (r.TLS != nil) != strings.HasPrefix(url, "https") || r.ProtoMajor != 1 {
			t.Errorf("%s: %d %s", url, r.StatusCode, body)
		}
	}
	t.Run("the cookie is for TLS only", func(t *testing.T) {
		r, err := client.Post("https://127.0.0.1:"+h.port()+"/api/v1/login", "application/json", strings.NewReader(`{"name":"ann","password":"`+password+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if c := r.Cookies(); r.StatusCode != 200 || len(c) != 1 || !c[0].Secure {
			t.Errorf("status %d, cookies %v", r.StatusCode, c)
		}
	})
	t.Run("others who ask in the clear are sent to TLS", func(t *testing.T) {
		r := from(request("GET", "/messages?query=a%20b", ""), away)
		r.Host = "logs.example:8514"
		if w := do(h.Console, r); w.Code != http.StatusTemporaryRedirect || w.Header().Get("Location") != "https://logs.example:8514/messages?query=a%20b" {
			t.Errorf("status %d, Location %q", w.Code, w.Header().Get("Location"))
		}
		if w := h.signIn("ann", password); w.Code != 403 {
			t.Errorf("a password in the clear: status %d", w.Code)
		}
		r.Host = "evil.example"
		if w := do(h.Console, r); w.Code != 403 {
			t.Errorf("under a foreign name: status %d, Location %q", w.Code, w.Header().Get("Location"))
		}
	})
	t.Run("old TLS is refused", func(t *testing.T) {
		if _, err := tls.Dial("tcp", "127.0.0.1:"+h.port(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
			t.Error("TLS 1.1 is spoken")
		}
	})
}

func TestWithoutTLSBeyondLoopbackIfAProxyHasIt(t *testing.T) {
	h, _ := remote(t, func(o *Options) { o.PlainHTTP = true })
	if h.cert != nil {
		t.Error("there is a certificate")
	}
	if w := h.signIn("ann", password); w.Code != 200 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestOwnCertificate(t *testing.T) {
	now := noon
	dir := t.TempDir()
	o := &Options{DataDirectory: dir, Names: []string{"logs.example", "192.0.2.9", "bad name"}}
	clock := func() time.Time { return now }
	made := func() *certificate {
		t.Helper()
		c, err := newCertificate(o, slog.New(slog.DiscardHandler), clock)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := made()
	leaf := c.current.Leaf
	for _, name := range []string{"logs.example", "localhost", "127.0.0.1", "192.0.2.9", "::1"} {
		if err := leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if d := leaf.NotAfter.Sub(leaf.NotBefore); d > 825*24*time.Hour {
		t.Errorf("it lasts %v", d)
	}
	if info, err := os.Stat(filepath.Join(dir, ownKey)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("key: %v, %v", info.Mode(), err)
	}
	if again := made(); !again.current.Leaf.Equal(leaf) {
		t.Error("a restart makes another one")
	}
	now = leaf.NotAfter.Add(-29 * 24 * time.Hour)
	pair, err := c.get(nil)
	if err != nil || pair.Leaf.Equal(leaf) || !pair.Leaf.NotAfter.After(leaf.NotAfter) {
		t.Errorf("before its end it is not made anew: %v", err)
	}
}

func TestFilesOfTheCertificateAreReadAgain(t *testing.T) {
	now := noon
	log := &strings.Builder{}
	theirs, ours := t.TempDir(), t.TempDir()
	clock := func() time.Time { return now }
	make := func(dir string) {
		t.Helper()
		if _, err := newCertificate(&Options{DataDirectory: dir}, slog.New(slog.DiscardHandler), clock); err != nil {
			t.Fatal(err)
		}
	}
	make(theirs)
	o := &Options{TLSCert: filepath.Join(theirs, ownCertificate), TLSKey: filepath.Join(theirs, ownKey)}
	c, err := newCertificate(o, slog.New(slog.NewTextHandler(log, nil)), clock)
	if err != nil {
		t.Fatal(err)
	}
	first := c.current
	if err := os.WriteFile(o.TLSCert, []byte("half a certif"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		now = now.Add(rereadEvery)
		if pair, err := c.get(nil); err != nil || pair != first {
			t.Errorf("files that cannot be used: %v", err)
		}
	}
	if n := strings.Count(log.String(), "keeping the old certificate"); n != 1 {
		t.Errorf("said %d times: %s", n, log)
	}
	make(ours)
	for _, name := range []string{ownCertificate, ownKey} {
		text, err := os.ReadFile(filepath.Join(ours, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(theirs, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(rereadEvery - 1)
	if pair, _ := c.get(nil); pair != first {
		t.Error("the files are read with every connection")
	}
	now = now.Add(1)
	if pair, err := c.get(nil); err != nil || pair.Leaf.Equal(first.Leaf) {
		t.Errorf("new files are not used: %v", err)
	}
	o.TLSKey = filepath.Join(t.TempDir(), "none.pem")
	if _, err := newCertificate(o, slog.New(slog.DiscardHandler), clock); err == nil || !strings.Contains(err.Error(), o.TLSKey) {
		t.Errorf("a key that is not there: %v", err)
	}
}

func TestAConnectionThatSaysNothingIsCut(t *testing.T) {
	h := guarded(t, func(o *Options) { o.Listen, o.DataDirectory = "0.0.0.0:0", t.TempDir() })
	h.limits.headerTime = 50 * time.Millisecond
	running(t, h.Console)
	for name, text := range map[string]string{"silent": "", "half a handshake": "\x16\x03\x01\x02\x00", "half a header": "GET / HTTP/1.1\r\n"} {
		conn, err := net.Dial("tcp", "127.0.0.1:"+h.port())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(conn, text)
		if _, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: %v", name, err)
		}
		conn.Close()
	}
	eventually(t, "their places are free", func() bool { return h.listener.(*limitListener).count() == 0 })
}
