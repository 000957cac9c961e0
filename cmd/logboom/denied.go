package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/logboom/logboom/internal/store"
)

// rightsHint says how to get at what may not be read.
const rightsHint = "use sudo, or let an administrator add you to the group logboom"

// denied says which day files in a directory this user may not read; nil = it
// may read all. Nothing can be read if it is all of them.
func denied(directory string) (all bool, err error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return false, nil // opening the archive says so
	}
	var first string
	files, closed := 0, 0
	for _, e := range entries {
		if _, _, ok := store.ParseFileName(e.Name()); !ok {
			continue
		}
		files++
		if mayRead(filepath.Join(directory, e.Name())) {
			continue
		}
		if closed++; first == "" {
			first = e.Name()
		}
	}
	switch {
	case closed == 0:
		return false, nil
	case files == 1:
		err = fmt.Errorf("this user may not read the messages: %s: %w", filepath.Join(directory, first), fs.ErrPermission)
	default:
		err = fmt.Errorf("this user may not read the messages of %d of %d files in %s, the first is %s: %w", closed, files, directory, first, fs.ErrPermission)
	}
	return closed == files, hint(err, rightsHint)
}

// mayRead reports whether no lack of rights is in the way of reading a file.
func mayRead(path string) bool {
	f, err := os.Open(path)
	if err == nil {
		f.Close() // nothing was written
	}
	return !errors.Is(err, fs.ErrPermission)
}
