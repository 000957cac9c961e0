package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const packagedUnit = "[Service]\nUser=logboom\nExecStart=/usr/bin/logboom --config /etc/logboom/config.toml service run\n"

// newPackaged is a machine on which a package installed the unit.
func newPackaged(t *testing.T) (m *machine, path string) {
	t.Helper()
	m = newMachine(t, stateStopped)
	m.accounts["logboom"] = true
	path = m.root + "/usr/lib/systemd/system/logboom.service"
	if err := os.WriteFile(path, []byte(packagedUnit), 0o644); err != nil {
		t.Fatal(err)
	}
	return m, path
}

func TestPackagedUnitIsOnlySwitchedOnAndOff(t *testing.T) {
	m, packaged := newPackaged(t)
	if err := m.install(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	if err := m.uninstall(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	m.want(t, "systemctl enable logboom.service", "systemctl disable --now logboom.service")
	if text, err := os.ReadFile(packaged); err != nil || string(text) != packagedUnit {
		t.Errorf("%q, %v", text, err)
	}
}

func TestPackagedUnitIsUncovered(t *testing.T) {
	m, _ := newPackaged(t)
	if err := os.WriteFile(m.ownUnit(newConfig()), []byte(unitMark+"\n"+shortUnit), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := m.install(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	m.want(t, "disable, remove unit", "systemctl enable logboom.service")
}

func TestPackagedUnitThatIsCoveredIsRemovedAsWell(t *testing.T) {
	m, _ := newPackaged(t)
	if err := os.WriteFile(m.ownUnit(newConfig()), []byte(unitMark+"\n"+shortUnit), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := m.uninstall(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	m.want(t, "systemctl --no-ask-password stop logboom.service", "disable, remove unit",
		"systemctl reset-failed logboom.service", "systemctl disable --now logboom.service")
}

func TestPackagedUnitThatAnAdministratorReplaced(t *testing.T) {
	m, _ := newPackaged(t)
	const hers = "[Service]\nExecStart=/usr/bin/logboom run\n"
	if err := os.WriteFile(m.ownUnit(newConfig()), []byte(hers), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := m.install(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	if err := m.uninstall(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	m.want(t, "systemctl enable logboom.service", "systemctl disable --now logboom.service")
	if text, _ := os.ReadFile(m.ownUnit(newConfig())); string(text) != hers {
		t.Errorf("her unit is now %q", text)
	}
}

func TestPackagedUnitWithOtherSettings(t *testing.T) {
	m, packaged := newPackaged(t)
	c := newConfig()
	c.Arguments[1] = "/srv/my.toml"
	err := m.install(t.Context(), c)
	for _, want := range []string{"/etc/logboom/config.toml service run", "/srv/my.toml", "systemctl edit logboom"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("install() = %v\nwant %q in it", err, want)
		}
	}
	m.want(t)
	// Who has edited the unit knows.
	dir := m.root + "/etc/systemd/system/logboom.service.d"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/override.conf", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := m.install(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(packaged); string(text) != packagedUnit {
		t.Errorf("the packaged unit is now %q", text)
	}
}

func TestPackagedUnitMayWriteWhereTheSettingsSay(t *testing.T) {
	m, _ := newPackaged(t)
	c := newConfig()
	c.Writable = []string{"/srv/my logs", "/var/log/logboom"}
	for range 2 { // the second time nothing is left to do
		if err := m.dropIn(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	m.want(t, "systemctl daemon-reload")
	text, err := os.ReadFile(m.dropInPath(c))
	if want := unitMark + "\n[Service]\nReadWritePaths=\"-/srv/my logs\"\n"; err != nil || string(text) != want {
		t.Errorf("%q, %v; want %q", text, err, want)
	}
	m.calls = nil
	if err := m.uninstall(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	m.want(t, "systemctl disable --now logboom.service", "systemctl daemon-reload")
	if _, err := os.Stat(filepath.Dir(m.dropInPath(c))); !os.IsNotExist(err) {
		t.Errorf("the drop-in is left behind: %v", err)
	}
}

// dpkg does not delete settings that a service from a tarball has taken over.
func TestSettingsOfARemovedPackageAreClaimed(t *testing.T) {
	m := newMachine(t, stateStopped)
	m.accounts["logboom"] = true
	m.answers["dpkg-query"] = "deinstall ok config-files"
	if err := m.install(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	const divert = "dpkg-divert --local --quiet --no-rename --divert /etc/logboom/config.toml.package "
	m.want(t, "write unit, enable", divert+"--add /etc/logboom/config.toml")
	// The package is purged, and the service uninstalled.
	m.answers["dpkg-query"], m.answers["dpkg-divert --truename"] = "", "/etc/logboom/config.toml.package\n"
	m.calls = nil
	if err := m.uninstall(t.Context(), newConfig()); err != nil {
		t.Fatal(err)
	}
	m.want(t, "systemctl --no-ask-password stop logboom.service", "disable, remove unit",
		divert+"--remove /etc/logboom/config.toml", "systemctl reset-failed logboom.service")
}

// Drop-ins of an administrator are hers, whatever their name.
func TestDropInsOfOthersStay(t *testing.T) {
	const hers = "[Service]\nNice=-5\n"
	for _, name := range []string{"directories.conf", "50-logboom-directories.conf"} {
		t.Run(name, func(t *testing.T) {
			m, _ := newPackaged(t)
			c := newConfig()
			path := filepath.Join(filepath.Dir(m.dropInPath(c)), name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(hers), 0o644); err != nil {
				t.Fatal(err)
			}
			c.Writable = []string{"/srv/logs"}
			err := m.dropIn(t.Context(), c)
			if (err == nil) != (path != m.dropInPath(c)) || err != nil && !strings.Contains(err.Error(), "not written by this program") {
				t.Errorf("dropIn() = %v", err)
			}
			c.Writable = nil
			if err := m.install(t.Context(), c); err != nil {
				t.Error(err)
			}
			if err := m.uninstall(t.Context(), c); err != nil {
				t.Error(err)
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != hers {
				t.Errorf("hers is now %q, %v", text, err)
			}
		})
	}
}

func TestLastWordsAreThoseOfTheLogIfTheJournalIsSilent(t *testing.T) {
	m := newMachine(t, stateFailed)
	c := newConfig()
	c.Writable = []string{t.TempDir(), t.TempDir()}
	text := strings.Repeat("level=INFO msg=\"filler to have more than is read\"\n", 400) + "level=ERROR msg=stopped\n"
	if err := os.WriteFile(filepath.Join(c.Writable[1], "logboom.log"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m.fails["journalctl"] = "No journal files were opened due to insufficient permissions."
	m.fails["systemctl --no-ask-password start"] = "Job for logboom.service failed."
	err := m.start(t.Context(), c, "start")
	if err == nil || !strings.Contains(err.Error(), "msg=stopped") || strings.Count(err.Error(), "filler") != 11 {
		t.Errorf("start() = %v", err)
	}
}
