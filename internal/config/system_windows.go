package config

import (
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// hasModes says that the modes of files tell who may do what with them: here
// access control lists do.
const hasModes = false

// lineEnd ends the lines of files that people edit.
const lineEnd = "\r\n"

// SystemDirectory returns where the configuration of a service is. The
// variable %ProgramData% is not asked: a service may have a wrong one.
func SystemDirectory() string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	if err != nil {
		dir = `C:\ProgramData`
	}
	return filepath.Join(dir, "Logboom")
}

// SystemDataDirectory returns where the day files of a service are.
func SystemDataDirectory() string { return filepath.Join(SystemDirectory(), "data") }

// SystemLogFile returns the file that a service writes its own log to.
func SystemLogFile() string { return filepath.Join(SystemDirectory(), "logs", "logboom.log") }

// keepOwner does nothing: a new file gets the rights of its folder.
func keepOwner(*os.File, fs.FileInfo) {}

// UserDirectory returns where a user who may not write to the system's places
// keeps day files. It falls back to a directory below the current one.
func UserDirectory() string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_LocalAppData, 0)
	if err != nil {
		if dir, err = os.UserCacheDir(); err != nil {
			return "data"
		}
	}
	return filepath.Join(dir, "Logboom", "data")
}
