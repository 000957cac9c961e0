package tray

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// The program itself is tested on a bus of its own: started again with this
// variable set, the test is the program.
const asProgram = "LOGBOOM_TRAY_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(Main("test", os.Args[1:]))
	}
	os.Exit(m.Run())
}

// privateBus starts a bus that nobody else is on.
func privateBus(t *testing.T) (address string) {
	t.Helper()
	path, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("dbus-daemon is not installed (Debian: apt-get install dbus), so the icon is not tested on a bus")
	}
	cmd := exec.Command(path, "--session", "--nofork", "--print-address=1", "--address=unix:dir="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("dbus-daemon gave no address: ", err)
	}
	return strings.TrimSpace(line)
}

// api is a console in memory.
type api struct {
	mu        sync.Mutex
	status    *Status
	incidents []Incident
	minutes   []int
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var answer any = a.status
	switch r.URL.Path {
	case "/api/v1/alerts":
		answer = map[string]any{"alerts": a.incidents}
	case "/api/v1/alerts/mute":
		var wish struct{ Minutes int }
		_ = json.NewDecoder(r.Body).Decode(&wish)
		a.minutes = append(a.minutes, wish.Minutes)
		a.status.Alerts.MutedUntil = time.Now().Add(time.Duration(wish.Minutes) * time.Minute).UnixMicro()
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// ourRace finds reports of the race detector about memory that our code used.
var ourRace = regexp.MustCompile(`(?i)(read|write) at .*\n +github\.com/logboom/`)

func TestIconOnABus(t *testing.T) {
	address := privateBus(t)
	p := newPanel(t, address)
	a := &api{status: well(), incidents: []Incident{{ID: 1, Kind: "alert", DeviceName: "OLT_1 & 2", Text: "old\n\x1b", Message: "20261126:1", At: time.Now().UnixMicro()}}}
	console := httptest.NewServer(a)
	t.Cleanup(console.Close)

	// The browser writes down what it is to open.
	dir := t.TempDir()
	opened := filepath.Join(dir, "opened")
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte("#!/bin/sh\necho \"$1\" >>'"+opened+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	pages := func() string { b, _ := os.ReadFile(opened); return string(b) }
	program := func(args ...string) *exec.Cmd {
		own, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(own, append([]string{"--console", console.URL}, args...)...)
		cmd.Env = append(os.Environ(), asProgram+"=1", "DBUS_SESSION_BUS_ADDRESS="+address, "XDG_CONFIG_HOME="+dir, "PATH="+dir+":"+os.Getenv("PATH"))
		cmd.Stderr = t.Output()
		return cmd
	}

	cmd := program("--autostart")
	// systray counts versions of the menu without a lock; races of ours are
	// found in what is written.
	var words strings.Builder
	cmd.Env, cmd.Stderr = append(cmd.Env, "GORACE=exitcode=0"), &words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	var owner string
	select {
	case owner = <-p.items:
	case <-time.After(20 * time.Second):
		t.Fatal("no icon was registered in 20 s")
	}
	id, err := p.bus.Object(owner, "/StatusNotifierItem").GetProperty("org.kde.StatusNotifierItem.Id")
	if err != nil || id.Value() != "Logboom" {
		t.Errorf("the icon is called %v, %v", id, err)
	}
	p.entry(owner, "(Running: 1,200 messages/s, 40 devices today)")
	p.entry(owner, time.UnixMicro(a.incidents[0].At).Format("15:04")+" OLT__1 & 2: old")
	running := p.icon(owner)

	// An incident: another icon, a notification, a click on it.
	a.mu.Lock()
	a.status.Incidents, a.status.Alerts.Today = 1, 1
	a.incidents = append([]Incident{{ID: 2, Kind: "alert", Rule: "pon", DeviceName: "OLT <b>", Text: "PON <i>deregister", Message: "20261126:7", At: time.Now().UnixMicro()}}, a.incidents...)
	a.mu.Unlock()
	p.entry(owner, "(1 incident is open)")
	await(t, "notification", func() bool {
		return p.notes() == "Logboom|OLT <b>: pon|PON &lt;i&gt;deregister|default,Open the console"
	})
	if p.icon(owner) == running {
		t.Error("the icon with an incident looks like the one without")
	}
	if err := p.bus.Emit("/org/freedesktop/Notifications", notifications+".ActionInvoked", uint32(1), "default"); err != nil {
		t.Fatal(err)
	}
	await(t, "page of the incident", func() bool { return strings.Contains(pages(), console.URL+"/?live=0&at=20261126%3A7\n") })

	p.click(owner, "Mute alerts for an hour")
	await(t, "mute", func() bool { a.mu.Lock(); defer a.mu.Unlock(); return len(a.minutes) == 1 && a.minutes[0] == 60 })
	p.click(owner, "Open the console")
	await(t, "page of the console", func() bool { return strings.Contains(pages(), console.URL+"/\n") })

	// A second start leaves the first alone and opens the console.
	if err := os.Remove(opened); err != nil {
		t.Fatal(err)
	}
	if out, err := program().Output(); err != nil || !strings.Contains(string(out), "there is an icon already") {
		t.Errorf("second start: %s, %v", out, err)
	}
	await(t, "page of the console", func() bool { return pages() == console.URL+"/\n" })
	if out, err := program("--autostart").Output(); err != nil || len(out) > 0 {
		t.Errorf("second start at login: %s, %v", out, err)
	}

	// The server goes away; the icon stays.
	console.CloseClientConnections()
	console.Close()
	await(t, "icon of a server that is away", func() bool {
		for label := range p.menuOf(owner) {
			if strings.Contains(label, "does not answer") || strings.Contains(label, "not installed") || strings.Contains(label, "topped") {
				return true
			}
		}
		return false
	})

	if out, err := program("--quit").Output(); err != nil || len(out) > 0 {
		t.Errorf("--quit: %s, %v", out, err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the icon ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the icon is still there 20 s after --quit")
	}
	if ourRace.MatchString(words.String()) {
		t.Errorf("the icon wrote: %s", words.String())
	}
	if out, err := program("--quit").Output(); err != nil || !strings.Contains(string(out), "there was no icon") {
		t.Errorf("--quit without an icon: %s, %v", out, err)
	}
}

func TestIconIsEarlierThanThePanel(t *testing.T) {
	address := privateBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	s, err := openSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.wait(ctx, false) // who is to end does not wait
	s.wait(t.Context(), true)
	there := make(chan bool)
	go func() {
		s.wait(t.Context(), false)
		there <- s.owned(watcher)
	}()

	cmd := exec.Command(os.Args[0], "--console", "http://127.0.0.1:9", "--autostart")
	cmd.Env = append(os.Environ(), asProgram+"=1", "XDG_CONFIG_HOME="+t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	await(t, "program", func() bool { return s.owned(busName) })

	p := newPanel(t, address)
	if !<-there {
		t.Error("a session did not wait for the panel")
	}
	select {
	case <-p.items:
	case <-time.After(20 * time.Second):
		t.Fatal("no icon was registered in 20 s")
	}
}

func TestIconGoesWithTheDesktop(t *testing.T) {
	address := privateBus(t)
	p := newPanel(t, address)
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(own, "--console", "http://127.0.0.1:9")
	cmd.Env = append(os.Environ(), asProgram+"=1", "DBUS_SESSION_BUS_ADDRESS="+address, "XDG_CONFIG_HOME="+t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var owner string
	select {
	case owner = <-p.items:
	case <-time.After(20 * time.Second):
		t.Fatal("no icon was registered in 20 s")
	}
	var pid uint32
	if err := p.bus.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, owner).Store(&pid); err != nil || int(pid) != cmd.Process.Pid {
		t.Errorf("the icon is of process %d, %v", pid, err)
	}
	if err := p.bus.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, "org.freedesktop.DBus").Store(&pid); err != nil {
		t.Fatal(err)
	}
	daemon, err := os.FindProcess(int(pid))
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the icon ended with %v, want none", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the icon outlives its desktop")
	}
}

func TestWithoutADesktop(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--help"}, 0, "Usage:"}, {[]string{"--version"}, 0, "logboom-tray test\n"},
		{nil, 1, "there is no desktop here"}, {[]string{"--console", "ftp://x"}, 2, "must be like"}, {[]string{"--x"}, 2, "--help"}, {[]string{"run"}, 2, `no command "run"`},
	} {
		cmd := exec.Command(own, tt.args...)
		cmd.Env = append(os.Environ(), asProgram+"=1", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere")
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.Contains(string(out), tt.want) {
			t.Errorf("%q: exit code %d, %s; want %d, %q", tt.args, code, out, tt.code, tt.want)
		}
	}
}
