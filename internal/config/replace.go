package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// A replacement is a file that is to be written anew.
type replacement struct {
	path string
	text []byte
	like string // the file whose rights it gets; where there is none, others may not read it
}

// replace writes files anew, each whole or not at all, in their order. All of
// them are on the disk, under other names, when still is asked whether they may
// take their places; from there on nothing takes time. Its error is returned as
// it is, and nothing has changed.
func replace(files []replacement, still func() error) error {
	var ready []string
	defer func() {
		for _, name := range ready {
			_ = os.Remove(name) // is gone where all went well
		}
	}()
	for _, f := range files {
		name, err := prepare(f)
		if err != nil {
			return unwritable(f.path, err)
		}
		ready = append(ready, name)
	}
	if err := still(); err != nil {
		return err
	}
	for i, f := range files {
		if err := os.Rename(ready[i], f.path); err != nil {
			return unwritable(f.path, err)
		}
	}
	for _, f := range files {
		syncFolder(filepath.Dir(f.path))
	}
	return nil
}

// prepare writes the text of a file beside it, and returns the name. What is no
// file, as a link, is not to be replaced.
func prepare(f replacement) (name string, err error) {
	if info, err := os.Lstat(f.path); err == nil && !info.Mode().IsRegular() {
		return "", errors.New("it is not an ordinary file")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	mode := fs.FileMode(0o640)
	like, err := os.Lstat(f.like)
	if err == nil {
		if mode = like.Mode().Perm(); mode&0o200 == 0 {
			return "", errors.New("it is read-only; who made it so is to take that back, if the console may change it")
		}
	}
	t, err := os.CreateTemp(filepath.Dir(f.path), "."+filepath.Base(f.path)+".*") // mode 0600
	if err != nil {
		return "", err
	}
	if like != nil {
		keepOwner(t, like)
	}
	_, err = t.Write(f.text)
	if err = errors.Join(err, t.Chmod(mode)); err == nil {
		err = t.Sync()
	}
	if err = errors.Join(err, t.Close()); err != nil {
		return "", errors.Join(err, os.Remove(t.Name()))
	}
	return t.Name(), nil
}

// mayNot reports whether an error is one of rights.
func mayNot(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// unwritable says what to do about a file that cannot be written.
func unwritable(path string, err error) error {
	if !mayNot(err) {
		return fmt.Errorf("%s cannot be written, nothing was changed: %w", path, err)
	}
	return fmt.Errorf("%s cannot be written, nothing was changed: %w; the account that Logboom runs as needs the right to write in %s", path, err, filepath.Dir(path))
}

// syncFolder makes a new name outlive a power cut, where the system can do that.
func syncFolder(path string) {
	if f, err := os.Open(path); err == nil {
		_ = f.Sync() // Windows cannot
		f.Close()
	}
}
