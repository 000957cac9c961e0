//go:build !linux && !windows

package collect

import "syscall"

const (
	errInUse     = syscall.EADDRINUSE
	errDenied    = syscall.EACCES
	errNoAddress = syscall.EADDRNOTAVAIL
)

func holderHint(_, address string) string { return "lsof -i " + address + " tells which" }

func rightHint(_, _ string) string { return "ports below 1024 are for the administrator" }

// holder reports false: these systems have no table of it that is easily read.
func holder(wanted) (name string, pid int, ok bool) { return "", 0, false }
