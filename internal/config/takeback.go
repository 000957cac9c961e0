package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Written is an edit of console.toml that is on the disk.
type Written struct {
	Version string   // of the file
	Changes []string // what it changes in the settings, in words

	path   string
	before []byte // what it was; nil = there was none
	old    []byte // what was kept beside it; nil = there was none
}

// TakeBack puts console.toml, and what is kept beside it, as they were before the
// edit: settings that could not be taken over do not wait for the next start. The
// error is [ErrByHand] if somebody has changed the file since: then it is left
// alone.
func (w *Written) TakeBack() error {
	editing.Lock()
	defer editing.Unlock()
	still := func() error {
		text, err := readFile(w.path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && versionOf(text) != w.Version {
			return ErrByHand
		}
		return err
	}
	// The file itself comes first: it is the one that counts.
	var back []replacement
	var gone []string
	for _, f := range []struct {
		path string
		text []byte
	}{{w.path, w.before}, {w.path + oldSuffix, w.old}} {
		if f.text == nil {
			gone = append(gone, f.path)
		} else {
			back = append(back, replacement{f.path, f.text, w.path})
		}
	}
	if err := replace(back, still); err != nil {
		return err
	}
	for _, path := range gone {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("taking %s away: %w", path, err)
		}
	}
	syncFolder(filepath.Dir(w.path))
	return nil
}
