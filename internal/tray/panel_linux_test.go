package tray

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// A panel stands for the desktop: it takes icons and notifications.
type panel struct {
	t     *testing.T
	bus   *dbus.Conn
	items chan string // who registered an icon

	mu    sync.Mutex
	noted []string
}

func (p *panel) RegisterStatusNotifierItem(_ string, sender dbus.Sender) *dbus.Error {
	p.items <- string(sender)
	return nil
}

func (p *panel) GetCapabilities() ([]string, *dbus.Error) {
	return []string{"body", "body-markup", "actions"}, nil
}

func (p *panel) Notify(app string, _ uint32, _, title, text string, actions []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noted = append(p.noted, fmt.Sprintf("%s|%s|%s|%s", app, title, text, strings.Join(actions, ",")))
	return uint32(len(p.noted)), nil
}

func (p *panel) notes() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.noted, "\n")
}

func newPanel(t *testing.T, address string) *panel {
	t.Helper()
	bus, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	p := &panel{t: t, bus: bus, items: make(chan string, 4)}
	for _, e := range []struct{ name, path string }{
		{"org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"}, {notifications, "/org/freedesktop/Notifications"},
	} {
		if err := bus.Export(p, dbus.ObjectPath(e.path), e.name); err != nil {
			t.Fatal(err)
		}
		if r, err := bus.RequestName(e.name, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
			t.Fatal(r, err)
		}
	}
	return p
}

// line is an entry of a menu as the bus gives it.
type line struct {
	ID       int32
	Props    map[string]dbus.Variant
	Children []dbus.Variant
}

// menuOf reads the menu of an icon: the label of each line that is seen and
// can be clicked, or "(label)" if it cannot, with its id.
func (p *panel) menuOf(owner string) map[string]int32 {
	var revision uint32
	var root line
	err := p.bus.Object(owner, "/StatusNotifierItem/menu").Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root)
	if err != nil {
		p.t.Fatal("reading the menu: ", err)
	}
	labels := map[string]int32{}
	var walk func(line)
	walk = func(l line) {
		for _, c := range l.Children {
			var child line
			if err := dbus.Store([]any{c.Value()}, &child); err != nil {
				p.t.Fatal(err)
			}
			label, _ := child.Props["label"].Value().(string)
			if visible, set := child.Props["visible"].Value().(bool); set && !visible {
				continue
			}
			if enabled, set := child.Props["enabled"].Value().(bool); set && !enabled {
				label = "(" + label + ")"
			}
			labels[label] = child.ID
			walk(child)
		}
	}
	walk(root)
	return labels
}

// await waits until is holds.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("in 20 s there was no ", what)
		}
	}
}

// entry waits for a line of the menu and returns its id.
func (p *panel) entry(owner, label string) (id int32) {
	p.t.Helper()
	var labels map[string]int32
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the menu is %v", labels)
		}
	}()
	await(p.t, fmt.Sprintf("line %q in the menu", label), func() (ok bool) {
		labels = p.menuOf(owner)
		id, ok = labels[label]
		return ok
	})
	return id
}

func (p *panel) click(owner, label string) {
	p.t.Helper()
	id := p.entry(owner, label)
	err := p.bus.Object(owner, "/StatusNotifierItem/menu").Call("com.canonical.dbusmenu.Event", 0, id, "clicked", dbus.MakeVariant(""), uint32(0)).Err
	if err != nil {
		p.t.Fatal(err)
	}
}

// icon returns the picture of an icon, as bytes that tell pictures apart.
func (p *panel) icon(owner string) string {
	v, err := p.bus.Object(owner, "/StatusNotifierItem").GetProperty("org.kde.StatusNotifierItem.IconPixmap")
	if err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprint(v.Value())
}
