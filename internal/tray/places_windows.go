package tray

import (
	"io/fs"
	"path/filepath"
	"regexp"

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

var drivePath = regexp.MustCompile(`^[A-Za-z]:[\\/]`)

// onThisMachine reports whether opening path asks no other machine, as that
// would be told who the user is: a path of a share may be written in many ways,
// one of a drive in this one.
func onThisMachine(path string) bool { return drivePath.MatchString(path) }

// trusted reports true: the folder of the settings is closed to other users.
func trusted(fs.FileInfo) bool { return true }
