//go:build linux || windows

package tray

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const help = `The icon next to the clock: shows how Logboom is, and opens what you look for.

Usage:
  logboom-tray [--console URL]

Flags:
  --console URL   where the console is (default ` + DefaultConsole + `)
  --autostart     started by the desktop at login: be quiet if there is an icon already
  --quit          end the icon that is there, and wait until it has gone
  --version       print the version
  --help          print this

There is one icon for each user. Started again, the program opens the console.
`

// options are what the command line asks for.
type options struct {
	console                        string
	autostart, quit, version, help bool
}

// parse reads the command line.
func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("logboom-tray", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.console, "console", DefaultConsole, "")
	f.BoolVar(&o.autostart, "autostart", false, "")
	f.BoolVar(&o.quit, "quit", false, "")
	f.BoolVar(&o.version, "version", false, "")
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		o.help = true
		return o, nil
	}
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("there is no command %q", f.Arg(0))
	}
	return o, err
}

// Main is the program. It must be called from the goroutine of main, and
// returns the exit code: 0, 1 if it could not do it, 2 for wrong usage.
func Main(version string, args []string) int {
	o, err := parse(args)
	out := newOutput()
	switch {
	case err != nil:
		out.fail("logboom-tray: " + err.Error() + "\n  hint: logboom-tray --help\n")
		return 2
	case o.help:
		out.print(help)
		return 0
	case o.version:
		out.print("logboom-tray " + version + "\n")
		return 0
	}
	c, err := newClient(o.console)
	if err != nil {
		out.fail("logboom-tray: " + err.Error() + "\n")
		return 2
	}
	s, err := openSession()
	if err != nil {
		out.fail("logboom-tray: " + err.Error() + "\n")
		return 1
	}
	defer s.close()
	if o.quit {
		there, err := s.quitOther()
		if err != nil {
			out.fail("logboom-tray: " + err.Error() + "\n")
			return 1
		}
		if !there {
			out.print("there was no icon\n")
		}
		return 0
	}
	first, err := s.claim()
	if err != nil {
		out.fail("logboom-tray: " + err.Error() + "\n")
		return 1
	}
	if !first {
		if o.autostart {
			return 0
		}
		out.print("there is an icon already; opening the console\n")
		if err := s.showOther(c.page()); err != nil {
			out.fail("logboom-tray: " + err.Error() + "\n")
			return 1
		}
		return 0
	}
	runIcon(version, c, s, !o.autostart)
	return 0
}

// runIcon shows the icon until somebody quits, the system asks the program to
// end, or the desktop goes away.
func runIcon(version string, c *client, s *session, byHand bool) {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	go func() { // ends with ctx
		select {
		case <-s.gone():
		case <-s.ended():
		case <-ctx.Done():
		}
		cancel()
	}()
	s.wait(ctx, byHand)
	if ctx.Err() != nil {
		return
	}
	directory, _ := os.UserConfigDir() // "" without one
	t := &tray{client: c, manager: newManager(), desktop: s, settings: loadSettings(directory), version: version}
	ready(func() { t.face = newMenu(cancel) }, func() {
		if hint := s.hint(); hint != "" && byHand {
			s.say("Logboom has no place for its icon", hint)
			t.open(c.page())
		}
		t.run(ctx, s.shown())
	})
}

// An output is where the program says something to who started it.
type output struct {
	print func(string)
	fail  func(string)
}

func toFiles(out, err io.Writer) output {
	return output{
		func(s string) { fmt.Fprint(out, s) },
		func(s string) { fmt.Fprint(err, strings.TrimRight(s, "\n")+"\n") },
	}
}
