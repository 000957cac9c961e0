//go:build !windows

package tray

// systemPlaces returns where the files of a service are on this system.
func systemPlaces() files {
	return files{"/etc/logboom/config.toml", "/var/log/logboom/logboom.log", "/var/lib/logboom"}
}
