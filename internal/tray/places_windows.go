package tray

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// systemPlaces returns where the files of a service are on this system.
func systemPlaces() files {
	base, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	if err != nil {
		base = `C:\ProgramData`
	}
	base = filepath.Join(base, "Logboom")
	return files{filepath.Join(base, "config.toml"), filepath.Join(base, "logs", "logboom.log"), filepath.Join(base, "data")}
}
