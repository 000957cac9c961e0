package store

import "golang.org/x/sys/windows"

// FreeSpace returns how many bytes of the disk that holds a directory we may
// still use.
func FreeSpace(directory string) (int64, bool) {
	name, err := windows.UTF16PtrFromString(directory)
	if err != nil {
		return 0, false
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, false
	}
	return int64(free), true
}
