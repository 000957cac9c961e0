//go:build !windows

package tray

import "os"

func newOutput() output { return toFiles(os.Stdout, os.Stderr) }
