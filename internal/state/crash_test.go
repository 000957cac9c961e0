package state

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/logboom/logboom/internal/alert"
)

// crashEnv tells the test binary to be the process that is killed.
const crashEnv = "LOGBOOM_TEST_STATE"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashEnv); path != "" {
		decideForEver(path)
	}
	os.Exit(m.Run())
}

// decideForEver stores decision after decision, and says when each is stored,
// until the process is killed.
func decideForEver(path string) {
	s, err := Open(Options{Path: path, Notifiers: []string{"telegram"}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := 1; ; i++ {
		d := notices(20)
		d.States = []alert.State{{Key: alert.Key{Rule: "r", Device: device}, Count: i}}
		if err := s.Decide(context.Background(), "alerts", map[int]int64{20261122: int64(i)}, d); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(i)
	}
}

// TestKilledProcessHasDecidedAllOrNothing kills a process in the middle of its
// work and looks whether checkpoint, notes, list and troubles fit together.
func TestKilledProcessHasDecidedAllOrNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	last := 0
	for round := range 5 {
		if round > 0 {
			os.Remove(path) // each round begins anew; the log and its index go with it
			os.Remove(path + "-wal")
			os.Remove(path + "-shm")
		}
		last = killAfter(t, path, 3+round*7)
		s := open(t, path)
		ctx := t.Context()
		at := int(get(s.Positions(ctx, "alerts"))(t)[20261122])
		if at != last && at != last+1 {
			t.Errorf("round %d: checkpoint %d, the process said %d", round, at, last)
		}
		notes, list := get(s.Pending(ctx))(t)["telegram"], get(s.RecentAlerts(ctx, 1_000_000))(t)
		states := get(s.AlertStates(ctx))(t)
		if notes != 20*at || len(list) != 20*at || len(states) != 1 || states[0].Count != at {
			t.Errorf("round %d: checkpoint %d, but %d notes, %d alerts, states %+v", round, at, notes, len(list), states)
		}
		if len(s.Damaged()) != 0 {
			t.Errorf("round %d: set aside %v", round, s.Damaged())
		}
		must(t, s.Close())
	}
}

// killAfter runs decideForEver, kills it once it has said that n decisions are
// stored, and returns the last number that it said.
func killAfter(t *testing.T, path string, n int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashEnv+"="+path)
	out := get(cmd.StdoutPipe())(t)
	must(t, cmd.Start())
	last := 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		i, err := strconv.Atoi(lines.Text())
		if err != nil {
			cmd.Process.Kill()
			t.Fatalf("the process said %q", lines.Text())
		}
		if last = i; last == n {
			must(t, cmd.Process.Kill())
		}
	}
	cmd.Wait() // that it was killed is what it says
	return last
}
