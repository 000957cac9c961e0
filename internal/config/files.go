package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// resolvePaths makes relative paths start at dir: a service has no directory of
// its own to start from.
func resolvePaths(cfg *Config, dir string) {
	for _, p := range []*string{
		&cfg.Listen.TLSCert, &cfg.Listen.TLSKey, &cfg.Listen.TLSClientCA, &cfg.Console.TLSCert, &cfg.Console.TLSKey,
		&cfg.Store.Directory, &cfg.Telegram.TokenFile, &cfg.Email.PasswordFile, &cfg.Log.File,
	} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// files looks into the files that the settings name, and takes the token from
// where it is.
func (c checker) files(cfg *Config) {
	c.certificates("listen", &cfg.Listen)
	c.certificates("console", &Listen{TLSCert: cfg.Console.TLSCert, TLSKey: cfg.Console.TLSKey})
	c.password(&cfg.Email)
	t := &cfg.Telegram
	switch {
	case c.env != "":
		t.Token = Secret(strings.TrimSpace(string(c.env)))
		c.origin["telegram.token"] = "environment " + EnvToken
		if !tokenPattern.MatchString(string(t.Token)) {
			c.token(place{}, EnvToken, t.Token)
		}
	case t.TokenFile != "" && t.Token == "":
		text, err := readSmall(t.TokenFile)
		t.Token = Secret(strings.TrimSpace(text))
		c.origin["telegram.token"] = t.TokenFile
		switch p := (Problem{Have: quote(t.TokenFile)}); {
		case err != nil:
			p.Want, p.Hint = unreadable(err)
			c.add(section("telegram"), "token_file", "", p)
		case t.Token == "":
			p.Want, p.Hint = "the file is empty", "put the bot's token into it, and nothing else"
			c.add(section("telegram"), "token_file", "", p)
		case !tokenPattern.MatchString(string(t.Token)):
			p.Want, p.Hint = "the file must hold the bot's token as @BotFather gives it, and nothing else", "digits, a colon, letters and digits, on one line"
			c.add(section("telegram"), "token_file", "", p)
		}
	}
}

// certificates looks into the files of l, whose keys stand in a section.
func (c checker) certificates(name string, l *Listen) {
	pl := section(name)
	ok := true
	for _, f := range []struct{ key, path string }{{"tls_cert", l.TLSCert}, {"tls_key", l.TLSKey}, {"tls_client_ca", l.TLSClientCA}} {
		if f.path == "" {
			ok = ok && f.key == "tls_client_ca"
			continue
		}
		p := Problem{Have: quote(f.path)}
		text, err := readSmall(f.path)
		switch {
		case err != nil:
			p.Want, p.Hint = unreadable(err)
		case f.key == "tls_key" || strings.Contains(text, "-----BEGIN CERTIFICATE-----"):
			if f.key != "tls_client_ca" || x509.NewCertPool().AppendCertsFromPEM([]byte(text)) {
				continue
			}
			p.Want = "the certificates in it cannot be read"
		default:
			p.Want = "must be a certificate in PEM form"
			p.Hint = "such a file holds -----BEGIN CERTIFICATE-----; from DER: openssl x509 -inform der -in cert.der -out cert.pem"
		}
		ok = false
		c.add(pl, f.key, "", p)
	}
	if !ok {
		return
	}
	if _, err := tls.LoadX509KeyPair(l.TLSCert, l.TLSKey); err != nil {
		p := Problem{Have: quote(l.TLSKey), Want: "must be the private key of " + name + ".tls_cert in PEM form", Hint: strings.TrimPrefix(err.Error(), "tls: ")}
		if text, err := readSmall(l.TLSKey); err == nil && strings.Contains(text, "ENCRYPTED") {
			p.Hint = "the key has a password; without: openssl pkey -in key.pem -out plain.pem"
		}
		c.add(pl, "tls_key", "", p)
	}
}

// maxSmall bounds the files that settings name: tokens, keys, certificates.
const maxSmall = 1 << 20

// readSmall reads an ordinary file of at most maxSmall bytes.
func readSmall(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err == nil && len(b) > maxSmall {
		err = fmt.Errorf("is longer than %s", Size(maxSmall))
	}
	return string(b), err
}

// unreadable says why a file cannot be read, and what to do.
func unreadable(err error) (want, hint string) {
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file", "relative paths start at the directory of config.toml"
	case errors.Is(err, fs.ErrPermission):
		return "the file may not be read", "give the account that Logboom runs as the right to read it, or run this command as administrator"
	case errors.As(err, &pathErr):
		return "the file cannot be read: " + pathErr.Err.Error(), ""
	}
	return err.Error(), ""
}
