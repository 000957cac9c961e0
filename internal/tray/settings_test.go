package tray

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSettingsAreKept(t *testing.T) {
	dir := t.TempDir()
	s := loadSettings(dir)
	if !s.Notifications {
		t.Error("notifications are off at first")
	}
	s.Notifications = false
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	if s := loadSettings(dir); s.Notifications {
		t.Error("that notifications are off was not kept")
	}
	if err := os.WriteFile(filepath.Join(dir, "logboom", "tray.toml"), []byte("notifications = 'no"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := loadSettings(dir); !s.Notifications || s.path == "" {
		t.Errorf("a broken file gives %+v", s)
	}
	nowhere := loadSettings("")
	if err := nowhere.save(); err == nil {
		t.Error("settings are kept nowhere")
	}
}
