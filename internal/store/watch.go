package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// A watch notices what SQLite does not: that an open file was deleted,
// renamed, cut short or overwritten by another program. SQLite would go on
// writing, without an error, to where nobody will ever look.
type watch struct {
	path string
	day  int
	held *descriptors
	file *os.File // the day file
	size int64    // bytes; a day file never shrinks
	log  fs.FileInfo

	unclear int // checks in a row that could not tell
}

// maxUnclear is how many checks in a row may fail to look at a file, as while
// another program scans it, before it counts as gone.
const maxUnclear = 3

// Errors of watch.check.
var (
	errVanished = errors.New("was deleted or renamed by another program")
	errCut      = errors.New("was cut short or overwritten by another program")
	errLogGone  = errors.New("was deleted by another program")
)

var sqliteHeader = []byte("SQLite format 3\x00")

// start begins to watch the file that SQLite has opened.
func (w *watch) start() error {
	var err error
	if w.file, err = w.held.get(w.day, w.path); err != nil {
		return err
	}
	info, err := w.file.Stat()
	if err != nil {
		return err
	}
	w.size, w.log, w.unclear = info.Size(), nil, 0
	return nil
}

// stop ends watching.
func (w *watch) stop() {
	if w.file != nil {
		w.held.put(w.day, w.file)
		w.file = nil
	}
}

// check returns nil if the file at the path is the one that is open and still
// whole as far as can be seen; errVanished, errCut or, if it is only the
// write-ahead log or its index that is gone, errLogGone.
func (w *watch) check() error {
	info, err := os.Stat(w.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		if w.unclear++; w.unclear < maxUnclear {
			return nil
		}
	}
	w.unclear = 0
	// The open file is asked anew each time: what identifies it may change, as
	// with the serial number of a volume that Windows has mounted again.
	open, openErr := w.file.Stat()
	if err != nil || openErr == nil && !os.SameFile(info, open) {
		return fmt.Errorf("%s %w", w.path, errVanished)
	}
	if info.Size() < w.size {
		return fmt.Errorf("%s %w: it has %d bytes, had %d", w.path, errCut, info.Size(), w.size)
	}
	w.size = info.Size()
	var head [16]byte
	if n, err := w.file.ReadAt(head[:], 0); n > 0 && err == nil && !bytes.Equal(head[:], sqliteHeader) {
		return fmt.Errorf("%s %w: it begins with %q", w.path, errCut, head[:])
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		info, err := os.Stat(w.path + suffix)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if w.log != nil {
				return fmt.Errorf("%s%s %w", w.path, suffix, errLogGone)
			}
		case err != nil || suffix != "-wal":
		case w.log == nil:
			w.log = info
		case runtime.GOOS == "windows":
			// Nobody can rename or delete it while it is open.
		case !os.SameFile(info, w.log):
			return fmt.Errorf("%s%s %w", w.path, suffix, errLogGone)
		}
	}
	return nil
}
