package config

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

const mailSection = `[email]
host = "smtp.example.com"
from = "logboom@example.com"
to = ["noc@example.com"]
username = "logboom"
`

func TestPasswordOfTheMailServer(t *testing.T) {
	tests := []struct {
		name, section, file, env string
		want, origin             string
		problem                  string // in the error; "" = none
	}{
		{"in the file", mailSection + "password = 'here'\n", "", "", "here", "config.toml", ""},
		{"in a file of its own", mailSection + "password_file = 'mail.password'\n", "there is a blank \n", "", "there is a blank ", "mail.password", ""},
		{"in the environment", mailSection, "", "around", "around", "environment LOGBOOM_EMAIL_PASSWORD", ""},
		{"in the environment, before all", mailSection + "password = 'here'\n", "", "around", "around", "environment LOGBOOM_EMAIL_PASSWORD", ""},
		{"nowhere", mailSection, "", "", "", "", "must be given, since there is a username"},
		{"in a file that is empty", mailSection + "password_file = 'mail.password'\n", "\n", "", "", "", "the file is empty"},
		{"in a file of two lines", mailSection + "password_file = 'mail.password'\n", "a\nb\n", "", "", "", "and nothing else"},
		{"in a file that is not there", mailSection + "password_file = 'other'\n", "x", "", "", "", "there is no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(EnvToken, "")
			t.Setenv(EnvPassword, tt.env)
			dir := write(t, map[string]string{FileName: tt.section, "mail.password": tt.file})
			cfg, err := Load(filepath.Join(dir, FileName))
			if tt.problem != "" {
				if err == nil || !strings.Contains(err.Error(), tt.problem) {
					t.Fatalf("Load() = %v, want %q", err, tt.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if string(cfg.Email.Password) != tt.want {
				t.Errorf("password %q, want %q", string(cfg.Email.Password), tt.want)
			}
			var shown bytes.Buffer
			if err := cfg.Show(&shown); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(shown.String(), `password = "••• set"  # `+tt.origin+"\n") {
				t.Errorf("not shown as a mark from %s:\n%s", tt.origin, shown.String())
			}
		})
	}
}

func TestSecretsOfNotifiersAreNotShown(t *testing.T) {
	text := `[[webhook]]
name = "noc"
url = "https://chat.example.com/hooks/secret_marker"
secret = "secret_marker"
headers = ["Authorization: Bearer secret_marker", "X-Room: secret_marker"]
proxy = "http://user:secret_marker@host:3128"
[snmp]
target = "10.0.0.5:162"
version = "3"
user = "secret_marker"
auth = "sha256"
auth_password = "secret_marker"
priv = "aes"
priv_password = "secret_marker"
`
	cfg, err := Parse("config.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := cfg.Show(&shown); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(shown.String(), "secret_marker") {
		t.Errorf("a secret is shown:\n%s", shown.String())
	}
	for _, line := range []string{
		`[[webhook]]  # config.toml`, `name = "noc"`, `url = "••• set"`, `headers = ["Authorization: ••• set", "X-Room: ••• set"]`,
		`user = "••• set"  # config.toml`, `auth_password = "••• set"  # config.toml`,
	} {
		if !strings.Contains(shown.String(), line+"\n") {
			t.Errorf("not shown: %s\nin\n%s", line, shown.String())
		}
	}
	if w := cfg.Webhooks[0]; w.Format != "json" || string(w.Headers[0]) != "Authorization: Bearer secret_marker" {
		t.Errorf("webhook %q, %q", w.Format, string(w.Headers[0]))
	}
}

func TestRulesOfTheConsoleMayNameWebhooks(t *testing.T) {
	t.Setenv(EnvToken, "")
	dir := write(t, map[string]string{
		FileName:        "[[webhook]]\nname = 'noc'\nurl = 'https://chat.example.com/hooks/token'\n",
		ConsoleFileName: "[[alerts.rule]]\nname = 'r'\nquery = 'x'\nnotify = ['noc', 'telegram']\n",
	})
	if _, err := Load(filepath.Join(dir, FileName)); err != nil {
		t.Error(err)
	}
}
