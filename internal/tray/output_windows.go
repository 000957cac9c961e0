package tray

import (
	"os"

	"golang.org/x/sys/windows"
)

// newOutput finds where words can go: this program has no console of its own.
// Started from one it writes there, redirected it writes into the file, and
// else it opens a window.
func newOutput() output {
	if kind, err := windows.GetFileType(windows.Handle(os.Stdout.Fd())); err == nil && kind != windows.FILE_TYPE_UNKNOWN {
		return toFiles(os.Stdout, os.Stderr)
	}
	const parent = ^uintptr(0) // ATTACH_PARENT_PROCESS
	if ok, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("AttachConsole").Call(parent); ok != 0 {
		if c, err := os.OpenFile("CONOUT$", os.O_WRONLY, 0); err == nil {
			return toFiles(c, c)
		}
	}
	window := func(s string) { messageBox("Logboom", s) }
	return output{window, window}
}
