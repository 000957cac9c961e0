package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/logboom/logboom/internal/collect"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/engine"
	"github.com/logboom/logboom/internal/store"
)

// ports looks at each address to listen on.
func (d *doctor) ports() {
	l := d.cfg.Listen
	for _, p := range []struct {
		proto     string
		addresses []string
	}{{"udp", l.UDP}, {"tcp", l.TCP}, {"tls", l.TLS}} {
		for _, address := range p.addresses {
			d.port(p.proto, address)
		}
	}
	if c := d.cfg.Console.Listen; c != "" && !d.running {
		d.port("tcp", c)
	}
}

func (d *doctor) port(proto, address string) {
	what := proto + " " + address
	err := tryPort(proto, address)
	if err == nil {
		if d.running {
			d.say(bad, what, "nobody has this port open, although a server runs", "restart it: sudo logboom service restart")
		} else {
			d.say(good, what, "is free", "")
		}
		return
	}
	if name, pid, ok := collect.Holder(proto, address); ok {
		if isOurs(name, pid) {
			d.say(good, what, fmt.Sprintf("is open, by %s (pid %d)", name, pid), "")
			return
		}
		d.say(bad, what, fmt.Sprintf("is held by %q (pid %d)", name, pid), "stop that program, or listen on another port: listen."+proto)
		return
	}
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EACCES):
		d.say(worth, what, "this user may not open it, the service may", "run as root or as a service, or: sudo setcap cap_net_bind_service=+ep "+executable())
	case d.running:
		// Whose it is is hidden from this user; a server that is well has it.
		d.say(good, what, "is open", "")
	case errors.Is(err, errPortInUse):
		d.say(bad, what, "is held by another program that this user may not see", "sudo logboom doctor names it")
	default:
		d.say(bad, what, err.Error(), "this machine may not have that address")
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

func (d *doctor) disk() {
	directory := d.cfg.Store.Directory
	info, err := os.Stat(directory)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		parent := filepath.Dir(directory)
		for !readableDir(parent) && parent != filepath.Dir(parent) {
			parent = filepath.Dir(parent)
		}
		switch err := writable(parent); {
		case err == nil:
			d.say(worth, "messages", directory+" does not exist yet", "it is made at the first start")
		case errors.Is(err, fs.ErrPermission):
			d.say(worth, "messages", directory+" does not exist yet; this user may not make it, the service may", "it is made at the first start")
		default:
			d.say(bad, "messages", directory+" does not exist and cannot be made: "+err.Error(), "set store.directory to a folder that the service may write")
			return
		}
		directory = parent
	case err != nil:
		d.say(bad, "messages", err.Error(), "set store.directory to a folder that the service may read and write")
		return
	case !info.IsDir():
		d.say(bad, "messages", directory+" is a file", "set store.directory to a folder")
		return
	default:
		d.space(directory)
	}
	d.room(store.DiskSpace(directory))
}

// room says whether there is enough free on the disk.
func (d *doctor) room(free, total int64, known bool) {
	least := int64(d.cfg.Retention.MinFree)
	low := engine.LowSpace(least, total)
	fact := size(free) + " are free"
	switch {
	case !known:
	case free < low && least > 0:
		d.say(bad, "disk", fmt.Sprintf("%s, less than retention.min_free %s: the oldest days are deleted", fact, size(least)), "make room, or set retention.days lower")
	case free < low:
		d.say(bad, "disk", fact+" and retention.min_free is not set: soon nothing more is stored", "make room, set retention.days lower, or set retention.min_free, and the oldest days go instead")
	case free < 2*low && least > 0:
		d.say(worth, "disk", fact, "soon the oldest days will be deleted (retention.min_free)")
	case free < 2*low:
		d.say(worth, "disk", fact, "make room, or set retention.min_free, and the oldest days go when it is needed")
	default:
		d.say(good, "disk", fact, "")
	}
}

// space says what the directory holds and whether we may write there.
func (d *doctor) space(directory string) {
	files, err := filepath.Glob(filepath.Join(directory, "syslog_*.db"))
	if err != nil {
		files = nil // the pattern is ours; a folder with brackets in its name
	}
	days, bytes := map[int]bool{}, int64(0)
	for _, f := range files {
		day, _, ok := store.ParseFileName(filepath.Base(f))
		if !ok {
			continue
		}
		days[day] = true
		for _, part := range []string{f, f + "-wal"} {
			if info, err := os.Stat(part); err == nil {
				bytes += info.Size()
			}
		}
	}
	number := "1 day"
	if len(days) != 1 {
		number = thousands(int64(len(days))) + " days"
	}
	fact := fmt.Sprintf("%s, %s in %s", number, size(bytes), directory)
	switch err := writable(directory); {
	case err == nil:
		d.say(good, "messages", fact, "")
	case errors.Is(err, fs.ErrPermission):
		d.say(worth, "messages", fact+"; this user may not write there, the service may", "")
	default:
		d.say(bad, "messages", fact+"; nothing can be written there: "+err.Error(), "check the disk")
	}
	if damaged, err := filepath.Glob(filepath.Join(directory, "syslog_*.damaged-*")); err == nil && len(damaged) > 0 {
		d.say(worth, "messages", fmt.Sprintf("%d damaged files were set aside, the first is %s", len(damaged), filepath.Base(damaged[0])), "docs/reliability.md says how to get at what is in them")
	}
}

func readableDir(directory string) bool {
	info, err := os.Stat(directory)
	return err == nil && info.IsDir()
}

// reach asks the Bot API for anything, the configured way: every answer shows
// that it can be reached. The token is not sent.
func reach(ctx context.Context, cfg *config.Config) error {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second}
	if p := cfg.Telegram.Proxy; p != "" {
		proxy, err := url.Parse(string(p))
		if err != nil {
			return errors.New("telegram.proxy is no URL")
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, cfg.Telegram.APIURL, nil)
	if err != nil {
		return errors.New("telegram.api_url is no URL")
	}
	resp, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return cause(err)
	}
	if resp.StatusCode == http.StatusProxyAuthRequired {
		err = errors.New("the proxy asks for a user and a password (407)")
	}
	return errors.Join(err, resp.Body.Close())
}

// size writes bytes for people.
func size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f /= 1024
		i++
	}
	if f < 10 && i > 0 {
		return fmt.Sprintf("%.1f %s", f, units[i])
	}
	return fmt.Sprintf("%.0f %s", f, units[i])
}
