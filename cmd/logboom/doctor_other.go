//go:build !linux

package main

// mostReceiveBuffer returns the largest receive buffer that the system gives:
// this one does not say.
func mostReceiveBuffer() (int64, bool) { return 0, false }

// synchronized says whether the clock follows a better one: this system is not
// asked.
func synchronized() synchronization { return synchronizationUnknown }
