//go:build !linux

package collect

// kernelDrops reports false: these systems do not count drops for a socket.
func kernelDrops(controlled) (drops uint32, ok bool) { return 0, false }

// closeEntry reports false: the socket takes in datagrams until it is closed.
func closeEntry(controlled) bool { return false }
