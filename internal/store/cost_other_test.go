//go:build !linux

package store

import "time"

// cpuTime is not known on this system.
func cpuTime() time.Duration { return 0 }

// bytesWritten is not known on this system.
func bytesWritten() int64 { return 0 }
