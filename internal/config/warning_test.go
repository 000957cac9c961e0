package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestExpiringCertificates(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	file := func(name string, ends ...time.Time) string {
		var text []byte
		for _, end := range ends {
			text = append(text, endingCertificate(t, end)...)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	past, soon, later := now.Add(-time.Hour), now.Add(24*time.Hour), now.AddDate(1, 0, 0)
	tests := []struct {
		name, cert, ca, want string
	}{
		{"good", file("1", later), file("2", later), ""},
		{"none", "", "", ""},
		{"expired", file("3", past), "", "has expired on 2026-11-22 11:00"},
		{"will soon", file("4", soon, later), "", "expires on 2026-11-23 12:00"},
		{"the chain above it does not count", file("5", later, past), "", ""},
		{"all authorities have expired", file("6", later), file("7", past), "senders that it has signed"},
		{"one of the authorities is good", file("8", later), file("9", past, later), ""},
	}
	for _, tt := range tests {
		c := Default()
		c.Store.Timezone, c.Listen.TLSCert, c.Listen.TLSClientCA = "UTC", tt.cert, tt.ca
		got := c.Expiring(now)
		if (len(got) == 0) != (tt.want == "") || len(got) > 0 && !strings.Contains(got[0].Fact, tt.want) {
			t.Errorf("%s: %+v, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAProxyWithoutAPasswordOnLoopbackIsToldOf(t *testing.T) {
	tests := []struct {
		name, listen string
		names        []string
		password     bool
		warned       bool
	}{
		{"no names", "127.0.0.1:8514", nil, false, false},
		{"a name", "127.0.0.1:8514", []string{"logs.example"}, false, true},
		{"on localhost", "localhost:8514", []string{"logs.example"}, false, true},
		{"on IPv6", "[::1]:8514", []string{"localhost", "logs.example"}, false, true},
		{"names of loopback", "127.0.0.1:8514", []string{"LOCALHOST", "127.0.0.2", "::1"}, false, false},
		{"an address of the machine", "127.0.0.1:8514", []string{"192.0.2.1"}, false, true},
		{"with a password", "127.0.0.1:8514", []string{"logs.example"}, true, false},
		{"others reach it themselves", ":8514", []string{"logs.example"}, false, false},
		{"at an address of the machine", "192.0.2.1:8514", []string{"logs.example"}, false, false},
		{"nowhere", "", []string{"logs.example"}, false, false},
	}
	for _, tt := range tests {
		c := Default()
		c.Console.Listen, c.Console.Names, c.Console.PasswordOnLoopback = tt.listen, tt.names, tt.password
		if got := c.Proxied(); (len(got) == 1) != tt.warned {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// endingCertificate returns one in PEM form that ends then.
func endingCertificate(t *testing.T, end time.Time) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.AddDate(-2, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestASecondConsoleFileIsNotPassedOverInSilence(t *testing.T) {
	path, data := edited(t, "")
	beside, inData := filepath.Join(filepath.Dir(path), ConsoleFileName), filepath.Join(data, ConsoleFileName)
	writeText(t, inData, "[[device]]\naddress = '10.0.0.2'\nsite = 'in data'\n")
	if w := inForce(t, path).Ignored(); len(w) != 0 {
		t.Errorf("of one file: %v", w)
	}
	writeText(t, beside, "[[device]]\naddress = '10.0.0.2'\nsite = 'beside'\n")
	cfg := inForce(t, path)
	w := cfg.Ignored()
	if len(w) != 1 || !strings.Contains(w[0].Fact, beside+" is used, "+inData+" is not") || cfg.Devices[0].Site != "beside" {
		t.Errorf("of two files: %v; devices %+v", w, cfg.Devices)
	}
	// One that cannot be looked into is there, too.
	if err := os.Remove(inData); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(inData, 0o700); err != nil {
		t.Fatal(err)
	}
	if w := inForce(t, path).Ignored(); len(w) != 1 {
		t.Errorf("of a file and a folder: %v", w)
	}
}

func TestOneConsoleFileByTwoNamesIsOne(t *testing.T) {
	dir := write(t, map[string]string{ConsoleFileName: "", FileName: "[store]\ndirectory = 'messages'\n"})
	if w := inForce(t, filepath.Join(write(t, map[string]string{FileName: "[store]\ndirectory = '.'\n", ConsoleFileName: ""}), FileName)).Ignored(); len(w) != 0 {
		t.Errorf("messages beside the settings: %v", w)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "messages")); err != nil {
		t.Skip("no links here: ", err)
	}
	if w := inForce(t, filepath.Join(dir, FileName)).Ignored(); len(w) != 0 {
		t.Errorf("by a link: %v", w)
	}
}
