//go:build !windows

package service

import (
	"context"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// runAs runs until SIGTERM or SIGINT. A second signal ends the process at once.
func runAs(_ Config, run func(ctx context.Context, ready func()) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, func() {
		tell("STOPPING=1")
		stop()
	})
	return supervise(ctx, run, func() { tell("READY=1") })
}

// tell tells systemd how the service is. Without systemd it does nothing; see
// sd_notify(3).
func tell(state string) {
	address := os.Getenv("NOTIFY_SOCKET")
	if address == "" {
		return
	}
	if strings.HasPrefix(address, "@") {
		address = "\x00" + address[1:]
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		return
	}
	defer c.Close()
	c.Write([]byte(state))
}

// Managed reports whether the process was started by systemd or by the service
// manager of Windows.
func Managed() bool { return os.Getenv("INVOCATION_ID") != "" && os.Getppid() == 1 }
