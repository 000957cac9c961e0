package tray

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"
)

// settings are what a user has chosen in the menu, kept for the next start.
type settings struct {
	path string // of the file; "" = not kept

	Notifications bool `toml:"notifications"` // new incidents are shown on the desktop
}

// loadSettings reads tray.toml of the user. One that cannot be read counts as
// none: the tray has to work.
func loadSettings(directory string) settings {
	s := settings{Notifications: true}
	if directory == "" {
		return s
	}
	path := filepath.Join(directory, "logboom", "tray.toml")
	if _, err := toml.DecodeFile(path, &s); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s = settings{Notifications: true}
	}
	s.path = path
	return s
}

// save keeps the settings.
func (s *settings) save() error {
	if s.path == "" {
		return errors.New("this user has no folder for settings")
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return fmt.Errorf("making the folder for the settings of the tray: %w", err)
	}
	text := fmt.Sprintf("# What was chosen in the menu of Logboom's tray icon.\nnotifications = %v\n", s.Notifications)
	if err := os.WriteFile(s.path+".new", []byte(text), 0o600); err != nil {
		return fmt.Errorf("keeping the settings of the tray: %w", err)
	}
	if err := os.Rename(s.path+".new", s.path); err != nil {
		return fmt.Errorf("keeping the settings of the tray: %w", err)
	}
	return nil
}
