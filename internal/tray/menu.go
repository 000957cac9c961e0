//go:build linux || windows

package tray

import (
	"fmt"
	"os"
	"sync"

	"fyne.io/systray"

	"github.com/logboom/logboom/assets"
)

// A menu is the face: an icon in the tray, and the menu that it opens. All but
// clicked belongs to who calls show.
type menu struct {
	clicked chan Click
	icon    string
	tip     string

	state, problem, incidents *item
	last                      [maxIncidents]*item
	items                     map[Command]*item
}

// newMenu makes the menu. It must be called once systray is ready. quit is
// called at once when somebody quits.
func newMenu(quit func()) *menu {
	m := &menu{clicked: make(chan Click, 1), items: map[Command]*item{}}
	m.state = newItem(systray.AddMenuItem("Logboom", ""))
	m.problem = newItem(systray.AddMenuItem("Needs attention", ""))
	systray.AddSeparator()
	m.add(OpenConsole, "Open the console")
	m.incidents = newItem(systray.AddMenuItem("Last incidents", ""))
	for n := range m.last {
		m.last[n] = newItem(m.incidents.AddSubMenuItem("Incident", ""))
		m.pass(m.last[n], Click{OpenIncident, n})
	}
	m.add(Mute, "Mute alerts for an hour")
	systray.AddSeparator()
	m.add(Start, "Start the service")
	m.add(Stop, "Stop the service")
	m.add(Restart, "Restart the service")
	systray.AddSeparator()
	m.add(EditConfig, "Edit the settings")
	m.add(OpenData, "Open the data folder")
	m.add(OpenLog, "Open the log")
	systray.AddSeparator()
	m.items[ToggleNotify] = newItem(systray.AddMenuItemCheckbox("Show new incidents here", "", true))
	m.pass(m.items[ToggleNotify], Click{Command: ToggleNotify})
	m.add(About, "About Logboom")
	leave := newItem(systray.AddMenuItem("Quit", ""))
	go func() { // ends with the process
		<-leave.ClickedCh
		quit()
	}()
	return m
}

func (m *menu) add(c Command, label string) {
	m.items[c] = newItem(systray.AddMenuItem(escape(label), ""))
	m.pass(m.items[c], Click{Command: c})
}

// pass passes the clicks of an item on. One that comes while another waits is
// dropped: nobody means to click so fast.
func (m *menu) pass(i *item, c Click) {
	go func() { // ends with the process, as the items do
		for range i.ClickedCh {
			select {
			case m.clicked <- c:
			default:
			}
		}
	}()
}

func (m *menu) clicks() <-chan Click { return m.clicked }

// show makes the icon and the menu look like v.
func (m *menu) show(v View) {
	defer func() {
		// systray panics if the desktop has gone away, which ends the session
		// and soon us.
		if fault := recover(); fault != nil {
			fmt.Fprintln(os.Stderr, "logboom-tray: the tray is gone:", fault)
		}
	}()
	if v.Icon != m.icon {
		m.icon = v.Icon
		systray.SetIcon(assets.TrayIcon(v.Icon))
		sharpen(assets.TrayIcon(v.Icon))
	}
	if v.Tooltip != m.tip {
		m.tip = v.Tooltip
		systray.SetTooltip(v.Tooltip)
	}
	m.state.set(look{label: v.State})
	m.problem.set(look{label: v.Problem, hidden: v.Problem == ""})
	m.incidents.set(look{label: v.Incidents, enabled: v.Last[0] != ""})
	for n, label := range v.Last {
		m.last[n].set(look{label: label, enabled: true, hidden: label == ""})
	}
	m.items[Mute].set(look{label: v.Mute, enabled: v.CanMute})
	for c, can := range map[Command]bool{Start: v.CanStart, Stop: v.CanStop, Restart: v.CanRestart} {
		l := m.items[c].now
		l.enabled = can
		m.items[c].set(l)
	}
	l := m.items[ToggleNotify].now
	l.checked = v.Notify
	m.items[ToggleNotify].set(l)
}

// An item is a line of the menu that changes only what is to be changed: each
// change is a message to the desktop.
type item struct {
	*systray.MenuItem
	now look
}

type look struct {
	label                    string // as it is to be seen; "" = as it was
	enabled, checked, hidden bool
}

func newItem(i *systray.MenuItem) *item {
	return &item{MenuItem: i, now: look{enabled: true, checked: i.Checked()}}
}

func (i *item) set(l look) {
	before := i.now
	if i.now = l; l == before {
		return
	}
	// What is hidden must not be changed: on Windows that would show it.
	if l.hidden {
		if !before.hidden {
			i.Hide()
		}
		return
	}
	if l.label != "" && l.label != before.label {
		i.SetTitle(escape(l.label))
	}
	if l.enabled != before.enabled {
		set(l.enabled, i.Enable, i.Disable)
	}
	if l.checked != before.checked {
		set(l.checked, i.Check, i.Uncheck)
	}
	if before.hidden {
		i.Show()
	}
}

func set(on bool, yes, no func()) {
	if on {
		yes()
	} else {
		no()
	}
}

// ready runs the tray: build makes the menu, once there can be one, and body
// then runs until the icon is to go. It must be called from the goroutine of
// main, and returns when body has.
func ready(build, body func()) {
	var wg sync.WaitGroup
	systray.SetTitle("Logboom")
	systray.Run(func() {
		build()
		wg.Go(func() {
			body()
			systray.Quit()
		})
	}, func() {})
	wg.Wait()
}
