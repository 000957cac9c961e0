package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/config"
)

// nobody is a user without rights. The test itself may be root.
const nobody = 65534

// Who tries Logboom out without an installation sets things in its console, and
// finds them again after a restart.
func TestWithoutAnInstallationTheConsoleKeepsWhatIsSet(t *testing.T) {
	if _, err := os.Stat(config.SystemDataDirectory()); err == nil {
		t.Skip("Logboom is installed here")
	}
	root := os.Geteuid() == 0
	dir := t.TempDir()
	home, settings, program := filepath.Join(dir, "home"), filepath.Join(dir, "settings"), filepath.Join(dir, "logboom")
	port, err := unused()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for _, step := range []error{
		err, os.WriteFile(program, text, 0o755), os.Mkdir(home, 0o755), os.Mkdir(settings, 0o755),
		os.WriteFile(filepath.Join(settings, config.FileName), []byte("[listen]\nudp = ['"+address+"']\n[console]\nlisten = '"+address+"'\n"), 0o644),
		os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755), os.Chmod(settings, 0o555),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	t.Cleanup(func() { os.Chmod(settings, 0o755) }) // to be removed
	if root {
		if err := os.Chown(home, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	start := func() *exec.Cmd {
		t.Helper()
		server := exec.Command(program, "run", "--config", filepath.Join(settings, config.FileName))
		server.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		server.Stderr = t.Output()
		if root {
			server.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		}
		switch err := server.Start(); {
		case root && errors.Is(err, os.ErrPermission):
			t.Skip("nobody may not look into the folder for temporary files: ", err)
		case err != nil:
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Process.Kill() }) // where the test ends early
		tick, limit := time.NewTicker(20*time.Millisecond), time.After(30*time.Second)
		defer tick.Stop()
		for {
			resp, err := http.Get("http://" + address + "/healthz")
			if err == nil {
				resp.Body.Close()
				return server
			}
			select {
			case <-tick.C:
			case <-limit:
				t.Fatal(err)
			}
		}
	}
	stop := func(server *exec.Cmd) {
		t.Helper()
		server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			t.Errorf("after it was told to end: %v", err)
		}
	}
	ask := func(resp *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("status %d: %s, %v", resp.StatusCode, text, err)
		}
		return string(text)
	}
	device := "http://" + address + "/api/v1/devices/10.0.0.9"
	server := start()
	for _, body := range []string{`{"name":"Ninth"}`, `{"site":"Dhaka"}`} {
		ask(http.Post(device, "application/json", bytes.NewReader([]byte(body))))
	}
	if _, err := os.Stat(filepath.Join(home, ".local", "state", "logboom", config.ConsoleFileName)); err != nil {
		t.Error(err)
	}
	stop(server)
	server = start()
	if text := ask(http.Get(device)); !strings.Contains(text, "Ninth") || !strings.Contains(text, "Dhaka") {
		t.Errorf("after a restart: %s", text)
	}
	stop(server)
}
