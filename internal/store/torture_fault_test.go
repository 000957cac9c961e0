package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	envFaultRoot  = "FAULT_ROOT"
	envFaultPlans = "FAULT_PLANS"
)

// The kinds of calls of testdata/fault/fault.c.
const (
	onWrite = 1 << iota
	onSync
	onOpen
	onTruncate
	onUnlink
	onRead
	onEvery = onWrite | onSync | onOpen | onTruncate | onUnlink
)

// A faultPlan says which calls fail in one directory: Count of them from the
// First on, of the given kinds, on files whose names end with Suffix. Error 0
// kills the process in the middle of the call.
type faultPlan struct {
	Calls, Error, First, Count uint32
	Suffix                     string
}

func (p faultPlan) String() string {
	var calls []string
	for i, name := range []string{"write", "sync", "open", "truncate", "unlink", "read"} {
		if p.Calls&(1<<i) != 0 {
			calls = append(calls, name)
		}
	}
	count := strconv.Itoa(int(p.Count))
	if p.Count == math.MaxUint32 {
		count = "all"
	}
	return fmt.Sprintf("%s of *%s, %s from number %d on: %v", strings.Join(calls, "|"), p.Suffix, count, p.First, syscall.Errno(p.Error))
}

const (
	faultPlans    = 4096
	faultPlanSize = 64
)

// faults is the file of plans.
type faults struct{ *os.File }

// openFaults opens the plans of this process.
func openFaults() (faults, error) {
	f, err := os.OpenFile(os.Getenv(envFaultPlans), os.O_RDWR, 0)
	return faults{f}, err
}

// newFaults makes a file of plans and returns the environment of a process in
// which they are in force for the numbered folders of root.
func newFaults(t *testing.T, root string) (faults, []string) {
	t.Helper()
	library := preload(t, "fault")
	path := filepath.Join(t.TempDir(), "plans")
	if err := os.WriteFile(path, make([]byte, faultPlans*faultPlanSize), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return faults{f}, []string{"LD_PRELOAD=" + library, envFaultRoot + "=" + root, envFaultPlans + "=" + path}
}

// arm puts a plan into force for the folder of that number.
func (f faults) arm(number string, p faultPlan) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	var b [faultPlanSize]byte
	for i, v := range []uint32{0, p.Error, p.First, p.Count} {
		binary.NativeEndian.PutUint32(b[4*i:], v)
	}
	copy(b[16:31], p.Suffix)
	if _, err := f.WriteAt(b[:], int64(n)*faultPlanSize); err != nil {
		return err
	}
	binary.NativeEndian.PutUint32(b[:], p.Calls) // the last: from here on it holds
	_, err = f.WriteAt(b[:4], int64(n)*faultPlanSize)
	return err
}

// disarm ends a plan and returns how many calls it has counted and how many of
// them have failed.
func (f faults) disarm(number string) (seen, failed uint32, err error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0, 0, err
	}
	if _, err := f.WriteAt(make([]byte, 4), int64(n)*faultPlanSize); err != nil {
		return 0, 0, err
	}
	var b [8]byte
	_, err = f.ReadAt(b[:], int64(n)*faultPlanSize+32)
	return binary.NativeEndian.Uint32(b[:]), binary.NativeEndian.Uint32(b[4:]), err
}

// underFaults runs the calling test again in a process in which calls can be
// made to fail, and returns the plans there. In the first process it returns
// false after that: the test is over.
func underFaults(t *testing.T) (f faults, root string, again bool) {
	t.Helper()
	if root := os.Getenv(envFaultRoot); root != "" {
		f, err := openFaults()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f, root, true
	}
	root = scratch(t)
	_, environment := newFaults(t, root)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v=true", "-test.timeout=0")
	cmd.Env = append(os.Environ(), environment...)
	out, err := cmd.CombinedOutput()
	for line := range bytes.Lines(out) {
		t.Log(strings.TrimSuffix(string(line), "\n"))
	}
	if err != nil {
		t.Errorf("under faults: %v", err)
	}
	return faults{}, "", false
}

// A faultTrial is one play under a plan.
type faultTrial struct {
	faults
	root string
	slot int // number of the folder
	plan faultPlan
}

// faultOutcome is what became of it.
type faultOutcome struct {
	seen, failed uint32 // calls
	run          error  // of Open or Run
	problems     []string
}

// play gives a play under the plan and examines what it has left.
func (f faultTrial) play(ctx context.Context) (o faultOutcome) {
	number := strconv.Itoa(f.slot)
	dir := filepath.Join(f.root, number)
	if err := os.Mkdir(dir, 0o750); err != nil {
		o.problems = append(o.problems, err.Error())
		return o
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()

	var mu sync.Mutex
	var told []string
	var all accepted
	p := play{Directory: dir, Sync: "full", Midnight: 192, Until: 320, Plan: &f.plan,
		accepted: func(a acceptance) { all = all.with(a) },
		event: func(e Event) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, e.Kind)
			if f.plan.Error == uint32(syscall.ENOSPC) {
				f.disarmEnds(number) // somebody makes room
			}
		}}
	var s *Store
	p.prepare = func(opened *Store) {
		s = opened
		s.writer.drain = time.Millisecond
	}
	o.run = p.give(ctx)
	if ctx.Err() != nil {
		o.problems = append(o.problems, fmt.Sprintf("it was still trying after two minutes; people were told %q", told))
	}
	var err error
	if o.seen, o.failed, err = f.disarm(number); err != nil {
		o.problems = append(o.problems, err.Error())
	}
	v := examination{dir: dir, now: p.clock(p.sent), accepted: all, torn: true}.examine(context.WithoutCancel(ctx))
	if v.lost > 0 {
		o.problems = append(o.problems, fmt.Sprintf("%d of %d accepted messages are lost", v.lost, len(all)))
	}
	o.problems = append(o.problems, v.damage...)
	if o.run == nil && int64(v.kept) != p.sent {
		o.problems = append(o.problems, fmt.Sprintf("Run has said all is well, but of %d messages %d are there", p.sent, v.kept))
	}
	if s == nil {
		return o
	}
	if stats := s.Stats(); stats.Stored != int64(len(all)) || o.run == nil && stats.Dropped != 0 {
		o.problems = append(o.problems, fmt.Sprintf("%d messages were accepted, the statistics say %d stored and %d dropped", len(all), stats.Stored, stats.Dropped))
	}
	return o
}

// disarmEnds lets all calls succeed from now on; they go on being counted.
func (f faults) disarmEnds(number string) {
	if n, err := strconv.Atoi(number); err == nil {
		f.WriteAt(make([]byte, 4), int64(n)*faultPlanSize+12) // none of the calls fails
	}
}
