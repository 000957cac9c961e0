package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// As under systemd: nothing but /dev/null to read from.
func TestHangupLoadsTheSettingsAgain(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.toml")
	text := "[listen]\nudp = ['127.0.0.78:5598']\n[store]\ndirectory = 'data'\n[console]\nlisten = ''\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	server := exec.Command("logboom", "run", "--config", config)
	server.Stderr = log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	await := func(what string) {
		t.Helper()
		tick, limit := time.NewTicker(20*time.Millisecond), time.After(30*time.Second)
		defer tick.Stop()
		for {
			said, err := os.ReadFile(log.Name())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(said), what) {
				return
			}
			select {
			case <-tick.C:
			case <-limit:
				t.Fatalf("the log does not say %q:\n%s", what, said)
			}
		}
	}
	await("msg=started")
	if err := os.WriteFile(config, []byte(text+"[retention]\ndays = -3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server.Process.Signal(syscall.SIGHUP)
	await("the settings cannot be used, those of before stay in force")
	if err := os.WriteFile(config, []byte(strings.Replace(text, "udp =", "tcp = ['127.0.0.78:5598']\nudp =", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	server.Process.Signal(syscall.SIGHUP)
	await("changed=listen.tcp")
	c, err := net.Dial("tcp", "127.0.0.78:5598")
	if err != nil {
		t.Error(err)
	} else {
		c.Close()
	}
	server.Process.Signal(syscall.SIGTERM)
	if err := server.Wait(); err != nil {
		t.Errorf("after it was told to end: %v", err)
	}
}
