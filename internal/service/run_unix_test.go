//go:build !windows

package service

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// systemdSocket stands for systemd: what it is told can be read from it.
func systemdSocket(t *testing.T) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return c
}

func told(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 100)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestRunTellsSystemdAndEndsOnSIGTERM(t *testing.T) {
	socket := systemdSocket(t)
	done := make(chan error)
	go func() {
		done <- Run(Config{Name: "logboom"}, func(ctx context.Context, ready func()) error {
			ready()
			<-ctx.Done()
			return nil
		})
	}()
	if got := told(t, socket); got != "READY=1" {
		t.Errorf("systemd was told %q", got)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := told(t, socket); got != "STOPPING=1" {
		t.Errorf("systemd was told %q", got)
	}
	if err := <-done; err != nil {
		t.Errorf("Run() = %v", err)
	}
}

func TestRunReturnsTheErrorOfTheWork(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "nobody")) // no harm
	boom := errors.New("boom")
	err := Run(Config{Name: "logboom"}, func(_ context.Context, ready func()) error {
		ready()
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("Run() = %v", err)
	}
}
