package tray

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/windows"
)

// What systray does not do of the notification area: balloons, and icons in the
// size that is shown.

var (
	shell32 = windows.NewLazySystemDLL("shell32.dll")
	user32  = windows.NewLazySystemDLL("user32.dll")

	shellNotifyIcon  = shell32.NewProc("Shell_NotifyIconW")
	shellExecuteEx   = shell32.NewProc("ShellExecuteExW")
	findWindowEx     = user32.NewProc("FindWindowExW")
	createIcon       = user32.NewProc("CreateIconFromResourceEx")
	destroyIcon      = user32.NewProc("DestroyIcon")
	getSystemMetrics = user32.NewProc("GetSystemMetrics")
	getWindowLong    = user32.NewProc("GetWindowLongPtrW")
	setWindowLong    = user32.NewProc("SetWindowLongPtrW")
	callWindowProc   = user32.NewProc("CallWindowProcW")
)

// A notifyIcon is NOTIFYICONDATAW of shellapi.h.
type notifyIcon struct {
	size                       uint32
	window                     windows.HWND
	id, flags, callbackMessage uint32
	icon                       windows.Handle
	tip                        [128]uint16
	state, stateMask           uint32
	info                       [256]uint16
	version                    uint32
	infoTitle                  [64]uint16
	infoFlags                  uint32
	guid                       windows.GUID
	balloonIcon                windows.Handle
}

// Constants of shellapi.h.
const (
	nimModify = 1
	nifIcon   = 2
	nifInfo   = 16
	niifUser  = 4 // the picture of the balloon is the icon's

	systrayID = 100 // of the icon that systray makes
)

// ourIcon returns what names the icon that systray has made: its window and
// number.
func ourIcon() (notifyIcon, error) {
	class := windows.StringToUTF16Ptr("SystrayClass")
	var w uintptr
	for {
		if w, _, _ = findWindowEx.Call(0, w, uintptr(unsafe.Pointer(class)), 0); w == 0 {
			return notifyIcon{}, errors.New("there is no icon")
		}
		var process uint32
		if _, err := windows.GetWindowThreadProcessId(windows.HWND(w), &process); err == nil && process == windows.GetCurrentProcessId() {
			break
		}
	}
	n := notifyIcon{window: windows.HWND(w), id: systrayID}
	n.size = uint32(unsafe.Sizeof(n))
	return n, nil
}

func (n *notifyIcon) modify() error {
	if ok, _, err := shellNotifyIcon.Call(nimModify, uintptr(unsafe.Pointer(n))); ok == 0 {
		return err
	}
	return nil
}

// balloon shows a notification at the icon.
func balloon(title, text string) error {
	n, err := ourIcon()
	if err != nil {
		return err
	}
	n.flags, n.infoFlags = nifInfo, niifUser
	fill(n.infoTitle[:], title)
	fill(n.info[:], text)
	if err := n.modify(); err != nil {
		return fmt.Errorf("showing a notification: %w", err)
	}
	return nil
}

// onBalloonClick has f called when somebody clicks a balloon, which systray
// does not tell. f must not wait. It must be called once, after the icon was
// made.
func onBalloonClick(f func()) error {
	n, err := ourIcon()
	if err != nil {
		return err
	}
	const (
		windowProc   = ^uintptr(3) // GWLP_WNDPROC, -4
		fromIcon     = 0x401       // WM_USER + 1, systray's
		balloonClick = 0x405       // NIN_BALLOONUSERCLICK
	)
	var before atomic.Uintptr
	ours := windows.NewCallback(func(window, message, w, l uintptr) uintptr {
		if message == fromIcon && l&0xffff == balloonClick {
			f()
		}
		result, _, _ := callWindowProc.Call(before.Load(), window, message, w, l)
		return result
	})
	// What systray has set, so that no message comes between.
	old, _, err := getWindowLong.Call(uintptr(n.window), windowProc)
	if old == 0 {
		return err
	}
	before.Store(old)
	if set, _, err := setWindowLong.Call(uintptr(n.window), windowProc, ours); set == 0 {
		return err
	}
	return nil
}

// fill writes s into an array that ends with 0, as much as there is room for.
func fill(to []uint16, s string) {
	u, err := windows.UTF16FromString(s)
	if err != nil {
		return // there is no NUL in what was cleaned
	}
	if len(u) > len(to) {
		u = u[:len(to)]
		if last := u[len(u)-2]; last >= 0xd800 && last < 0xdc00 {
			u[len(u)-2] = 0 // half of a character
		}
		u[len(u)-1] = 0
	}
	copy(to, u)
}

var lastIcon uintptr // that sharpen has made; belongs to who calls it

// sharpen shows the image of an .ico in the size of the notification area.
// systray loads the large one, which Windows then shrinks.
func sharpen(ico []byte) {
	size, _, _ := getSystemMetrics.Call(smSmallIcon)
	image := nearest(ico, int(size))
	if image == nil {
		return
	}
	const icon, version = 1, 0x00030000
	h, _, _ := createIcon.Call(uintptr(unsafe.Pointer(&image[0])), uintptr(len(image)), icon, version, size, size, 0)
	if h == 0 {
		return
	}
	n, err := ourIcon()
	if err == nil {
		n.flags, n.icon = nifIcon, windows.Handle(h)
		err = n.modify()
	}
	// The taskbar has a copy of its own.
	if lastIcon != 0 {
		destroyIcon.Call(lastIcon)
	}
	lastIcon = h
	_ = err // the blurred one is shown
}

const smSmallIcon = 49 // SM_CXSMICON of winuser.h

// taskbar reports whether there is one.
func taskbar() bool {
	w, _, _ := findWindowEx.Call(0, 0, uintptr(unsafe.Pointer(windows.StringToUTF16Ptr("Shell_TrayWnd"))), 0)
	return w != 0
}

// utf16 returns s for the system, up to a NUL, behind which it reads nothing.
func utf16(s string) *uint16 {
	s, _, _ = strings.Cut(s, "\x00")
	return windows.StringToUTF16Ptr(s)
}

func messageBox(title, text string) {
	const information, foreground = 0x40, 0x10000
	windows.MessageBox(0, utf16(text), utf16(title), information|foreground)
}

// A shellExecute is SHELLEXECUTEINFOW of shellapi.h.
type shellExecute struct {
	size                         uint32
	mask                         uint32
	window                       windows.HWND
	verb, file, parameters, path *uint16
	show                         int32
	instance                     windows.Handle
	idList                       uintptr
	class                        *uint16
	classKey                     windows.Handle
	hotKey                       uint32
	icon                         windows.Handle
	process                      windows.Handle
}

// runAsAdministrator runs a program with all rights, without a window, and
// returns the handle of its process.
func runAsAdministrator(file, args string) (windows.Handle, error) {
	const keepProcess, noUI = 0x40, 0x400
	e := shellExecute{
		mask: keepProcess | noUI, show: windows.SW_HIDE,
		verb: utf16("runas"), file: utf16(file), parameters: utf16(args),
	}
	e.size = uint32(unsafe.Sizeof(e))
	if ok, _, err := shellExecuteEx.Call(uintptr(unsafe.Pointer(&e))); ok == 0 {
		return 0, err
	}
	return e.process, nil
}
