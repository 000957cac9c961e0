package engine

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/config"
)

func TestReloadSaysWhatItDid(t *testing.T) {
	r := startReloaded(t, "")
	tests := []struct {
		name             string
		text             string
		edit             func(*config.Config)
		applied, restart string
	}{
		{"nothing", "", nil, "", ""},
		{"a rule and a device", "[[alerts.rule]]\nname = 'x'\nquery = 'y'\n[[device]]\naddress = '192.0.2.1'\n", nil, "alerts.rule device", ""},
		{"and back", "", nil, "alerts.rule device", ""},
		{"what takes a restart", "", func(c *config.Config) {
			c.Store.Directory, c.Store.QueueSize, c.Store.Timezone = "/elsewhere", 70_000, "Asia/Dhaka"
		},
			"", "store.directory store.queue_size store.timezone"},
		{"which is not forgotten", "", func(c *config.Config) { c.Store.Directory, c.Retention.Days = "/elsewhere", 4 }, "retention.days", "store.directory"},
		{"and over when it is taken back", "", nil, "retention.days", ""},
		{"the console moves with a restart only", "", func(c *config.Config) { c.Console.Listen = "127.0.0.1:9" }, "", "console.listen"},
		{"ways to tell people", "[[webhook]]\nname = 'x'\nurl = 'http://127.0.0.1:1/'\n[snmp]\ntarget = '127.0.0.1:9'\ncommunity = 'secret'\n", nil, "webhook snmp.target snmp.community", ""},
		{"listeners and who may send", "", func(c *config.Config) { c.Listen.TCP, c.Listen.ReceiveBuffer = nil, 1<<20 }, "listen.tcp listen.receive_buffer webhook snmp.target snmp.community", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			done := r.must(tt.text, tt.edit)
			if a, b := strings.Join(done.Applied, " "), strings.Join(done.Restart, " "); a != tt.applied || b != tt.restart {
				t.Errorf("applied %q, restart %q; want %q and %q", a, b, tt.applied, tt.restart)
			}
			if dir := r.e.config().Store.Directory; dir != r.dir {
				t.Errorf("the data directory in force is %q", dir)
			}
			if got := strings.Join(r.e.status(t.Context()).Settings.Restart, " "); got != tt.restart {
				t.Errorf("the status says that %q take a restart", got)
			}
		})
	}
}

func TestReloadOfABrokenFileIsSaidUntilItIsMended(t *testing.T) {
	r := startReloaded(t, "")
	for range 2 {
		if _, err := r.set("[retention]\ndays = -3\n", nil); err == nil || !strings.Contains(err.Error(), "retention.days = -3") {
			t.Fatalf("Reload = %v", err)
		}
	}
	resp, err := http.Post("http://"+r.e.ConsoleAddr()+"/api/v1/reload", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the console answers %s", resp.Status)
	}
	status := r.get("/api/v1/status")
	for _, want := range []string{`"what":"settings"`, "the settings on disk cannot be used since ", "the ones before are in force", "retention.days"} {
		if !strings.Contains(status, want) {
			t.Errorf("the status lacks %q: %s", want, status)
		}
	}
	r.must("", nil)
	if status := r.get("/api/v1/status"); strings.Contains(status, "cannot be used") || !strings.Contains(status, `"broken_since":0`) {
		t.Errorf("after it was mended: %s", status)
	}
}

// What waits for somebody waits on while the ways to tell people change.
func TestReloadOfWebhooksKeepsWhatWaits(t *testing.T) {
	got := make(chan string, 100)
	var mu sync.Mutex
	down := true
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		got <- q.URL.Path
	}))
	defer hook.Close()
	webhook := func(path string) string { return "[[webhook]]\nname = 'noc'\nurl = '" + hook.URL + path + "'\n" }
	rule := "[[alerts.rule]]\nname = 'Marked'\nquery = 'MARK'\n"
	r := startReloaded(t, webhook("/old")+rule)
	r.send(0, "127.0.0.1", "<131>MARK one")
	until(t, "it is told", func() bool { return r.told()["Marked"] == 1 })
	r.must(rule, nil)
	if n, err := r.e.state.Pending(t.Context()); err != nil || n["noc"] != 1 {
		t.Fatalf("without the webhook: %v waits, %v", n, err)
	}
	mu.Lock()
	down = false
	mu.Unlock()
	r.must(webhook("/new")+rule, nil)
	select {
	case path := <-got:
		if path != "/new" {
			t.Errorf("told at %s", path)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("what waited was not told within 20 s")
	}
}

func TestReloadOfTheFilesOnDisk(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, config.FileName)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(config.FileName, "[listen]\nudp = ['127.0.0.77:5599']\n[console]\nlisten = ''\n[store]\ndirectory = 'data'\n")
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s := startWith(t, cfg, Options{Load: func() (*config.Config, error) { return config.Load(path) }})
	write(config.ConsoleFileName, "[[device]]\naddress = '192.0.2.7'\nname = 'By the console'\n")
	done, err := s.e.Reload(t.Context())
	if err != nil || strings.Join(done.Applied, " ") != "device" {
		t.Fatalf("applied %q, %v", done.Applied, err)
	}
	if name, _ := s.e.directory.Device(netip.MustParseAddr("192.0.2.7")); name != "By the console" {
		t.Errorf("the device is called %q", name)
	}
	write(config.ConsoleFileName, "[store]\nqueue_size = 5\n")
	if _, err := s.e.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), config.ConsoleFileName+" cannot be used") {
		t.Errorf("a console.toml with what is not for it: %v", err)
	}
}

func TestReloadWithoutSettings(t *testing.T) {
	s := start(t, testConfig(t, ""))
	if _, err := s.e.Reload(t.Context()); !errors.Is(err, ErrNoSettings) {
		t.Errorf("Reload = %v", err)
	}
}

// Every key is either taken over or takes a restart, and those that are said to
// be taken over are keys.
func TestLiveKeysAreKeys(t *testing.T) {
	cfg := config.Default()
	for _, key := range live {
		if !cfg.Has(key) {
			t.Errorf("%q is neither a key nor a section", key)
		}
	}
}

func TestReloadOfTheLevelOfTheLog(t *testing.T) {
	dir := t.TempDir()
	level := new(slog.LevelVar)
	want := "info"
	load := func() (*config.Config, error) {
		cfg, err := config.Parse("config.toml", []byte("[listen]\nudp = ['127.0.0.77:5599']\n[console]\nlisten = ''\n[store]\ndirectory = '"+dir+"'\n[log]\nlevel = '"+want+"'\n"))
		return cfg, err
	}
	cfg, err := load()
	if err != nil {
		t.Fatal(err)
	}
	s := startWith(t, cfg, Options{Load: load, Level: level})
	want = "debug"
	if done, err := s.e.Reload(t.Context()); err != nil || strings.Join(done.Applied, " ") != "log.level" || level.Level() != slog.LevelDebug {
		t.Errorf("applied %q, %v; the level is %v", done.Applied, err, level.Level())
	}
}
