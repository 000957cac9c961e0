package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/logboom/logboom/internal/collect"
	"github.com/logboom/logboom/internal/engine"
)

// ports looks at each address to listen on.
func (d *doctor) ports() {
	l := d.Config.Listen
	for _, p := range []struct {
		proto     string
		addresses []string
	}{{"udp", l.UDP}, {"tcp", l.TCP}, {"tls", l.TLS}} {
		for _, address := range p.addresses {
			d.port(p.proto, address)
		}
	}
	if c := d.Config.Console.Listen; c != "" && !d.running {
		d.port("tcp", c)
	}
}

func (d *doctor) port(proto, address string) {
	what := proto + " " + address
	err := tryPort(proto, address)
	if err == nil {
		if d.running {
			d.Say(engine.Bad, what, "nobody has this port open, although a server runs", "restart it: sudo logboom service restart")
		} else {
			d.Say(engine.Good, what, "is free", "")
		}
		return
	}
	if name, pid, ok := collect.Holder(proto, address); ok {
		if isOurs(name, pid) {
			d.Say(engine.Good, what, fmt.Sprintf("is open, by %s (pid %d)", name, pid), "")
			return
		}
		d.Say(engine.Bad, what, fmt.Sprintf("is held by %q (pid %d)", name, pid), "stop that program, or listen on another port: listen."+proto)
		return
	}
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EACCES):
		d.Say(engine.Worth, what, "this user may not open it, the service may", "run as root or as a service, or: sudo setcap cap_net_bind_service=+ep "+executable())
	case d.running:
		// Whose it is is hidden from this user; a server that is well has it.
		d.Say(engine.Good, what, "is open", "")
	case errors.Is(err, errPortInUse):
		d.Say(engine.Bad, what, "is held by another program that this user may not see", "sudo logboom doctor names it")
	default:
		d.Say(engine.Bad, what, err.Error(), "this machine may not have that address")
	}
}

// isOurs reports whether a process is a Logboom.
func isOurs(name string, pid int) bool {
	base := strings.TrimSuffix(strings.ToLower(filepath.Base(name)), ".exe")
	own := strings.TrimSuffix(strings.ToLower(filepath.Base(executable())), ".exe")
	return pid != os.Getpid() && (base == "logboom" || base == own)
}

// tryPort opens an address and closes it again.
func tryPort(proto, address string) error {
	var c io.Closer
	var err error
	if proto == "udp" {
		c, err = net.ListenPacket("udp", address)
	} else {
		c, err = net.Listen("tcp", address)
	}
	if err != nil {
		return err
	}
	return c.Close()
}

// size writes bytes for people.
func size(n int64) string { return engine.Size(n) }
