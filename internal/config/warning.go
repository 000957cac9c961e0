package config

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Warning is something that works, and that an administrator should mend all
// the same. Fact and Hint are sentences without a full stop.
type Warning struct {
	Key  string // setting that it is about, or "" for none
	Fact string
	Hint string
}

// Exposed says which files others on this machine may read though they hold a
// secret, or change though Logboom relies on them. It is empty where rights are
// no matter of file modes, as on Windows.
func (c *Config) Exposed() []Warning {
	if !hasModes {
		return nil
	}
	var out []Warning
	secret := func(key, path, what string) {
		if info, err := os.Stat(path); path != "" && err == nil && info.Mode()&0o004 != 0 {
			out = append(out, Warning{key, fmt.Sprintf("%s holds %s and may be read by everybody on this machine", path, what), "chmod o-r " + path})
		}
	}
	if c.Path != "" && c.origin["telegram.token"] == c.Path {
		secret("telegram.token", c.Path, "the bot's token")
	} else if c.Path != "" && password(c.Telegram.Proxy) {
		secret("telegram.proxy", c.Path, "the password of the proxy")
	}
	switch {
	case c.Path == "" || len(out) > 0: // one word about the file is enough
	case c.origin["email.password"] == c.Path && c.Email.Password != "":
		secret("email.password", c.Path, "the password of the mail server")
	case len(c.Webhooks) > 0:
		secret("webhook.url", c.Path, "the addresses of webhooks, by which everybody may write there")
	case c.SNMP.Community != "" || c.SNMP.AuthPassword != "":
		secret("snmp", c.Path, "the secrets of SNMP")
	}
	secret("telegram.token_file", c.Telegram.TokenFile, "the bot's token")
	secret("email.password_file", c.Email.PasswordFile, "the password of the mail server")
	secret("listen.tls_key", c.Listen.TLSKey, "the private key")

	open := func(key, path string) {
		info, err := os.Stat(path)
		if path == "" || err != nil || info.Mode()&0o002 == 0 || info.IsDir() && info.Mode()&fs.ModeSticky != 0 {
			return
		}
		out = append(out, Warning{key, path + " may be changed by everybody on this machine", "chmod o-w " + path})
	}
	if c.Path != "" {
		open("", c.Path)
		open("", filepath.Dir(c.Path))
	}
	open("telegram.token_file", c.Telegram.TokenFile)
	open("email.password_file", c.Email.PasswordFile)
	open("store.directory", c.DataDirectory())
	return out
}

// Ignored says which console.toml is read by nobody, since there is another one.
func (c *Config) Ignored() []Warning {
	o := c.Overlay()
	if o.ignored == "" {
		return nil
	}
	return []Warning{{"", fmt.Sprintf("there are two %s: %s is used, %s is not", ConsoleFileName, o.Path, o.ignored), "put what you need of both into the first, and delete the other"}}
}

// Proxied says that whoever comes by a proxy on this machine may be taken for a
// local user: other names than that of loopback lead to the console, so there is
// one, and no password is wanted on loopback.
func (c *Config) Proxied() []Warning {
	host, _, err := net.SplitHostPort(c.Console.Listen)
	if a, addrErr := netip.ParseAddr(host); err != nil || host != "localhost" && (addrErr != nil || !a.Unmap().IsLoopback()) {
		return nil
	}
	away := slices.IndexFunc(c.Console.Names, func(name string) bool {
		a, err := netip.ParseAddr(name)
		return !strings.EqualFold(name, "localhost") && (err != nil || !a.Unmap().IsLoopback())
	})
	if c.Console.PasswordOnLoopback || away < 0 {
		return nil
	}
	return []Warning{{
		"console.password_on_loopback",
		fmt.Sprintf("the console listens on this machine only and has the name %q, so a proxy lets others in; one that does not say so makes each of them a local user, who needs no password", c.Console.Names[away]),
		"set a password with \"logboom console password\", and password_on_loopback = true in [console]",
	}}
}

// password reports whether a URL holds one.
func password(u URL) bool {
	p, err := url.Parse(string(u))
	if err != nil || p.User == nil {
		return false
	}
	_, set := p.User.Password()
	return set
}

// expirySoon is how long before its end a certificate is worth a word.
const expirySoon = 14 * 24 * time.Hour

// Expiring says which certificates have expired at now, or will soon. Files that
// cannot be read are passed over: loading the settings has told of them.
func (c *Config) Expiring(now time.Time) []Warning {
	var out []Warning
	for _, f := range []struct{ key, path, who string }{
		{"listen.tls_cert", c.Listen.TLSCert, "senders may refuse it"},
		{"console.tls_cert", c.Console.TLSCert, "browsers refuse the console"},
		{"listen.tls_client_ca", c.Listen.TLSClientCA, "the certificates of senders that it has signed are refused"},
	} {
		if f.path == "" {
			continue
		}
		text, err := readSmall(f.path)
		if err != nil {
			continue
		}
		if end := endOf([]byte(text), f.key == "listen.tls_client_ca"); !end.IsZero() && end.Sub(now) < expirySoon {
			fact := fmt.Sprintf("the certificate in %s expires on %s: then %s", f.path, end.In(c.Location()).Format("2006-01-02 15:04"), f.who)
			if !end.After(now) {
				fact = fmt.Sprintf("the certificate in %s has expired on %s: %s", f.path, end.In(c.Location()).Format("2006-01-02 15:04"), f.who)
			}
			out = append(out, Warning{f.key, fact, "put a renewed one into that file; Logboom takes it within a minute"})
		}
	}
	return out
}

// endOf returns when the certificate of the server ends, the first of a
// chain, or the one of several authorities that ends last; zero if there is
// none.
func endOf(text []byte, authorities bool) (end time.Time) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return end
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil {
			continue
		}
		if !authorities {
			return cert.NotAfter
		}
		if cert.NotAfter.After(end) {
			end = cert.NotAfter
		}
	}
}
