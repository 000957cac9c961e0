package engine

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// childConfig names, in the environment of a child process of the tests, the
// configuration of the server that it is to run.
const childConfig = "LOGBOOM_TEST_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childConfig); path != "" {
		if err := serveChild(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveChild is a whole server in a process that can be killed. It writes the
// addresses of its listeners and of its console to stdout, one a line.
func serveChild(path string) error {
	cfg, err := config.Load(path)
	if err != nil {
		return err
	}
	cfg.Listen.UDP, cfg.Listen.TCP, cfg.Console.Listen = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}, "127.0.0.1:0"
	e, err := New(cfg, Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Version: "test"})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() { // ends when the server is ready
		<-e.Ready()
		for _, l := range e.Listeners() {
			fmt.Println(l.Address)
		}
		fmt.Println(e.ConsoleAddr())
	}()
	return e.Run(ctx)
}

// child is a server in a process of its own.
type child struct {
	t                 *testing.T
	cmd               *exec.Cmd
	udp, tcp, console string
}

func startChild(t *testing.T, config string) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), childConfig+"="+config)
	c.cmd.Stderr = t.Output()
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for _, p := range []*string{&c.udp, &c.tcp, &c.console} {
		if !lines.Scan() {
			t.Fatalf("the child ended early: %v", c.cmd.Wait())
		}
		*p = lines.Text()
	}
	return c
}

// kill ends the child as a crash does.
func (c *child) kill() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = c.cmd.Wait() // says that it was killed
}

var storedMetric = regexp.MustCompile(`(?m)^logboom_messages_stored_total (\S+)$`)

// awaitStored waits until the child says that it has stored n messages.
func (c *child) awaitStored(n int) {
	c.t.Helper()
	s := &server{t: c.t}
	deadline := time.Now().Add(60 * time.Second)
	for {
		m := storedMetric.FindStringSubmatch(s.getFrom(c.console, "/metrics"))
		if m == nil {
			c.t.Fatal("no logboom_messages_stored_total in /metrics")
		}
		got, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			c.t.Fatal(err)
		}
		if int(got) >= n {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("only %v of %d messages stored after a minute", got, n)
		}
	}
}

// dial connects to an address of the child from a loopback address.
func (c *child) dial(network, source, to string) net.Conn {
	c.t.Helper()
	d := net.Dialer{}
	if network == "udp" {
		d.LocalAddr = &net.UDPAddr{IP: net.ParseIP(source)}
	} else {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(source)}
	}
	conn, err := d.DialContext(c.t.Context(), network, to)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	return conn
}

// K-03 and K-06 of the list in docs/reliability.md.
func TestK03KilledServerHasEveryStoredRowOnceAndSendsEveryAlert(t *testing.T) {
	bot := newBotAPI(t)
	dir := t.TempDir()
	cfgPath := filepath.Join(dir, "config.toml")
	text := fmt.Sprintf("[store]\ndirectory = '%s'\n[telegram]\ntoken = '123:marker-secret'\nchat_id = '-100123'\napi_url = '%s'\n[alerts]\nkeywords = []\npacks = []\n"+
		"[[alerts.rule]]\nname = 'marker'\nquery = 'alarmed'\ncooldown = '1s'\n", filepath.Join(dir, "data"), bot.URL)
	if err := os.WriteFile(cfgPath, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}

	const rounds, each = 5, 400
	sent, alarms := 0, 0
	for round := range rounds {
		c := startChild(t, cfgPath)
		conn := c.dial("tcp", "127.0.0.2", c.tcp)
		var b []byte
		for range each {
			b = fmt.Appendf(b, "<134>Jun 13 10:00:00 sw-1 app: seq=%06d round %d\n", sent, round)
			sent++
		}
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
		// An alarm from a device of its own, so that no cooldown holds it back.
		datagram := c.dial("udp", fmt.Sprintf("127.0.1.%d", round+1), c.udp)
		if _, err := fmt.Fprintf(datagram, "<131>OLT: alarmed seq=%06d", sent); err != nil {
			t.Fatal(err)
		}
		sent++
		alarms++
		c.awaitStored(each + 1)
		c.kill() // at once: the alert may be decided, sent, recorded, or none of it
	}

	// The last start, in this process, has to make everything good.
	cfg, err := config.Load(cfgPath)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listen.UDP, cfg.Console.Listen = []string{"127.0.0.1:0"}, "127.0.0.1:0"
	s := start(t, cfg)
	for i := range alarms {
		bot.await(t, fmt.Sprintf("127.0.1.%d", i+1))
	}
	if err := s.stop(); err != nil {
		t.Fatalf("stopping: %v", err)
	}

	archive, err := store.OpenArchive(cfg.DataDirectory(), time.Local)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	seen := make([]int, sent)
	err = archive.Each(t.Context(), store.Search{}, func(r *syslog.Record) error {
		_, after, _ := strings.Cut(string(r.Raw), "seq=")
		n, err := strconv.Atoi(after[:6])
		if err != nil {
			return err
		}
		seen[n]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, times := range seen {
		if times != 1 {
			t.Errorf("message %d is there %d times, want once", n, times)
		}
	}
	bot.mu.Lock()
	defer bot.mu.Unlock()
	for i := range alarms {
		device := regexp.MustCompile(fmt.Sprintf(`\b127\.0\.1\.%d\b`, i+1))
		times := 0
		for _, m := range bot.sent {
			if device.MatchString(m) {
				times++
			}
		}
		if times > 2 {
			t.Errorf("the alert of device %d was told %d times: %q", i+1, times, bot.sent)
		}
	}
}
