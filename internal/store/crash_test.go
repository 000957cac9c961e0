//go:build unix

package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// crashVariable makes the test binary the program that is killed: its value is
// the directory, and behind a colon the point at which it should kill itself,
// if any.
const crashVariable = "LOGBOOM_TEST_CRASH"

func TestMain(m *testing.M) {
	if arg, set := os.LookupEnv(crashVariable); set {
		dir, point, _ := strings.Cut(arg, ":")
		if err := victim(dir, point); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// victim stores numbered messages of 40 devices as fast as it can, and prints
// the number up to which they are committed, until it is killed.
func victim(dir, point string) error {
	src := newPipe()
	committed := 0
	s, err := Open(Options{Directory: dir, Location: time.UTC, Now: func() time.Time { return midday },
		Committed: func(n int, _ time.Duration) {
			committed += n
			fmt.Println(committed)
		}})
	if err != nil {
		return err
	}
	if point != "" {
		left := 3
		s.writer.setHook(func(p string) error {
			if p != point {
				return nil
			}
			if left--; left == 0 {
				return syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
			return nil
		})
	}
	go func() {
		for n := 0; ; n += 100 {
			src.send(crashMessages(midday, n, 100)...)
			src.waitTaken()
		}
	}()
	return s.Run(context.Background(), src)
}

func crashMessages(at time.Time, first, n int) []message {
	list := numbered(at, first, n)
	for i := range list {
		list[i].from = device((first + i) * 7 % 40)
	}
	return list
}

func TestKilledAtAnyTime(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for i := range rounds {
		t.Run(strconv.Itoa(i), func(t *testing.T) { crash(t, "", time.Duration(rand.IntN(300))*time.Millisecond) })
	}
}

// Each row is in exactly one of inbox and table, whenever the writer dies.
func TestK05KilledAtEveryPoint(t *testing.T) {
	for _, point := range []string{"write", "written", "file", "filing", "filed", "checkpoint"} {
		t.Run(point, func(t *testing.T) { crash(t, point, 20*time.Second) })
	}
}

// crash lets the store run until it kills itself at a point, or is killed
// after a time, starts it again and looks for every message that it had
// reported as committed.
func crash(t *testing.T, point string, after time.Duration) {
	dir := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), crashVariable+"="+dir+":"+point)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reported := 0
	lines := bufio.NewScanner(out)
	var killer *time.Timer
	for lines.Scan() {
		if n, err := strconv.Atoi(lines.Text()); err == nil {
			reported = n
		}
		if killer == nil {
			killer = time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
	}
	err = cmd.Wait()
	if killer == nil || killer.Stop() && point == "" {
		t.Fatalf("the program ended by itself: %v", err)
	}

	b := newBench(t, func(o *Options) { o.Directory = dir })
	if n := b.all(today, "SELECT count(*) FROM inbox")[0]; n != "0" {
		t.Errorf("%s messages are in the inbox after the start", n)
	}
	b.run().end()
	texts := b.texts(today)
	if len(texts) < reported {
		t.Errorf("%d messages are there, %d were reported", len(texts), reported)
	}
	seen := make(map[string]bool)
	for i, text := range texts {
		if seen[text] {
			t.Fatalf("%q is there twice", text)
		}
		seen[text] = true
		if want := fmt.Sprintf("<13>number %d.", i); text != want {
			t.Fatalf("message %d is %q, want %q", i, text, want)
		}
	}
	want(t, "sum of the devices", b.all(today, "SELECT sum(messages) FROM devices"), []string{strconv.Itoa(len(texts))})
	want(t, "check", rowsOf(t, filepath.Join(dir, today), "PRAGMA integrity_check"), []string{"ok"})
	t.Logf("%d messages reported, %d there", reported, len(texts))
}
