package store

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lockHolders returns the other processes that have locks on the files, as
// "sqlite3 (pid 1234)". See proc_locks(5).
func lockHolders(paths ...string) []string {
	inodes := make(map[uint64]bool)
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			if s, ok := info.Sys().(*syscall.Stat_t); ok {
				inodes[s.Ino] = true
			}
		}
	}
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return nil
	}
	defer locks.Close() // was only read
	var holders []string
	seen := map[int]bool{os.Getpid(): true}
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		// 1: POSIX  ADVISORY  WRITE 1234 fd:00:5678 0 EOF
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || fields[1] == "->" {
			continue // one that waits itself
		}
		pid, err := strconv.Atoi(fields[4])
		file := strings.Split(fields[5], ":")
		inode, err2 := strconv.ParseUint(file[len(file)-1], 10, 64)
		if err != nil || err2 != nil || !inodes[inode] || seen[pid] {
			continue
		}
		seen[pid] = true
		name, err := os.ReadFile(filepath.Join("/proc", fields[4], "comm"))
		if err != nil {
			name = []byte("a process")
		}
		holders = append(holders, fmt.Sprintf("%s (pid %d)", strings.TrimSpace(string(name)), pid))
	}
	return holders
}
