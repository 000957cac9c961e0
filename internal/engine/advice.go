package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/sqlite"
)

// Advice says what to do about an error of [New] that comes from the data
// directory or a file in it; "" for another one.
func Advice(err error, directory string) string {
	kind := sqlite.Classify(err)
	is := func(any ...error) bool {
		return slices.ContainsFunc(any, func(e error) bool { return errors.Is(err, e) })
	}
	var path *fs.PathError
	switch {
	case err == nil:
		return ""
	case is(syscall.ENOSPC) || kind == sqlite.Full:
		return fmt.Sprintf("there is no room on the disk of %s: make some, or set store.directory to a folder on another disk; logboom doctor says how much is free", directory)
	case is(syscall.EROFS):
		return fmt.Sprintf("the file system of %s is mounted read-only: set store.directory to a folder on another one, or see in the log of the system (dmesg) why it is", directory)
	case is(syscall.ENOTDIR):
		return fmt.Sprintf("a part of the path %s is a file: set store.directory to a folder", directory)
	case is(fs.ErrPermission) || kind == sqlite.ReadOnly || kind == sqlite.CantOpen:
		return fmt.Sprintf("this user may not write in %s: run it as the owner of that folder, or set store.directory to one of its own", directory)
	case errors.As(err, &path) && (strings.HasPrefix(path.Path, directory) || strings.HasPrefix(directory, path.Path)):
		return fmt.Sprintf("nothing can be written in %s: set store.directory to a folder on a disk, such as %s", directory, config.SystemDataDirectory())
	}
	return ""
}
