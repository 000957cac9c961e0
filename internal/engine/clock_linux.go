package engine

import "golang.org/x/sys/unix"

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
