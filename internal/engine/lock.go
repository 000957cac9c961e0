package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockName is the file in the data directory that the running server holds.
const lockName = "logboom.lock"

// errHeld is what tryLock returns when another process holds the file.
var errHeld = errors.New("held by another process")

// A directoryLock keeps a second server out of a data directory: two writers
// would give two messages the same id. The system takes it back when the
// process ends, however it ends; the file stays.
type directoryLock struct{ file *os.File }

// lockDirectory takes dir, which is made if it is missing, for this process.
func lockDirectory(dir string) (*directoryLock, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("making the directory for messages: %w", err)
	}
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("taking the directory for messages: %w", err)
	}
	if err := tryLock(f); err != nil {
		holder := lockHolder(path)
		err = errors.Join(err, f.Close())
		if errors.Is(err, errHeld) {
			return nil, fmt.Errorf("%s is in use by another Logboom%s; stop that one, or give this one a store.directory of its own", dir, holder)
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	// Who holds it is for people; without it the lock is as good.
	if f.Truncate(0) == nil {
		fmt.Fprintln(f, os.Getpid())
	}
	return &directoryLock{f}, nil
}

// lockHolder says who holds the file, as " (pid 4711)", or "" if it does not say.
func lockHolder(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (pid %d)", pid)
}

func (l *directoryLock) Close() error { return l.file.Close() }
