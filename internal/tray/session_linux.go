package tray

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/logboom/logboom/assets"
)

// How the running tray of a user is called on the bus of the session.
const (
	busName      = "io.github.logboom.Tray"
	busPath      = dbus.ObjectPath("/io/github/logboom/Tray")
	busInterface = busName
)

const (
	busTime   = 5 * time.Second  // for an answer of the desktop
	panelTime = 20 * time.Second // for the panel, at login

	watcher = "org.kde.StatusNotifierWatcher" // the panel's name, while it shows icons
)

// A session is the user's desktop.
type session struct {
	bus        *dbus.Conn
	shows, end chan struct{} // each holds one word

	mu   sync.Mutex
	urls map[uint32]string // of notifications on the screen
}

// openSession connects to the desktop of the user.
func openSession() (*session, error) {
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		return nil, fmt.Errorf("there is no desktop here to show an icon on: %w", err)
	}
	s := &session{bus: bus, shows: make(chan struct{}, 1), end: make(chan struct{}, 1), urls: map[uint32]string{}}
	return s, nil
}

func (s *session) close() { s.bus.Close() }

// gone is closed when the desktop goes away.
func (s *session) gone() <-chan struct{} { return s.bus.Context().Done() }

// claim makes us the one tray of this user, or reports false if there is one.
func (s *session) claim() (bool, error) {
	if err := s.bus.Export(&remote{s}, busPath, busInterface); err != nil {
		return false, err
	}
	reply, err := s.bus.RequestName(busName, dbus.NameFlagDoNotQueue)
	if err != nil {
		return false, fmt.Errorf("asking the desktop whether an icon is there already: %w", err)
	}
	if reply != dbus.RequestNameReplyPrimaryOwner {
		return false, nil
	}
	return true, s.listen()
}

// A remote is what other starts of the program ask of the running one. Only
// programs of the same user reach the bus.
type remote struct{ s *session }

// Show opens the console.
func (r *remote) Show() *dbus.Error {
	tap(r.s.shows)
	return nil
}

// Quit ends the tray.
func (r *remote) Quit() *dbus.Error {
	tap(r.s.end)
	return nil
}

func (s *session) shown() <-chan struct{} { return s.shows }
func (s *session) ended() <-chan struct{} { return s.end }
func (s *session) showOther(string) error { return s.call("Show") }
func (s *session) call(method string) error {
	ctx, cancel := context.WithTimeout(context.Background(), busTime)
	defer cancel()
	return s.bus.Object(busName, busPath).CallWithContext(ctx, busInterface+"."+method, dbus.FlagNoAutoStart).Err
}

// quitOther asks the running tray to end and waits until it has; false means
// that there was none.
func (s *session) quitOther() (bool, error) {
	if !s.owned(busName) {
		return false, nil
	}
	changes := make(chan *dbus.Signal, 8)
	s.bus.Signal(changes)
	if err := s.bus.AddMatchSignal(dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, busName)); err != nil {
		return true, err
	}
	if err := s.call("Quit"); err != nil && s.owned(busName) {
		return true, fmt.Errorf("asking the icon to go: %w", err)
	}
	deadline := time.After(busTime)
	for s.owned(busName) {
		select {
		case <-changes:
		case <-deadline:
			return true, errors.New("the icon was asked to go, but is still there")
		}
	}
	return true, nil
}

// wait waits until there is a panel that shows icons: at login we may be earlier.
// systray, which we use, registers the icon when one comes, but for a moment
// after its start it does not look.
func (s *session) wait(ctx context.Context, byHand bool) {
	if byHand {
		return // then there is a panel, or none comes
	}
	changes := make(chan *dbus.Signal, 8)
	s.bus.Signal(changes)
	defer s.bus.RemoveSignal(changes)
	match := []dbus.MatchOption{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, watcher)}
	if s.bus.AddMatchSignal(match...) != nil {
		return
	}
	defer func() { _ = s.bus.RemoveMatchSignal(match...) }() // one that stays does no harm
	deadline := time.After(panelTime)
	for !s.owned(watcher) {
		select {
		case <-ctx.Done():
			return
		case <-changes:
		case <-deadline:
			return
		}
	}
}

// owned reports whether a program on the bus has the name.
func (s *session) owned(name string) bool {
	var there bool
	err := s.bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&there)
	return err == nil && there
}

// hint says what a user should know who sees no icon, "" for nothing.
func (s *session) hint() string {
	var there bool
	err := s.bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, watcher).Store(&there)
	if err != nil || there {
		return ""
	}
	return "This desktop shows no tray icons. GNOME needs the extension \"AppIndicator and KStatusNotifierItem Support\". The console works without."
}

const (
	notifications = "org.freedesktop.Notifications"
	maxURLs       = 50 // notifications whose click is remembered
)

// listen learns of clicks on notifications, until the bus is closed.
func (s *session) listen() error {
	if err := s.bus.AddMatchSignal(dbus.WithMatchInterface(notifications)); err != nil {
		return err
	}
	signals := make(chan *dbus.Signal, 16)
	s.bus.Signal(signals)
	go func() { // ends when the bus is closed, which closes signals
		for sig := range signals {
			if len(sig.Body) == 0 {
				continue
			}
			id, _ := sig.Body[0].(uint32)
			s.mu.Lock()
			url := s.urls[id]
			if sig.Name == notifications+".NotificationClosed" {
				delete(s.urls, id)
			}
			s.mu.Unlock()
			if url != "" && sig.Name == notifications+".ActionInvoked" {
				_ = s.openURL(url) // there is nobody to tell: the click was seconds ago
			}
		}
	}()
	return nil
}

