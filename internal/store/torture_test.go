package store

import (
	"debug/elf"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The tests named torture_*_test.go run a store in a process of its own, while
// a small library written in C watches what it does to its files, or lets that
// fail. They know these variables:
//
//	LOGBOOM_TORTURE=10000   how many power cuts are played; other tests do in
//	                        proportion. Absent: 200, as in CI, and 40 with -short
//	LOGBOOM_TORTURE_SEED=1  repeats the chances of a run that has failed
//	LOGBOOM_TORTURE_KEEP=d  plays the recording in the folder d, or makes one there
const (
	envTorture = "LOGBOOM_TORTURE"
	envSeed    = "LOGBOOM_TORTURE_SEED"
	envKeep    = "LOGBOOM_TORTURE_KEEP"
	envPlay    = "LOGBOOM_TORTURE_PLAY" // set for the process under test: a play, as JSON
)

// cutsInCI is how many power cuts are played when nobody asks for more.
const cutsInCI = 200

// tortured returns n, or as many times more as were asked for.
func tortured(t *testing.T, n int) int {
	t.Helper()
	text := os.Getenv(envTorture)
	switch {
	case text == "" && testing.Short():
		return max(1, n/5)
	case text == "":
		return n
	}
	asked, err := strconv.Atoi(text)
	if err != nil || asked < 1 {
		t.Fatalf("%s is %q, want a number of power cuts such as 10000", envTorture, text)
	}
	return max(1, n*asked/cutsInCI)
}

// chances returns the seed of the test, which it also logs.
func chances(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(envSeed); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s is %q, want a number", envSeed, text)
		}
		seed = n
	}
	t.Logf("%s=%d", envSeed, seed)
	return seed
}

// random returns the chances of the nth trial of a test.
func random(seed uint64, n int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(n))) }

// preload compiles a library under testdata and returns its path.
func preload(t *testing.T, name string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("files are watched with a library loaded before the C library, which is done on Linux only")
	}
	compiler := "cc"
	if own := strings.Fields(os.Getenv("CC")); len(own) > 0 {
		compiler = own[0]
	}
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skipf("there is no C compiler to make the library that watches files: %v", err)
	}
	library := filepath.Join(t.TempDir(), name+".so")
	source := filepath.Join("testdata", name, name+".c")
	out, err := exec.Command(compiler, "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", library, source, "-ldl", "-lpthread").CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Fatalf("compiling %s: %v\n%s", source, err, out)
	}
	return library
}

// scratch returns a directory for day files, in memory if the system has a
// place for that: how long a disk takes to sync would decide how long the tests
// take, and they look at what is synced, not at a disk. Its path is the one
// that SQLite calls it by.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "logboom-torture-")
	if err != nil {
		dir = t.TempDir()
	} else {
		t.Cleanup(func() { os.RemoveAll(dir) }) // what is left is in memory only
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// child returns a command that runs this program again to give a play.
func child(t *testing.T, p play, environment ...string) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestTortureChild$", "-test.v=false")
	cmd.Env = append(append(os.Environ(), environment...), envPlay+"="+string(text))
	return cmd
}

// TestTortureChild is the process under test of the other tests. Called by
// itself it has nothing to do.
func TestTortureChild(t *testing.T) {
	text := os.Getenv(envPlay)
	if text == "" {
		return
	}
	var p play
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	p.log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := p.give(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// The libraries stand before some functions of the C library. This test fails
// when SQLite begins to change files by others.
func TestTortureLibrariesKnowEveryCall(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("files are watched on Linux only")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := elf.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	symbols, err := program.ImportedSymbols()
	if err != nil {
		t.Fatal(err)
	}
	var imported []string
	for _, s := range symbols {
		imported = append(imported, s.Name)
	}
	for _, name := range []string{"pwritev", "pwritev64", "pwritev2", "writev", "sync_file_range", "syncfs", "sync", "msync",
		"fallocate", "fallocate64", "posix_fallocate", "posix_fallocate64", "truncate", "truncate64", "unlinkat", "remove",
		"renameat", "renameat2", "link", "linkat", "symlink", "openat", "openat64", "creat", "creat64", "fopen", "fopen64",
		"dup", "dup2", "dup3", "sendfile", "copy_file_range", "fork", "vfork"} {
		if slices.Contains(imported, name) {
			t.Errorf("the program uses %s of the C library, which testdata/record/record.c and testdata/fault/fault.c do not know", name)
		}
	}
	for _, name := range []string{"close", "fsync", "unlink"} {
		if !slices.Contains(imported, name) {
			t.Errorf("the program does not use %s of the C library: how does SQLite change files here?", name)
		}
	}
}
