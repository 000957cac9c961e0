// Package service installs and runs a program as a service of the operating
// system: under systemd on Linux, under the service manager on Windows.
//
// An operation ends when what it was asked for is so, or says why it is not:
// [Start] returns when the service answers, not when it was asked to start.
// Errors are for people and say what to do next.
//
// Sources: systemd.service(5), sd_notify(3), systemd.exec(5); "Service Control
// Manager" and "Service State Transitions" of the Windows documentation.
package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Config describes a service.
type Config struct {
	Name        string // of the service, as in "logboom"
	DisplayName string // for people; shown by Windows
	Description string // a sentence; shown by Windows

	Executable string   // absolute; "" = the program that runs now
	Arguments  []string // for it; paths among them must be absolute

	// Unit is the text of a systemd unit, whose ExecStart is replaced by
	// Executable and Arguments.
	Unit string

	User     string   // Linux: system account, made if missing; "" = Name. On Windows it is NT SERVICE\Name
	Writable []string // directories that the service writes to: made and given to it
	Readable []string // files that it reads: their group is given the right
	Folder   string   // Windows: of the settings, made and closed by [SettingsFolder]; "" = none

	// Log is the file that the service writes its own log to. On Windows, which
	// keeps nothing of what a program says, its last lines explain a start that
	// fails; "" = there is none.
	Log string

	// Ready tells whether the service does its work; it is asked again and
	// again after the start until it returns nil. nil = not asked.
	Ready func(ctx context.Context) error

	// Warn is told what did not work but does not hinder; nil = nobody.
	Warn func(text string)
}

// A State is what a service is doing.
type State uint8

// The states of a service.
const (
	NotInstalled State = iota
	Stopped
	Starting
	Running
	Stopping
	Failed // ended by itself; the manager may start it again
)

// String returns the state in words, such as "not installed".
func (s State) String() string {
	names := [...]string{"not installed", "stopped", "starting", "running", "stopping", "failed"}
	if int(s) >= len(names) {
		return fmt.Sprintf("state %d", s)
	}
	return names[s]
}

// ErrNotInstalled is wrapped by the errors of all operations but [Query] on a
// service that is not installed.
var ErrNotInstalled = errors.New("the service is not installed")

// How long operations wait for what they asked for. A stop may take as long as
// the unit's TimeoutStopSec and a little.
const (
	startTime = 30 * time.Second
	stopTime  = 45 * time.Second
	pollTime  = 100 * time.Millisecond
)

// readyTime is after when a service that has not said that it is ready is
// taken to be: what it still does, such as filing after a crash, may be long.
const readyTime = 20 * time.Second

// Install makes the service known to the system and starts it with the system.
// It does not start it now. Installed again, it gets the new settings.
func Install(ctx context.Context, c Config) error {
	if err := c.complete(); err != nil {
		return err
	}
	return install(ctx, c)
}

// Uninstall stops the service and makes the system forget it. Its data and
// settings stay.
func Uninstall(ctx context.Context, c Config) error { return uninstall(ctx, c) }

// Start starts the service and waits until it runs and is ready.
func Start(ctx context.Context, c Config) error { return start(ctx, c) }

// Stop stops the service and waits until it has ended. One that does not run
// is fine.
func Stop(ctx context.Context, c Config) error { return stop(ctx, c) }

// Restart stops the service if it runs, starts it, and waits as [Start] does.
func Restart(ctx context.Context, c Config) error { return restart(ctx, c) }

// Query returns what the service is doing. It needs no special rights.
func Query(ctx context.Context, c Config) (State, error) { return query(ctx, c) }

// complete fills in what c leaves open and checks the rest.
func (c *Config) complete() error {
	if c.Executable == "" {
		path, err := os.Executable()
		if err != nil {
			return fmt.Errorf("finding the program's own file: %w", err)
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real // /proc/self/exe and shims may go away
		}
		c.Executable = path
	}
	for _, path := range slices.Concat([]string{c.Executable}, c.Writable, c.Readable) {
		if !filepath.IsAbs(path) {
			return fmt.Errorf("a service has no working directory, so %q must be an absolute path", path)
		}
	}
	for _, text := range slices.Concat([]string{c.Name, c.Executable}, c.Arguments, c.Writable, c.Readable) {
		if strings.ContainsAny(text, "\x00\r\n") {
			return fmt.Errorf("%q holds a line break, which a service cannot be given", text)
		}
	}
	if info, err := os.Stat(c.Executable); err != nil {
		return fmt.Errorf("the program is not where the service would look for it: %w", err)
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a program file", c.Executable)
	}
	return nil
}

// await asks look every [pollTime] until the service is in state want and, if
// that is Running, is ready. It gives up after bound, or when look returns an
// error. why is asked for the reason if the time is over.
func (c *Config) await(ctx context.Context, want State, bound time.Duration, look func() (State, error), why func() string) error {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	var notReady error
	for {
		state, err := look()
		if err != nil {
			return err
		}
		if state == want {
			if want != Running || c.Ready == nil {
				return nil
			}
			if notReady = c.Ready(ctx); notReady == nil {
				return nil
			}
		}
		select {
		case <-time.After(pollTime):
			continue
		case <-ctx.Done():
		}
		text := fmt.Sprintf("%s is %v and not %v after %v", c.Name, state, want, bound)
		if state == want {
			text = fmt.Sprintf("%s runs, but does not answer after %v: %v", c.Name, bound, notReady)
		}
		if reason := why(); reason != "" {
			text += "\n" + reason
		}
		return errors.New(text)
	}
}