func (s *session) notify(n Note) error { return s.post(n, assets.Incident) }

// post shows a notification with the picture of a state.
func (s *session) post(n Note, state string) error {
	ctx, cancel := context.WithTimeout(context.Background(), busTime)
	defer cancel()
	desktop := s.bus.Object(notifications, "/org/freedesktop/Notifications")
	var can []string
	if err := desktop.CallWithContext(ctx, notifications+".GetCapabilities", 0).Store(&can); err != nil {
		return fmt.Errorf("showing a notification: %w", err)
	}
	text := n.Text
	if slices.Contains(can, "body-markup") {
		text = html.EscapeString(text) // what looks like markup is none
	}
	args := []any{"Logboom", uint32(0), "logboom", n.Title, text, []string{}, map[string]dbus.Variant{
		"desktop-entry": dbus.MakeVariant("logboom-tray"), "urgency": dbus.MakeVariant(byte(1)),
	}, int32(-1)}
	if p, ok := pixels(assets.TrayIcon(state)); ok {
		args[6].(map[string]dbus.Variant)["image-data"] = dbus.MakeVariant(p)
	}
	if n.URL != "" {
		args[5] = []string{"default", "Open the console"}
	}
	var id uint32
	if err := desktop.CallWithContext(ctx, notifications+".Notify", 0, args...).Store(&id); err != nil {
		return fmt.Errorf("showing a notification: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.urls) >= maxURLs {
		clear(s.urls)
	}
	s.urls[id] = n.URL
	return nil
}

// A picture is the image-data of the Desktop Notifications Specification.
type picture struct {
	Width, Height, RowStride int32
	HasAlpha                 bool
	BitsPerSample, Channels  int32
	Data                     []byte
}

func pixels(b []byte) (picture, bool) {
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return picture{}, false
	}
	flat := image.NewNRGBA(img.Bounds())
	draw.Draw(flat, flat.Bounds(), img, img.Bounds().Min, draw.Src)
	return picture{int32(flat.Rect.Dx()), int32(flat.Rect.Dy()), int32(flat.Stride), true, 8, 4, flat.Pix}, true
}

func (s *session) say(title, text string) {
	if s.post(Note{Title: title, Text: text}, assets.Running) != nil {
		fmt.Fprintf(os.Stderr, "logboom-tray: %s: %s\n", title, text)
	}
}

func (s *session) openURL(url string) error { return launch("xdg-open", url) }

func (s *session) openFolder(path string) error {
	if err := mayRead(path); err != nil {
		return err
	}
	return launch("xdg-open", path)
}

func (s *session) openLog(path string) error {
	f, err := os.Open(path)
	if err == nil {
		f.Close()
		return launch("xdg-open", path)
	}
	if terminal("journalctl", "--unit=logboom", "--lines=200", "--follow") == nil {
		return nil // the journal has the same lines
	}
	return denied(err, path)
}

// edit opens the settings: in a terminal with the right to, if the user has
// not got it himself.
func (s *session) edit(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		f.Close()
		return launch("xdg-open", path)
	}
	if terminal("sudoedit", path) == nil {
		return nil
	}
	return fmt.Errorf("they belong to root; run: sudoedit %s", path)
}

// mayRead reports whether the folder may be looked into.
func mayRead(path string) error {
	if _, err := os.ReadDir(path); err != nil {
		return denied(err, path)
	}
	return nil
}

func denied(err error, path string) error {
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("only root and the group logboom may look into %s; \"sudo adduser $USER logboom\" adds you to it, from the next login on", path)
	}
	return err
}

// terminals are programs that run a command in a window, and what comes before
// the command.
var terminals = [][]string{
	{"x-terminal-emulator", "-e"}, {"gnome-terminal", "--"}, {"konsole", "-e"}, {"xfce4-terminal", "-x"}, {"xterm", "-e"},
}

func terminal(command ...string) error {
	if _, err := exec.LookPath(command[0]); err != nil {
		return err
	}
	for _, t := range terminals {
		if launch(t[0], append(t[1:len(t):len(t)], command...)...) == nil {
			return nil
		}
	}
	return exec.ErrNotFound
}

// launch starts a program and does not wait for its end. One that ends at once
// with an error has not worked.
func launch(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return fmt.Errorf("%s is not installed", name)
		}
		return fmt.Errorf("starting %s: %w", name, err)
	}
	failed := make(chan error, 1)
	go func() { failed <- cmd.Wait() }() // ends with the program
	select {
	case err := <-failed:
		if err != nil {
			return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
		}
		return nil
	case <-time.After(500 * time.Millisecond):
		return nil
	}
}

// escape makes a label show as it is: "_" would underline the next letter.
func escape(label string) string { return strings.ReplaceAll(label, "_", "__") }

// sharpen is for systems that would scale the icon.
func sharpen([]byte) {}
