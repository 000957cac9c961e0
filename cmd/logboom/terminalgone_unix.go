//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// terminalGone reports whether the terminal behind f was closed.
func terminalGone(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err != nil
}
