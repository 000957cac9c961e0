package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A machine is a systemd that only notes what it is asked for.
type machine struct {
	*systemd
	calls    []string
	accounts map[string]bool
	answers  map[string]string // output by beginning of the command line
	fails    map[string]string // output of those that fail
}

const (
	stateRunning = "LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\nExecMainStatus=0\n"
	stateStopped = "LoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\nExecMainStatus=0\n"
	stateMissing = "LoadState=not-found\nActiveState=inactive\nSubState=dead\nResult=success\nExecMainStatus=0\n"
	stateFailed  = "LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nResult=exit-code\nExecMainStatus=1\nInvocationID=abc\n"
)

func newMachine(t *testing.T, state string) *machine {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"/run/systemd/system", "/etc/systemd/system", "/usr/lib/systemd/system"} {
		if err := os.MkdirAll(root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m := &machine{accounts: make(map[string]bool), fails: make(map[string]string), answers: map[string]string{
		"systemctl show": state,
		"journalctl":     "logboom: cannot read config.toml\n",
	}}
	m.systemd = &systemd{
		root: root,
		run: func(_ context.Context, command string, args ...string) (string, error) {
			line := command + " " + strings.Join(args, " ")
			m.calls = append(m.calls, line)
			for begins, out := range m.fails {
				if strings.HasPrefix(line, begins) {
					return out, fmt.Errorf("%s: exit status 1: %s", command, out)
				}
			}
			if command == "useradd" {
				m.accounts[args[len(args)-1]] = true
			}
			for begins, out := range m.answers {
				if strings.HasPrefix(line, begins) {
					return out, nil
				}
			}
			return "", nil
		},
		writer: func(c *Config, text string) (unitWriter, error) { return &written{m, c, text}, nil },
		lookup: func(name string) (int, int, bool) { return 990, 991, m.accounts[name] },
		owner:  func(fs.FileInfo) (int, int) { return 0, 0 },
		chown: func(f *os.File, uid, gid int) error {
			m.calls = append(m.calls, fmt.Sprintf("chown %d:%d %s", uid, gid, strings.TrimPrefix(f.Name(), root)))
			return nil
		},
	}
	return m
}

// written stands for kardianos/service.
type written struct {
	m    *machine
	c    *Config
	text string
}

func (w *written) Install() error {
	w.m.calls = append(w.m.calls, "write unit, enable")
	return os.WriteFile(w.m.ownUnit(w.c), []byte(w.text), 0o644)
}

func (w *written) Uninstall() error {
	w.m.calls = append(w.m.calls, "disable, remove unit")
	return os.Remove(w.m.ownUnit(w.c))
}

// did returns what changed something.
func (m *machine) did() []string {
	var all []string
	for _, c := range m.calls {
		asks := func(begins string) bool { return strings.HasPrefix(c, begins) }
		if !slices.ContainsFunc([]string{"systemctl show", "journalctl", "dpkg-query", "dpkg-divert --truename"}, asks) {
			all = append(all, c)
		}
	}
	return all
}

func (m *machine) want(t *testing.T, calls ...string) {
	t.Helper()
	if got := m.did(); strings.Join(got, "\n") != strings.Join(calls, "\n") {
		t.Errorf("did:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(calls, "\n"))
	}
}

const shortUnit = "[Service]\nUser=x\nGroup=x\nExecStart=/usr/bin/logboom service run\nRestart=always\n"

func newConfig() *Config {
	return &Config{
		Name: "logboom", DisplayName: "Logboom syslog server", Executable: "/usr/local/bin/logboom",
		Arguments: []string{"--config", "/etc/logboom/config.toml", "service", "run"}, Unit: shortUnit,
	}
}

func TestInstall(t *testing.T) {
	m := newMachine(t, stateStopped)
	if err := m.install(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	m.want(t,
		"useradd --system --user-group --no-create-home --home-dir /var/lib/logboom --shell /usr/sbin/nologin --comment Logboom syslog server logboom",
		"write unit, enable")
	text, _ := os.ReadFile(m.ownUnit(newConfig()))
	want := unitMark + "\n[Service]\nUser=logboom\nGroup=logboom\nExecStart=/usr/local/bin/logboom --config /etc/logboom/config.toml service run\nRestart=always\n"
	if string(text) != want {
		t.Errorf("unit:\n%s\nwant:\n%s", text, want)
	}
}

func TestInstallAgainTakesTheNewSettings(t *testing.T) {
	m := newMachine(t, stateRunning)
	m.accounts["logboom"] = true
	for _, path := range []string{"/etc/a.toml", "/etc/b.toml"} {
		c := newConfig()
		c.Arguments[1] = path
		if err := m.install(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if text, _ := os.ReadFile(m.ownUnit(newConfig())); !strings.Contains(string(text), "/etc/b.toml") {
		t.Errorf("unit:\n%s", text)
	}
}

func TestInstallWithoutUseradd(t *testing.T) {
	m := newMachine(t, stateStopped)
	m.fails["useradd"] = "not found"
	m.lookup = func(string) (int, int, bool) { return 990, 990, len(m.calls) >= 2 }
	if err := m.install(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	if got := m.calls[1]; got != `systemd-sysusers --inline u logboom - "Logboom syslog server" /var/lib/logboom` {
		t.Errorf("did %s", got)
	}
}

func TestUninstallStopsFirst(t *testing.T) {
	m := newMachine(t, stateStopped)
	m.accounts["logboom"] = true
	if err := m.install(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	m.calls = nil
	if err := m.uninstall(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	m.want(t, "systemctl --no-ask-password stop logboom.service", "disable, remove unit", "systemctl reset-failed logboom.service")
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name string
		do   func(m *machine, c *Config) error
		want string
	}{
		{"install without systemd", func(m *machine, c *Config) error {
			os.RemoveAll(m.root + "/run")
			return m.install(context.Background(), c)
		}, "not run by systemd"},
		{"install without root", func(m *machine, c *Config) error { m.uid = 1000; return m.install(context.Background(), c) }, "sudo"},
		{"uninstall without root", func(m *machine, c *Config) error { m.uid = 1000; return m.uninstall(context.Background(), c) }, "sudo"},
		{"start without root", func(m *machine, c *Config) error {
			m.uid = 1000
			m.fails["systemctl --no-ask-password start"] = "Failed to start logboom.service: Interactive authentication required."
			return m.start(context.Background(), c, "start")
		}, "sudo logboom service start"},
		{"program in a home directory", func(m *machine, c *Config) error {
			c.Executable = "/home/ann/logboom"
			return m.install(context.Background(), c)
		}, "sudo install /home/ann/logboom /usr/local/bin/"},
		{"data in /tmp", func(m *machine, c *Config) error {
			c.Writable = []string{"/tmp/logs"}
			return m.install(context.Background(), c)
		}, "/tmp is closed"},
		{"data in a directory of the system", func(m *machine, c *Config) error {
			c.Writable = []string{"/var/log/"}
			return m.install(context.Background(), c)
		}, "/var/log/logboom"},
		{"unit of somebody else", func(m *machine, c *Config) error {
			os.WriteFile(m.ownUnit(c), []byte("[Unit]\n"), 0o644)
			return m.install(context.Background(), c)
		}, "not written by this program"},
		{"uninstall a unit of somebody else", func(m *machine, c *Config) error {
			os.WriteFile(m.ownUnit(c), []byte("[Unit]\n"), 0o644)
			return m.uninstall(context.Background(), c)
		}, "not written by this program"},
		{"unit without a command", func(m *machine, c *Config) error {
			c.Unit = "[Service]\n"
			return m.install(context.Background(), c)
		}, "no ExecStart"},
		{"while another is at it", func(m *machine, c *Config) error {
			unlock, err := m.lock(c)
			if err != nil {
				return err
			}
			defer unlock()
			return m.install(context.Background(), c)
		}, "just being installed or removed"},
		{"path that is a template", func(m *machine, c *Config) error {
			c.Arguments[1] = "/etc/{{x}}"
			return m.install(context.Background(), c)
		}, "{{"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, stateStopped)
			if err := tt.do(m, newConfig()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			for _, c := range m.did() {
				if !strings.Contains(c, "start") {
					t.Errorf("did %s", c)
				}
			}
		})
	}
}

func TestNotInstalled(t *testing.T) {
	m := newMachine(t, stateMissing)
	for name, err := range map[string]error{
		"start":     m.start(t.Context(), newConfig(), "start"),
		"stop":      m.stop(t.Context(), newConfig()),
		"uninstall": m.uninstall(t.Context(), newConfig()),
	} {
		if !errors.Is(err, ErrNotInstalled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now, err := m.show(t.Context(), newConfig()); err != nil || now.state != NotInstalled {
		t.Errorf("state %v, %v", now.state, err)
	}
}

func TestStates(t *testing.T) {
	tests := []struct {
		says string
		want State
	}{
		{stateRunning, Running},
		{stateStopped, Stopped},
		{stateMissing, NotInstalled},
		{stateFailed, Failed},
		{"LoadState=loaded\nActiveState=activating\nSubState=start\n", Starting},
		{"LoadState=loaded\nActiveState=deactivating\nSubState=stop-sigterm\n", Stopping},
		{"LoadState=loaded\nActiveState=failed\nSubState=failed\n", Failed},
		{"LoadState=loaded\nActiveState=reloading\nSubState=reload\n", Running},
	}
	for _, tt := range tests {
		t.Run(tt.want.String(), func(t *testing.T) {
			m := newMachine(t, tt.says)
			if now, err := m.show(t.Context(), newConfig()); err != nil || now.state != tt.want {
				t.Errorf("state %v, %v; want %v", now.state, err, tt.want)
			}
		})
	}
	m := newMachine(t, "something else")
	if _, err := m.show(t.Context(), newConfig()); err == nil {
		t.Error("what systemd says was not understood, but taken")
	}
}

func TestStartSaysWhyNot(t *testing.T) {
	m := newMachine(t, stateFailed)
	m.answers = map[string]string{"systemctl show": stateFailed, "journalctl --no-pager --quiet --output=cat --lines=12 _SYSTEMD_INVOCATION_ID=abc": "cannot read config.toml\n"}
	m.fails["systemctl --no-ask-password start"] = "Job for logboom.service failed because the control process exited with error code."
	err := m.start(t.Context(), newConfig(), "start")
	for _, want := range []string{"exit code 1", "cannot read config.toml", "journalctl -u logboom", "service stop"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("start() = %v\nwant %q in it", err, want)
		}
	}
}

func TestRightsForTheAccount(t *testing.T) {
	m := newMachine(t, stateStopped)
	m.accounts["logboom"] = true
	c := newConfig()
	data, conf := m.root+"/srv/logs", m.root+"/etc/logboom/config.toml"
	for _, dir := range []string{data, filepath.Dir(conf)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{data + "/syslog_20261122.db": 0o600, conf: 0o600} {
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", data+"/trap"); err != nil {
		t.Fatal(err)
	}
	c.Writable, c.Readable = []string{data, m.root + "/srv/new"}, []string{conf}
	if err := m.rights(c); err != nil {
		t.Fatal(err)
	}
	m.want(t,
		"chown 990:991 /srv/logs", "chown 990:991 /srv/logs/syslog_20261122.db", "chown 990:991 /srv/new",
		"chown 0:991 /etc/logboom", "chown 0:991 /etc/logboom/config.toml", "chown 0:991 /etc/logboom")
	for path, want := range map[string]os.FileMode{conf: 0o640, filepath.Dir(conf): 0o750} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

func TestUnitQuotes(t *testing.T) {
	c := newConfig()
	c.Executable = `/opt/log boom/50%/log$boom`
	c.Arguments = []string{"--config", `/etc/my "conf" $HOME\x`, ""}
	c.Writable = []string{"/srv/my logs", "/var/lib/logboom", "/var/log/logboom/old", "/srv/more"}
	c.User = "ann"
	got, err := unit(c)
	if err != nil {
		t.Fatal(err)
	}
	want := unitMark + `
[Service]
User=ann
Group=ann
ExecStart="/opt/log boom/50%%/log$boom" --config "/etc/my \"conf\" $$HOME\\x" ""
ReadWritePaths="-/srv/my logs"
ReadWritePaths=-/srv/more
Restart=always
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// The shipped unit is one that systemd understands and finds tight, and keeps
// what the service relies on, also when we have put in our own command.
func TestShippedUnit(t *testing.T) {
	shipped, err := os.ReadFile("../../installer/linux/logboom.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Type=notify", "Restart=always", "RestartSec=1", "StartLimitIntervalSec=0", "StateDirectory=logboom", "LogsDirectory=logboom",
		"AmbientCapabilities=CAP_NET_BIND_SERVICE", "NoNewPrivileges=yes", "ProtectSystem=strict", "SystemCallErrorNumber=EPERM",
	} {
		if !strings.Contains(string(shipped), "\n"+want+"\n") {
			t.Errorf("the unit lacks %s", want)
		}
	}
	c := newConfig()
	c.Unit, c.Executable, c.Writable = string(shipped), "/bin/sh", []string{"/srv/my logs"}
	text, err := unit(c)
	if err != nil {
		t.Fatal(err)
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not here, so systemd was not asked; it is in the package systemd")
	}
	path := filepath.Join(t.TempDir(), "logboom.service")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", path).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	if out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=20", path).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security finds the unit too open (over 2.0): %v\n%s", err, out)
	}
}
