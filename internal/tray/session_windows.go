package tray

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Names of what the trays of one session share. "Local\" is the session.
const (
	mutexName = `Local\Logboom-Tray`
	quitName  = `Local\Logboom-Tray-Quit`
)

const (
	quitTime    = 5 * time.Second // for the other tray to end
	taskbarTime = time.Minute     // for the taskbar to come, after login
	pollTime    = 200 * time.Millisecond
)

// A session is the user's desktop.
type session struct {
	mutex, quit windows.Handle
	end         chan struct{} // holds one word

	listen sync.Once
	mu     sync.Mutex
	url    string // of the balloon shown last
}

func openSession() (*session, error) {
	return &session{end: make(chan struct{}, 1)}, nil
}

// close lets go of the names; Windows would do it at the end of the process.
func (s *session) close() {
	for _, h := range []windows.Handle{s.mutex, s.quit} {
		if h != 0 {
			windows.CloseHandle(h)
		}
	}
}

// gone is never closed: Windows ends the program with the session.
func (s *session) gone() <-chan struct{} { return nil }

// claim makes us the one tray of this session, or reports false if there is one.
func (s *session) claim() (bool, error) {
	var err error
	rights := sharedRights()
	s.mutex, err = windows.CreateMutex(rights, false, windows.StringToUTF16Ptr(mutexName))
	if errors.Is(err, windows.ERROR_ALREADY_EXISTS) || errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking Windows whether an icon is there already: %w", err)
	}
	s.quit, err = windows.CreateEvent(rights, 0, 0, windows.StringToUTF16Ptr(quitName))
	if err != nil && !errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		return false, fmt.Errorf("preparing to be asked to quit: %w", err)
	}
	go func() { // ends with the process, or with the first word
		if e, err := windows.WaitForSingleObject(s.quit, windows.INFINITE); err == nil && e == windows.WAIT_OBJECT_0 {
			tap(s.end)
		}
	}()
	return true, nil
}

// sharedRights lets an administrator's setup program ask us to quit, too. nil =
// the rights that Windows gives, on one that does not know the notation.
func sharedRights() *windows.SecurityAttributes {
	sd, err := windows.SecurityDescriptorFromString("D:(A;;GA;;;OW)(A;;GA;;;SY)(A;;GA;;;BA)")
	if err != nil {
		return nil
	}
	a := &windows.SecurityAttributes{SecurityDescriptor: sd}
	a.Length = uint32(unsafe.Sizeof(*a))
	return a
}

func (s *session) shown() <-chan struct{}     { return nil }
func (s *session) ended() <-chan struct{}     { return s.end }
func (s *session) showOther(url string) error { return s.openURL(url) }

// quitOther asks the running tray to end and waits until it has; false means
// that there was none.
func (s *session) quitOther() (bool, error) {
	there := func() bool {
		h, err := windows.OpenMutex(windows.SYNCHRONIZE, false, windows.StringToUTF16Ptr(mutexName))
		if err == nil {
			windows.CloseHandle(h)
		}
		return err == nil || errors.Is(err, windows.ERROR_ACCESS_DENIED)
	}
	if !there() {
		return false, nil
	}
	event, err := windows.OpenEvent(windows.EVENT_MODIFY_STATE, false, windows.StringToUTF16Ptr(quitName))
	if err != nil {
		return true, fmt.Errorf("asking the icon to go: %w", err)
	}
	defer windows.CloseHandle(event)
	if err := windows.SetEvent(event); err != nil {
		return true, fmt.Errorf("asking the icon to go: %w", err)
	}
	for begun := time.Now(); there(); time.Sleep(pollTime) {
		if time.Since(begun) > quitTime {
			return true, errors.New("the icon was asked to go, but is still there")
		}
	}
	return true, nil
}

// wait waits until there is a taskbar: at login we may be earlier.
func (s *session) wait(ctx context.Context, _ bool) {
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for begun := time.Now(); !taskbar() && time.Since(begun) < taskbarTime; {
		select {
		case <-ctx.Done():
			return
		case <-s.end:
			tap(s.end)
			return
		case <-tick.C:
		}
	}
}

// hint says what a user should know who sees no icon, "" for nothing.
func (s *session) hint() string { return "" }

func (s *session) notify(n Note) error {
	s.listen.Do(func() {
		_ = onBalloonClick(func() { go s.openLast() }) // without it a click does nothing
	})
	s.mu.Lock()
	s.url = n.URL
	s.mu.Unlock()
	return balloon(n.Title, n.Text)
}

// openLast opens the page of the balloon that was shown last.
func (s *session) openLast() {
	s.mu.Lock()
	url := s.url
	s.mu.Unlock()
	if url != "" {
		_ = s.openURL(url)
	}
}

func (s *session) say(title, text string) {
	go messageBox(title, text) // ends when the user has read it
}

func (s *session) openURL(url string) error { return execute("open", url, "") }

// openFolder opens the file manager, which asks for rights where they are
// missing.
func (s *session) openFolder(path string) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a folder", path)
	}
	return execute("explore", path, "") // for folders only: never starts a program
}

func (s *session) openLog(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrPermission) {
		return runAs(system32("notepad.exe"), quoted(path))
	}
	if err != nil {
		return err
	}
	f.Close()
	return execute("open", system32("notepad.exe"), quoted(path))
}

// edit opens the settings, as an administrator if the user may not write them.
func (s *session) edit(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrPermission) {
		return runAs(system32("notepad.exe"), quoted(path))
	}
	if err != nil {
		return err
	}
	f.Close()
	return execute("open", system32("notepad.exe"), quoted(path))
}

// runAs starts a program as an administrator; that the user does not want to is
// no error.
func runAs(file, args string) error {
	if err := execute("runas", file, args); !errors.Is(err, windows.ERROR_CANCELLED) {
		return err
	}
	return nil
}

// execute asks the shell to open file.
func execute(verb, file, args string) error {
	var parameters *uint16
	if args != "" {
		parameters = utf16(args)
	}
	err := windows.ShellExecute(0, utf16(verb), utf16(file), parameters, nil, windows.SW_SHOWNORMAL)
	if err != nil {
		return fmt.Errorf("opening %s: %w", file, err)
	}
	return nil
}

func quoted(path string) string { return `"` + path + `"` }

func system32(name string) string {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		dir = `C:\Windows\System32`
	}
	return filepath.Join(dir, name)
}

// escape makes a label show as it is: "&" would underline the next letter, and
// a tab begins a column.
func escape(label string) string { return strings.ReplaceAll(label, "&", "&&") }
