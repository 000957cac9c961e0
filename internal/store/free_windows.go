package store

import "golang.org/x/sys/windows"

// FreeSpace returns how many bytes of the disk that holds a directory we may
// still use.
func FreeSpace(directory string) (int64, bool) {
	free, _, known := DiskSpace(directory)
	return free, known
}

// DiskSpace returns also how many bytes that disk has.
func DiskSpace(directory string) (free, total int64, known bool) {
	name, err := windows.UTF16PtrFromString(directory)
	if err != nil {
		return 0, 0, false
	}
	var ours, all uint64
	if err := windows.GetDiskFreeSpaceEx(name, &ours, &all, nil); err != nil {
		return 0, 0, false
	}
	return int64(ours), int64(all), true
}
