//go:build !windows

package state

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
)

func TestFileIsNotForOthers(t *testing.T) {
	path := newFile(t)
	s := open(t, path)
	must(t, s.Decide(t.Context(), "alerts", nil, notices(1)))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if info := get(os.Stat(path + suffix))(t); info.Mode().Perm()&0o007 != 0 {
			t.Errorf("others may read %s: %v", path+suffix, info.Mode())
		}
	}
}

// Windows does not let anyone do this to an open file.
func TestTroubleWithTheFileWhileItIsOpen(t *testing.T) {
	tests := []struct {
		name   string
		harm   func(t *testing.T, path string)
		damage int // files set aside
	}{
		{"removed", func(t *testing.T, path string) {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				must(t, os.Remove(path+suffix))
			}
		}, 0},
		{"replaced by another", func(t *testing.T, path string) {
			s := open(t, path+".new")
			must(t, s.Close())
			must(t, os.Rename(path+".new", path))
		}, 0},
		{"cut short", func(t *testing.T, path string) { must(t, os.Truncate(path, 100)) }, 1},
		{"overwritten", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, bytes.Repeat([]byte("garbage "), 20_000), 0o640))
		}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := newFile(t)
			s := open(t, path) // once to have it in the file and not in the log
			must(t, s.Decide(t.Context(), "alerts", nil, notices(500)))
			must(t, s.Close())
			var log bytes.Buffer
			s = open(t, path, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			tt.harm(t, path)
			must(t, s.Decide(t.Context(), "alerts", map[int]int64{1: 5}, notices(1)))
			must(t, s.Decide(t.Context(), "alerts", map[int]int64{1: 6}, notices(1)))
			if len(s.Damaged()) != tt.damage {
				t.Errorf("set aside: %v, want %d", s.Damaged(), tt.damage)
			}
			if !strings.Contains(log.String(), "level=ERROR") {
				t.Errorf("nothing was told: %s", log.String())
			}
			must(t, s.Close())
			s = open(t, path)
			if p := get(s.Positions(t.Context(), "alerts"))(t); p[1] != 6 {
				t.Errorf("position %v after it, want 6", p)
			}
		})
	}
}
