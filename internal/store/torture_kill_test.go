package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// mkdir makes a folder for a test, removed at its end.
func mkdir(t *testing.T, root, name string) string {
	t.Helper()
	dir := filepath.Join(root, name)
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// A life is that of a store in a process of its own that is killed again and again.
type life struct {
	t           *testing.T
	dir, book   string
	environment []string
	days        int   // midnights so far
	next        int64 // number of the next message
	seal        bool  // end only after the day before was sealed
}

// round lets a process store messages over a midnight until it is killed or
// has come to its end. It reports whether it was killed.
func (l *life) round(plan *faultPlan, planAt int64, after time.Duration) (killed bool) {
	l.t.Helper()
	p := play{Directory: l.dir, Book: l.book, Sync: "full", Days: l.days, Midnight: l.next + 250, Until: l.next + 500, Seal: l.seal,
		Plan: plan, PlanAt: planAt}
	cmd := child(l.t, p, l.environment...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	if plan == nil {
		killer := time.AfterFunc(after, func() { cmd.Process.Kill() })
		defer killer.Stop()
	}
	err := cmd.Wait()
	if err != nil && cmd.ProcessState.Exited() {
		l.t.Fatalf("the process under test ended with %v\n%s", err, &out)
	}
	l.days++
	return err != nil
}

// resume finds out where the next round begins.
func (l *life) resume() {
	l.t.Helper()
	a, err := OpenArchive(l.dir, time.UTC)
	if err == nil {
		l.next, err = resume(l.t.Context(), a)
		a.Close()
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// examine recovers the store in this process and looks for all that it had
// accepted.
func (l *life) examine(what string) *verdict {
	l.t.Helper()
	book, err := readBook(l.book)
	if err != nil && !os.IsNotExist(err) {
		l.t.Fatal(err)
	}
	all := acceptedIn(book)
	now := tortureMidnight.AddDate(0, 0, l.days-1).Add(time.Hour)
	v := examination{dir: l.dir, now: now, accepted: all}.examine(l.t.Context())
	if v.lost > 0 || len(v.damage) > 0 || v.kept < len(all) {
		l.t.Errorf("%s: %d accepted, %d there, %d lost, damage %q", what, len(all), v.kept, v.lost, v.damage)
	}
	return v
}

// The process is killed in the middle of a call, chosen by chance, or at a
// moment, chosen by chance, and started again; then it recovers and goes on, or
// is killed while it recovers. All that it has ever accepted is there, once.
func TestK03KilledLosesNothingAccepted(t *testing.T) {
	seed := chances(t)
	root := scratch(t)
	_, environment := newFaults(t, root)
	const rounds = 5
	killed, messages := 0, 0
	for i := range tortured(t, 6) {
		r := random(seed, i)
		l := &life{t: t, dir: mkdir(t, root, fmt.Sprint(i%faultPlans)), book: filepath.Join(t.TempDir(), "book"), environment: environment}
		var v *verdict
		for n := range rounds {
			plan := &faultPlan{Calls: onEvery, First: 1 + uint32(r.IntN(600)), Count: 1}
			switch {
			case n%3 == 2:
				plan = nil
			case n%2 == 1:
				plan.First = 1 + uint32(r.IntN(60)) // while it recovers
			}
			if l.round(plan, 0, time.Duration(r.IntN(600))*time.Millisecond) {
				killed++
			}
			if n%2 == 1 || n == rounds-1 {
				v = l.examine(fmt.Sprintf("life %d, round %d, %v", i, n, plan))
			}
			l.resume()
		}
		messages += v.kept
	}
	t.Logf("%d rounds, killed in %d of them, %d messages", rounds*tortured(t, 6), killed, messages)
	if killed == 0 {
		t.Error("no process was killed")
	}
}

// The process is killed in each of the calls that it makes when a day ends and
// the next one begins: in any file, then in those of the day that has ended,
// while its inbox is filed, its log is moved and it is sealed.
func TestTM03KilledAtMidnightLosesNothingAccepted(t *testing.T) {
	root := scratch(t)
	_, environment := newFaults(t, root)
	seed := chances(t)
	for i, tt := range []struct {
		name, suffix string
		most, share  int // calls, and in CI one in so many is tried
	}{
		{"any file", "", 120, 12}, // the first message of the new day is committed after some 50
		{"day file", "13.db", 1000, 24},
		{"write-ahead log", "13.db-wal", 1000, 26},
		{"rollback journal", "13.db-journal", 1000, 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			share := tt.share
			if tortured(t, 1) > 1 {
				share = 1
			}
			rounds := 0
			for n := 1 + random(seed, i).IntN(share); n <= tt.most; n += share {
				l := &life{t: t, dir: mkdir(t, root, fmt.Sprint(1000*i+n)), book: filepath.Join(t.TempDir(), "book"),
					environment: environment, seal: tt.suffix != ""}
				plan := faultPlan{Calls: onEvery, First: uint32(n), Count: 1, Suffix: tt.suffix}
				killed := l.round(&plan, 240, 0)
				if v := l.examine(plan.String()); v.kept < 240 {
					t.Errorf("%d messages are there: the process was killed before midnight", v.kept)
				}
				if !killed {
					if tt.suffix == "" {
						t.Errorf("the process has come to its end with less than %d calls", n)
					}
					break
				}
				rounds++
			}
			t.Logf("killed %d times", rounds)
		})
	}
}
