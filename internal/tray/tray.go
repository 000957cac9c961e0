// Package tray is the icon next to the clock: it shows how Logboom is, and its
// menu opens what an admin looks for. It is an ordinary client of the console's
// API and of the service manager, and works as well as it can without either.
//
// What is shown is made by [show] from [Facts], which a loop gathers every few
// seconds. Text of messages is foreign: it is cleaned and cut before it gets
// into a menu or a notification.
//
// Sources: freedesktop.org's StatusNotifierItem and Desktop Notifications
// Specification; org.freedesktop.systemd1(5); Shell_NotifyIcon and "The
// Taskbar" of the Windows documentation.
package tray

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/service"
)

// How often is asked. A console that does not answer is asked less and less
// often, and the service manager seldom, since on Linux that starts a program.
const (
	every      = 3 * time.Second
	everyDoing = time.Second // while the service is started or stopped
	atMost     = 15 * time.Second
	everyQuery = 30 * time.Second // of the service manager, while the console answers
	everyList  = time.Minute      // of the incidents, while their number stays
	listed     = 50               // incidents asked for, to find maxIncidents that are news
	doTime     = 3 * time.Minute  // for the service manager, and for people to type a password
)

// A face is what people see: the icon and its menu.
type face interface {
	show(View)
	clicks() <-chan Click
}

// A manager is the service manager of the system.
type manager interface {
	query(context.Context) (service.State, error)
	// do does what [Command.verb] says, asking people for the right to, and
	// returns when it is done.
	do(ctx context.Context, verb string) error
}

// A desktop opens and shows things for the user. It does not wait for them to
// be closed.
type desktop interface {
	openURL(url string) error
	openFolder(path string) error
	openLog(path string) error
	edit(path string) error // of the settings, which belong to an admin
	notify(Note) error
	say(title, text string) // an answer to a click
}

// errCancelled is what [manager.do] returns if people did not want it after
// all: nothing is said about it.
var errCancelled = errors.New("cancelled")

// A tray is one running icon.
type tray struct {
	client   *client
	manager  manager
	desktop  desktop
	face     face
	settings settings
	version  string

	facts     Facts
	news      news
	failures  int // of the console, in a row
	queriedAt time.Time
	listedAt  time.Time
	listedFor [2]int64 // what the number of incidents was then
	shown     *View    // nil = nothing yet
	files     files    // of the last status

	did chan done // what became of a command of the service
}

type files struct{ config, log, data string }

// A done is what became of a command of the service.
type done struct {
	command Command
	err     error
}

// run shows how Logboom is until ctx is done or somebody quits. show asks for
// the console, as a second start of the program does; it may be nil.
func (t *tray) run(ctx context.Context, show <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	t.did = make(chan done, 1)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			t.look(ctx)
		case d := <-t.did:
			t.facts.Doing = 0
			t.queriedAt, t.failures = time.Time{}, 0
			if d.err != nil && !errors.Is(d.err, errCancelled) {
				t.desktop.say("The service could not be "+pastWords[d.command], d.err.Error())
			}
			t.look(ctx)
		case <-show:
			t.open(t.client.page())
			continue
		case c := <-t.face.clicks():
			if c.Command == Quit {
				return
			}
			t.click(ctx, &wg, c)
		}
		timer.Reset(t.wait())
	}
}

var pastWords = map[Command]string{Start: "started", Stop: "stopped", Restart: "restarted"}

// wait returns how long to the next look.
func (t *tray) wait() time.Duration {
	if t.facts.Doing != 0 {
		return everyDoing
	}
	return min(atMost, every*time.Duration(1+t.failures))
}

// look gathers the facts and shows what is new about them.
func (t *tray) look(ctx context.Context) {
	f := &t.facts
	f.Now, f.Notify = time.Now(), t.settings.Notifications
	f.Status, f.Err = t.client.status(ctx)
	if f.Err != nil {
		t.failures++
	} else {
		t.failures = 0
		t.list(ctx)
		t.files = files{f.Status.Files.Config, f.Status.Files.Log, f.Status.Store.Directory}
	}
	if f.Err != nil || f.Now.Sub(t.queriedAt) >= everyQuery {
		f.Service, f.ServiceErr = t.manager.query(ctx)
		t.queriedAt = f.Now
	}
	if ctx.Err() != nil {
		return
	}
	t.show()
	if note, ok := t.news.note(f.Now, t.client.pageAt); ok {
		_ = t.desktop.notify(note) // without notifications on this desktop the icon says it
	}
}

