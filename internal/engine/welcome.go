package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/logboom/logboom/internal/collect"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/login"
	"github.com/logboom/logboom/internal/store"
)

// mostTargets bounds the addresses that people are told.
const mostTargets = 8

// welcome says what somebody needs to know who has just installed Logboom.
func (e *Engine) welcome(ctx context.Context) console.Welcome {
	w := console.Welcome{Fresh: e.fresh(ctx), Kept: e.kept()}
	w.Targets = e.reachedAt()
	if i := slices.IndexFunc(w.Targets, func(t console.Target) bool { return t.Protocol == "udp" }); i >= 0 {
		w.Commands = commandsTo(w.Targets[i])
	}
	return w
}

// kept says in words for how long messages are kept, and where: the path is
// between backticks.
func (e *Engine) kept() string {
	r, dir := e.config().Retention, e.config().DataDirectory()
	text := "All days"
	if r.Days > 0 {
		text = fmt.Sprintf("%d days", r.Days)
	}
	if r.MaxSize > 0 {
		text += ", at most " + Size(int64(r.MaxSize)) + ","
	}
	text += " are kept in `" + dir + "`."
	if free, known := store.FreeSpace(dir); known {
		text += " " + Size(free) + " are free."
	}
	if r.MinFree > 0 {
		text += " Under " + Size(int64(r.MinFree)) + " the oldest days are deleted."
	}
	return text
}

// reachedAt returns where devices may send to now.
func (e *Engine) reachedAt() []console.Target {
	return targetsOf(e.collector.Listeners(), ownAddresses())
}

// targetsOf returns where devices may send to: the open listeners at those of
// our addresses that they take.
func targetsOf(listeners []collect.ListenerStatus, own []netip.Addr) (out []console.Target) {
	for _, l := range listeners {
		at, err := netip.ParseAddrPort(l.Address)
		if err != nil || !l.Open || l.Removed {
			continue
		}
		hosts := []netip.Addr{at.Addr()}
		if at.Addr().IsUnspecified() {
			hosts = own
		}
		for _, h := range hosts {
			if len(out) < mostTargets && (at.Addr() != netip.IPv4Unspecified() || h.Is4()) {
				out = append(out, console.Target{Protocol: l.Proto, Host: h.Unmap().String(), Port: int(at.Port())})
			}
		}
	}
	return out
}

// commandsTo returns commands that send a message over UDP.
func commandsTo(t console.Target) []console.Command {
	to := net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	return []console.Command{
		{System: "Any machine with Logboom", Text: fmt.Sprintf(`logboom send --to %s "hello"`, to)},
		{System: "Linux, macOS", Text: fmt.Sprintf(`logger -n %s -P %d -d "hello"`, t.Host, t.Port)},
		{System: "Windows, PowerShell", Text: fmt.Sprintf(
			`$b = [Text.Encoding]::UTF8.GetBytes("<14>hello"); (New-Object Net.Sockets.UdpClient "%s", %d).Send($b, $b.Length)`, t.Host, t.Port)},
	}
}

// fresh reports whether no message was ever received here.
func (e *Engine) fresh(ctx context.Context) bool {
	for _, l := range e.collector.Listeners() {
		if l.Received > 0 {
			return false
		}
	}
	known, err := e.devices(ctx)
	return err == nil && len(known) == 0
}

// ownAddresses returns the addresses of this machine that others may send to,
// those of IPv4 first; without a network that of this machine itself.
func ownAddresses() (out []netip.Addr) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		all = nil // as without a network
	}
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if ip := p.Addr().Unmap(); err == nil && ip.IsGlobalUnicast() {
			out = append(out, ip)
		}
	}
	slices.SortStableFunc(out, func(a, b netip.Addr) int { return cmp.Compare(a.BitLen(), b.BitLen()) })
	if len(out) == 0 {
		out = append(out, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	}
	return out
}

// testSendTime bounds the sending of a test message.
const testSendTime = 3 * time.Second

// sendTestMessage sends a message to a listener of ours, as a device would: over
// the network, that of this machine alone.
func (e *Engine) sendTestMessage(ctx context.Context) (console.TestMessage, error) {
	proto, to, err := e.openListener()
	if err != nil {
		return console.TestMessage{}, err
	}
	d := net.Dialer{Timeout: testSendTime}
	conn, err := d.DialContext(ctx, proto, to.String())
	if err != nil {
		return console.TestMessage{}, fmt.Errorf("the test message was not sent: %w", err)
	}
	defer conn.Close()
	if from := addrOf(conn.LocalAddr()); !e.allowed(from) {
		return console.TestMessage{}, fmt.Errorf("listen.allow does not have %s, so a message of this machine would be turned away; send one from a device", from)
	}
	text := "Test message of Logboom " + rand.Text()[:8]
	host, _ := os.Hostname()
	line := fmt.Sprintf("<14>1 %s %s logboom - test - %s", time.Now().Format("2006-01-02T15:04:05.000Z07:00"), cmp.Or(host, "-"), text)
	if proto == "tcp" {
		line += "\n"
	}
	_ = conn.SetWriteDeadline(time.Now().Add(testSendTime)) // a net.Conn of the system has deadlines
	if _, err := conn.Write([]byte(line)); err != nil {
		return console.TestMessage{}, fmt.Errorf("the test message was not sent: %w", err)
	}
	return console.TestMessage{To: proto + " " + to.String(), Text: text}, nil
}

// openListener returns where a message of this machine can be sent.
func (e *Engine) openListener() (proto string, to netip.AddrPort, err error) {
	list := e.collector.Listeners()
	for _, proto := range []string{"udp", "tcp"} {
		i := slices.IndexFunc(list, func(l collect.ListenerStatus) bool { return l.Open && !l.Removed && l.Proto == proto })
		if i < 0 {
			continue
		}
		host, port, err := net.SplitHostPort(list[i].Address)
		if err != nil {
			return "", to, fmt.Errorf("the listener %s: %w", list[i].Name, err)
		}
		ip, err := netip.ParseAddr(host)
		if err != nil || ip.IsUnspecified() {
			ip = netip.AddrFrom4([4]byte{127, 0, 0, 1}) // a socket for all addresses takes IPv4 too
		}
		to, err = netip.ParseAddrPort(net.JoinHostPort(ip.String(), port))
		return proto, to, err
	}
	return "", to, errors.New("no listener for UDP or TCP is open, so there is nowhere to send a test message to")
}

func (e *Engine) allowed(from netip.Addr) bool {
	allow := e.config().Listen.Allow
	return len(allow) == 0 || slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(from) })
}

func addrOf(a net.Addr) netip.Addr {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr().Unmap()
}

// firstPassword sets the password of the first admin.
func (e *Engine) firstPassword(_ context.Context, password string) error {
	err := e.guard.SetFirst("admin", password)
	if errors.Is(err, login.ErrHasUsers) {
		return console.ErrHasPassword
	}
	return err
}
