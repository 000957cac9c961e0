package main

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mostReceiveBuffer returns the largest receive buffer that the kernel gives,
// in bytes, to whom it is not root.
func mostReceiveBuffer() (int64, bool) {
	b, err := os.ReadFile("/proc/sys/net/core/rmem_max")
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

// synchronized says whether the kernel's clock follows a better one: adjtimex(2).
func synchronized() synchronization {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	switch {
	case err != nil:
		return synchronizationUnknown
	case state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0:
		return notSynchronized
	}
	return isSynchronized
}