// list asks for the incidents if there may be new ones.
func (t *tray) list(ctx context.Context) {
	s := t.facts.Status
	number := [2]int64{s.Alerts.Today, int64(s.Incidents)}
	if number == t.listedFor && t.facts.Now.Sub(t.listedAt) < everyList {
		return
	}
	all, err := t.client.incidents(ctx, listed)
	if err != nil {
		return // the next look tries again
	}
	t.listedFor, t.listedAt = number, t.facts.Now
	muted := s.Alerts.MutedUntil > t.facts.Now.UnixMicro()
	t.news.see(all, muted || !t.settings.Notifications)
	t.facts.Incidents = slices.DeleteFunc(all, func(i Incident) bool { return !isNews(i) })
}

// show gives the face the view, if it has changed.
func (t *tray) show() {
	v := show(t.facts)
	if t.shown == nil || v != *t.shown {
		t.shown = &v
		t.face.show(v)
	}
}

// click does what somebody chose.
func (t *tray) click(ctx context.Context, wg *sync.WaitGroup, c Click) {
	switch c.Command {
	case OpenConsole:
		t.open(t.client.page())
	case OpenIncident:
		if c.Number < len(t.facts.Incidents) {
			t.open(t.client.pageAt(t.facts.Incidents[c.Number].Message))
		}
	case Mute:
		minutes := 60
		if t.shown != nil && t.shown.Muted {
			minutes = 0
		}
		if err := t.client.mute(ctx, minutes); err != nil {
			t.desktop.say("Alerts could not be muted", err.Error())
		}
		t.look(ctx)
	case Start, Stop, Restart:
		if t.facts.Doing != 0 {
			return
		}
		t.facts.Doing = c.Command
		t.show()
		wg.Go(func() { // ends after doTime, and with ctx
			ctx, cancel := context.WithTimeout(ctx, doTime)
			defer cancel()
			t.did <- done{c.Command, t.manager.do(ctx, c.Command.verb())}
		})
	case EditConfig:
		t.file("The settings cannot be opened", t.files.config, systemPlaces().config, []string{".toml"}, t.desktop.edit)
	case OpenLog:
		t.file("The log cannot be opened", t.files.log, systemPlaces().log, []string{".log", ".txt"}, t.desktop.openLog)
	case OpenData:
		t.file("The data folder cannot be opened", t.files.data, systemPlaces().data, nil, t.desktop.openFolder)
	case ToggleNotify:
		t.settings.Notifications = !t.settings.Notifications
		if err := t.settings.save(); err != nil {
			t.desktop.say("This is not kept for the next start", err.Error())
		}
		t.facts.Notify = t.settings.Notifications
		t.show()
	case About:
		t.desktop.say("Logboom "+t.version, t.about())
	}
}

func (t *tray) about() string {
	text := "The icon next to the clock of the Logboom syslog server.\nConsole: " + t.client.base
	if s := t.facts.Status; s != nil && s.Version != t.version {
		text += "\nThe server is version " + clean(s.Version, 40) + "."
	}
	return text + "\nMIT licence. https://github.com/logboom/logboom"
}

func (t *tray) open(url string) {
	if err := t.desktop.openURL(url); err != nil {
		t.desktop.say("No browser could be opened", err.Error()+"\nOpen "+url)
	}
}

// file opens what the console said, or else what is in the system's place. The
// console is believed only so far: who holds its port while the service is
// stopped must not get a program started by a click.
func (t *tray) file(trouble, path, usual string, endings []string, open func(string) error) {
	if path == "" || !harmless(path, endings) {
		path = usual
	}
	if err := open(path); err != nil {
		t.desktop.say(trouble, err.Error())
	}
}

// harmless reports whether path is a file of this machine with one of the
// endings that somebody put there who could change Logboom, too; or, without
// endings, a folder of it. What may not be looked into is explained later.
func harmless(path string, endings []string) bool {
	if !filepath.IsAbs(path) || strings.ContainsAny(path, "\x00\r\n\"") || !onThisMachine(path) {
		return false
	}
	info, err := os.Stat(path)
	if endings == nil {
		return err != nil || info.IsDir()
	}
	return slices.Contains(endings, strings.ToLower(filepath.Ext(path))) &&
		(err != nil || info.Mode().IsRegular() && trusted(info))
}
