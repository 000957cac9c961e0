package main

import "golang.org/x/sys/windows"

const errPortInUse = windows.WSAEADDRINUSE

// freeSpace returns how many bytes a user may still write to the disk of a
// directory.
func freeSpace(directory string) (int64, bool) {
	name, err := windows.UTF16PtrFromString(directory)
	if err != nil {
		return 0, false
	}
	var free uint64
	if windows.GetDiskFreeSpaceEx(name, &free, nil, nil) != nil {
		return 0, false
	}
	return int64(free), true
}
