//go:build unix

package main

import "syscall"

const errPortInUse = syscall.EADDRINUSE
