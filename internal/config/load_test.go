package config

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// write makes a directory of the given files and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, files map[string]string) (*Config, error) {
	t.Helper()
	t.Setenv(EnvToken, "")
	return Load(filepath.Join(write(t, files), FileName))
}

func TestDefaultsStandWhereTheFileIsSilent(t *testing.T) {
	cfg, err := load(t, map[string]string{FileName: "[store]\nbatch_size = 7\n"})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	if cfg.Store.BatchSize != 7 || cfg.Store.QueueSize != want.Store.QueueSize || !cfg.ListenDefault() || cfg.Retention != want.Retention {
		t.Errorf("got %+v", cfg)
	}
}

func TestRulesAndDevicesHaveDefaultsEach(t *testing.T) {
	cfg, err := load(t, map[string]string{FileName: `
[[alerts.rule]]
name = "a"
query = "x"
threshold = 5
within = "2m"
[[alerts.rule]]
name = "b"
query = "y"
[[device]]
address = "10.0.0.1"
timezone = "Asia/Dhaka"
encoding = "gbk"
name = "one"
[[device]]
address = "10.0.0.2"
`})
	if err != nil {
		t.Fatal(err)
	}
	b := cfg.Alerts.Rule[1]
	if b.Threshold != 1 || b.Within != time.Minute || b.Cooldown != 0 || b.Notify != nil {
		t.Errorf("the second rule took something of the first: %+v", b)
	}
	rules, err := cfg.Rules()
	if err != nil || len(rules) != 2 || rules[0].Threshold != 5 || rules[0].Query == nil {
		t.Errorf("Rules() = %+v, %v", rules, err)
	}
	d := cfg.Directory()
	one, two := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	if name, _ := d.Device(one); name != "one" || d.Zone(one).String() != "Asia/Dhaka" || d.Charset(one) == nil {
		t.Errorf("device one: %q, %v, %v", name, d.Zone(one), d.Charset(one))
	}
	if name, _ := d.Device(two); name != "" || d.Zone(two) != nil || d.Charset(two) != nil {
		t.Errorf("device two took something of the first: %q, %v, %v", name, d.Zone(two), d.Charset(two))
	}
}

func TestPathsStartAtTheFile(t *testing.T) {
	abs := filepath.Join(t.TempDir(), "data")
	cfg, err := load(t, map[string]string{FileName: "[store]\ndirectory = 'days'\n[log]\nfile = '" + abs + "'\n"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(cfg.Path)
	if cfg.DataDirectory() != filepath.Join(dir, "days") || cfg.Log.File != abs {
		t.Errorf("directory %q, log %q; want them below %q and at %q", cfg.DataDirectory(), cfg.Log.File, dir, abs)
	}
	if Default().DataDirectory() != SystemDataDirectory() || !filepath.IsAbs(SystemDataDirectory()) {
		t.Errorf("the default directory is %q", Default().DataDirectory())
	}
}

func TestConsoleFileIsLaidOver(t *testing.T) {
	cfg, err := load(t, map[string]string{
		FileName: `
[[device]]
address = "10.0.0.1"
name = "old"
encoding = "gbk"
[[alerts.rule]]
name = "r"
query = "old"
threshold = 3
`,
		ConsoleFileName: `
[[device]]
address = "10.0.0.1"
name = "new"
[[device]]
address = "10.0.0.9"
[[alerts.rule]]
name = "r"
query = "new"
[[alerts.rule]]
name = "s"
query = "z"
`})
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Devices) != 2 || cfg.Devices[0].Name != "new" || cfg.Devices[0].Encoding != "gbk" {
		t.Errorf("devices: %+v; want the name of the console and the encoding of the file", cfg.Devices)
	}
	if r := cfg.Alerts.Rule; len(r) != 2 || r[0].Query != "new" || r[0].Threshold != 1 {
		t.Errorf("rules: %+v; want that of the console in place of the old one", r)
	}
	var b bytes.Buffer
	if err := cfg.Show(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"[[device]]  # config.toml and console.toml\n", "[[alerts.rule]]  # console.toml\n"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("not shown: %s\nin\n%s", line, b.String())
		}
	}
}

