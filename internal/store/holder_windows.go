package store

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The Restart Manager knows who has a file open.
// https://learn.microsoft.com/windows/win32/rstmgr/restart-manager-portal
var (
	restartManager        = windows.NewLazySystemDLL("rstrtmgr.dll")
	procStartSession      = restartManager.NewProc("RmStartSession")
	procRegisterResources = restartManager.NewProc("RmRegisterResources")
	procGetList           = restartManager.NewProc("RmGetList")
	procEndSession        = restartManager.NewProc("RmEndSession")
)

// processInfo is RM_PROCESS_INFO.
type processInfo struct {
	pid                 uint32
	started             windows.Filetime
	name                [256]uint16
	service             [64]uint16
	kind, status, login uint32
	restartable         int32
}

// lockHolders returns the other processes that have the files open, as
// "sqlite3.exe (pid 1234)".
func lockHolders(paths ...string) []string {
	var session uint32
	var key [33]uint16
	if procStartSession.Find() != nil {
		return nil
	}
	if r, _, _ := procStartSession.Call(uintptr(unsafe.Pointer(&session)), 0, uintptr(unsafe.Pointer(&key[0]))); r != 0 {
		return nil
	}
	defer procEndSession.Call(uintptr(session)) // nothing to be done about an error
	var names []*uint16
	for _, path := range paths {
		if name, err := windows.UTF16PtrFromString(path); err == nil {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	r, _, _ := procRegisterResources.Call(uintptr(session), uintptr(len(names)), uintptr(unsafe.Pointer(&names[0])), 0, 0, 0, 0)
	if r != 0 {
		return nil
	}
	list := make([]processInfo, 16)
	var needed, reason uint32
	count := uint32(len(list))
	r, _, _ = procGetList.Call(uintptr(session), uintptr(unsafe.Pointer(&needed)), uintptr(unsafe.Pointer(&count)),
		uintptr(unsafe.Pointer(&list[0])), uintptr(unsafe.Pointer(&reason)))
	if r != 0 {
		return nil
	}
	var holders []string
	for _, p := range list[:count] {
		if int(p.pid) != os.Getpid() {
			holders = append(holders, fmt.Sprintf("%s (pid %d)", windows.UTF16ToString(p.name[:]), p.pid))
		}
	}
	return holders
}
