//go:build unix

package login

import (
	"os"
	"syscall"
)

// own gives a file to whom a folder belongs to, if we have the right: it is
// written by root and read by the server.
func own(file, folder string) error {
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) == os.Geteuid() || os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(file, int(s.Uid), int(s.Gid))
}