func TestProblemsOfBothFilesAreToldAtOnce(t *testing.T) {
	_, err := load(t, map[string]string{
		FileName:        "[store]\nbatch_size = 0\n",
		ConsoleFileName: "[store]\nbatch_size = 5\n[[device]]\nname = 'x'\n[telegram]\n",
	})
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("%v, want Problems", err)
	}
	dir := filepath.Dir(problems[0].File)
	got := strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")
	want := `config.toml cannot be used:
  store.batch_size = 0: must be from 1 to 10000 messages (line 2)
console.toml cannot be used:
  store: there is no such section (line 1)
      hint: it belongs into config.toml; here are only [[device]], [[alerts.rule]] and of [alerts] keywords, packs and vendors
  device number 1, address: must be given: the IP address that its messages come from, such as "10.0.0.1" (line 3)
  telegram: there is no such section (line 5)
      hint: it belongs into config.toml; here are only [[device]], [[alerts.rule]] and of [alerts] keywords, packs and vendors`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestToken(t *testing.T) {
	tests := []struct {
		name, text, file, env string
		want                  Secret
		wantErr               string
	}{
		{name: "none"},
		{name: "inline", text: "token = '1:inline'\nchat_id = '5'", want: "1:inline"},
		{name: "from a file with a line break", text: "token_file = 'token'\nchat_id = '5'", file: "1:file\r\n", want: "1:file"},
		{name: "environment wins", text: "token = '1:inline'\nchat_id = '5'", env: "1:env", want: "1:env"},
		{name: "environment without chat", env: "1:env", wantErr: "telegram.chat_id: must say"},
		{name: "environment of wrong shape", env: "hunter2", text: "chat_id = '5'", wantErr: "LOGBOOM_TELEGRAM_TOKEN = ••• set: must be the bot's token"},
		{name: "no such file", text: "token_file = 'tokn'\nchat_id = '5'", file: "1:file", wantErr: "there is no such file"},
		{name: "empty file", text: "token_file = 'token'\nchat_id = '5'", file: "\n", wantErr: "the file is empty"},
		{name: "file of wrong shape", text: "token_file = 'token'\nchat_id = '5'", file: "hunter2", wantErr: "the file must hold the bot's token"},
		{name: "a directory", text: "token_file = '.'\nchat_id = '5'", wantErr: "is not a file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{FileName: "[telegram]\n" + tt.text}
			if tt.file != "" {
				files["token"] = tt.file
			}
			t.Setenv(EnvToken, tt.env)
			cfg, err := Load(filepath.Join(write(t, files), FileName))
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) || strings.Contains(err.Error(), "hunter2") {
					t.Fatalf("%v, want one with %q and without the token", err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if string(cfg.Telegram.Token) != string(tt.want) || cfg.Telegram.Enabled() != (tt.want != "") {
				t.Errorf("token %q, want %q", string(cfg.Telegram.Token), string(tt.want))
			}
		})
	}
}

func TestDefaultsTakeTheTokenOfTheEnvironment(t *testing.T) {
	t.Setenv(EnvToken, "1:env")
	if _, err := LoadDefault(); err == nil || !strings.HasPrefix(err.Error(), EnvToken+" cannot be used:\n  telegram.chat_id: must say") {
		t.Errorf("%v, want that nobody is told", err)
	}
	t.Setenv(EnvToken, "")
	if cfg, err := LoadDefault(); err != nil || cfg.Path != "" {
		t.Errorf("%+v, %v", cfg, err)
	}
}

func TestCertificates(t *testing.T) {
	cert, key := certificate(t)
	_, otherKey := certificate(t)
	tests := []struct{ name, cert, key, ca, wantErr string }{
		{name: "good", cert: cert, key: key},
		{name: "good with authority", cert: cert, key: key, ca: cert},
		{name: "key of another", cert: cert, key: otherKey, wantErr: "must be the private key of listen.tls_cert"},
		{name: "no certificate in the file", cert: "hello", key: key, wantErr: "must be a certificate in PEM form"},
		{name: "swapped", cert: key, key: cert, wantErr: "must be a certificate in PEM form"},
		{name: "authority without certificate", cert: cert, key: key, ca: "hello", wantErr: "listen.tls_client_ca"},
		{name: "missing key", cert: cert, wantErr: "there is no such file"},
		{name: "key with a password", cert: cert, key: "-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n", wantErr: "the key has a password"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := "[listen]\ntls = [':6514']\ntls_cert = 'c.pem'\ntls_key = 'k.pem'\n"
			files := map[string]string{"c.pem": tt.cert}
			if tt.key != "" {
				files["k.pem"] = tt.key
			}
			if tt.ca != "" {
				files["ca.pem"] = tt.ca
				text += "tls_client_ca = 'ca.pem'\n"
			}
			files[FileName] = text
			_, err := load(t, files)
			if tt.wantErr == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("%v, want one with %q", err, tt.wantErr)
			}
		})
	}
}

// certificate returns a new self-signed certificate and its key in PEM form.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	c, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: k}))
}

func TestFileThatIsNotThere(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), FileName))
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "opening config: ") {
		t.Errorf("%v, want one that says there is no file", err)
	}
}

func TestFind(t *testing.T) {
	t.Setenv(EnvPath, "")
	if path, found := Find("/x/mine.toml"); path != "/x/mine.toml" || !found {
		t.Errorf("with a flag: %q, %v", path, found)
	}
	if path, found := Find(""); found && !filepath.IsAbs(path) || !found && path != filepath.Join(SystemDirectory(), FileName) {
		t.Errorf("without anything: %q, %v", path, found)
	}
	t.Setenv(EnvPath, "/y/env.toml")
	if path, found := Find(""); path != "/y/env.toml" || !found {
		t.Errorf("with the variable: %q, %v", path, found)
	}
	if path, _ := Find("/x/mine.toml"); path != "/x/mine.toml" {
		t.Errorf("with both: %q", path)
	}
}

// Looking for the directory may make it, which is not for a file with mistakes.
func TestTheDirectoryIsNotLookedForWhereTheFileIsBroken(t *testing.T) {
	path := filepath.Join(write(t, map[string]string{FileName: "[retention]\ndays = -3\n"}), FileName)
	_, err := LoadFor(path, func(*Config) string { t.Error("it is"); return "" })
	if err == nil {
		t.Error("the file is taken for good")
	}
}
