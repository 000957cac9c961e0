//go:build linux

package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of so many bytes in memory.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no file system can be mounted here (needs root): %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// long returns numbered messages of a kilobyte each.
func long(first, n int) []message {
	list := numbered(midday, first, n)
	for i := range list {
		list[i].raw += strings.Repeat("x", 1000)
	}
	return list
}

func TestD01FullDisk(t *testing.T) {
	dir := smallDisk(t, "8m")
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 6<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, func(o *Options) { o.Directory = dir }).run()
	const all = 2500 // more than two megabytes, twice as much with the log
	for i := 0; i < all; i += 100 {
		b.pipe.send(long(i, 100)...)
	}
	b.eventually("the disk is full", func() bool { return b.Stats().State == EventDiskFull })
	s := b.Stats()
	if s.Dropped != 0 || s.Errors["full"] == 0 || s.Waiting == 0 {
		t.Errorf("stats %+v", s)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	b.pipe.waitDone(t, all)
	b.eventually("it is over", func() bool { return b.Stats().State == stateOK })
	b.end()
	if s := b.Stats(); s.Stored != all || s.Dropped != 0 {
		t.Errorf("stored %d, dropped %d", s.Stored, s.Dropped)
	}
	got := b.texts(today)
	if len(got) != all {
		t.Fatalf("%d messages, want %d", len(got), all)
	}
	for i, m := range long(0, all) {
		if got[i] != m.raw {
			t.Fatalf("message %d is %.20q", i, got[i])
		}
	}
	n := 0
	for _, e := range b.events {
		if e.Kind == EventDiskFull {
			n++
		}
	}
	if n != 2 {
		t.Errorf("people were told %d times, want once that it is full and once that it is over: %v", n, b.events)
	}
}

func TestStopOnAFullDisk(t *testing.T) {
	dir := smallDisk(t, "1m")
	b := newBench(t, func(o *Options) { o.Directory = dir })
	b.writer.drain = 100 * time.Millisecond
	b.run()
	const all = 3000
	for i := 0; i < all; i += 100 {
		b.pipe.send(long(i, 100)...)
	}
	b.eventually("the disk is full", func() bool { return b.Stats().State == EventDiskFull })
	b.pipe.close()
	b.stop()
	err := <-b.result
	s := b.Stats()
	if err == nil || !strings.Contains(err.Error(), "were lost") || s.Stored+s.Dropped != all || s.Dropped == 0 {
		t.Errorf("stored %d, dropped %d of %d, Run: %v", s.Stored, s.Dropped, all, err)
	}
	if got := len(b.texts(today)); int64(got) != s.Stored {
		t.Errorf("%d messages are there, %d were counted", got, s.Stored)
	}
}

func TestReadOnlyFileSystem(t *testing.T) {
	dir := smallDisk(t, "8m")
	b := newBench(t, func(o *Options) { o.Directory = dir }).run()
	b.one(0, 5)
	b.restart()
	b.end()
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(b.options); err == nil {
		t.Errorf("Open on a read-only file system: %v", s.Stats())
	} else if !strings.Contains(err.Error(), today) {
		t.Errorf("Open: %v", err)
	}
}

func TestRetentionMakesRoomOnAFullDisk(t *testing.T) {
	dir := smallDisk(t, "8m")
	b := newBench(t, func(o *Options) {
		o.Directory = dir
		o.Retention.MinFree = 1 << 20
	})
	old := filepath.Join(dir, "syslog_20250601.db")
	if err := os.WriteFile(old, make([]byte, 6<<20), 0o440); err != nil {
		t.Fatal(err)
	}
	b.run()
	const all = 2000
	for i := 0; i < all; i += 100 {
		b.pipe.send(long(i, 100)...)
	}
	b.pipe.waitDone(t, all)
	b.eventually("the old day is gone", func() bool { return !exists(old) })
	if !b.told(EventRetention) {
		t.Error("nobody was told")
	}
	b.end()
	if got := len(b.texts(today)); got != all {
		t.Errorf("%d messages, want %d", got, all)
	}
}

// The disk was full when the server ended: the next start makes room first.
func TestD01StartOnAFullDisk(t *testing.T) {
	dir := smallDisk(t, "8m")
	old := filepath.Join(dir, FileName(20250601, 0))
	for _, f := range []struct {
		path string
		size int
	}{{old, 2 << 20}, {filepath.Join(dir, "filler"), 16 << 20}} {
		_ = os.WriteFile(f.path, make([]byte, f.size), 0o600) // as much as there is room for
	}
	if free, _ := FreeSpace(dir); free > 0 {
		t.Fatalf("%d bytes are free, want a full disk", free)
	}
	b := newBench(t, func(o *Options) { o.Directory, o.Retention = dir, Retention{MinFree: 1 << 20} }).run()
	if _, err := os.Stat(old); err == nil {
		t.Error("the oldest day is still there")
	}
	b.one(0, 5)
	b.end()
	b.numbers(today, 0, 4)
}
