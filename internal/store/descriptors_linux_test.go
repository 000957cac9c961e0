package store

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// locked reports whether this process has a lock on a file that other programs
// see. To ask costs a descriptor, which must stay open as long as the lock may
// be held.
func locked(t *testing.T, path string) bool {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	// SQLite's byte of a connection in WAL mode, see os.h of SQLite.
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: 0x40000002, Len: 510}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &lock); err != nil {
		t.Fatal(err)
	}
	return lock.Type != unix.F_UNLCK
}

// A reader in this process keeps its connection when the writer closes the file
// and opens it anew. SQLite then takes no lock for the writer, since the process
// has one: it must not have been let go of with our own descriptor. Without it
// another program that reads the file and closes it deletes the write-ahead log.
func TestReopenedFileIsLocked(t *testing.T) {
	b := newBench(t, nil).run()
	b.one(0, 50)
	if _, err := b.Archive().Search(t.Context(), Search{}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		b.writer.hookOnce("write", errors.New("the disk stumbles"))
		b.one(50+50*i, 50)
		if !locked(t, b.path(today)) {
			t.Fatalf("without a lock after it was opened %d times", 2+i)
		}
	}
	held := b.Archive().held
	held.mu.Lock()
	if n := len(held.kept[20250613]); n > 1 {
		t.Errorf("%d descriptors are kept", n)
	}
	held.mu.Unlock()
	b.end()
	if held.mu.Lock(); len(held.kept) > 0 || len(held.open) > 0 {
		t.Errorf("after the end %v are kept, %v open", held.kept, held.open)
	}
}

// The file of a day that is written again while it is read for its checksum.
func TestHashedFileStaysLocked(t *testing.T) {
	b := newBench(t, nil).run()
	b.one(0, 50)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // as the sealer is told when the day is written again
	if _, _, err := b.writer.sealer.hash(ctx, dayPath{20250613, 0, b.path(today)}); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("hash: %v", err)
	}
	if !locked(t, b.path(today)) {
		t.Error("without a lock")
	}
	b.end()
}
