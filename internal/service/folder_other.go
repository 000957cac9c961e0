//go:build !windows

package service

// SettingsFolder does nothing: elsewhere only root may make such directories.
func SettingsFolder(name, dir string) error { return nil }

// ProgramFolder does nothing, too.
func ProgramFolder(name, dir string) error { return nil }
