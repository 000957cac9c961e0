package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	kardianos "github.com/kardianos/service"
)

// A systemd is the service manager of the machine, with the parts that tests
// replace.
type systemd struct {
	root string // before the paths of the system, "" or a test's directory
	uid  int    // ours
	run  func(ctx context.Context, command string, args ...string) (output string, err error)

	// writer returns what writes, enables and removes the unit file.
	writer func(c *Config, unit string) (unitWriter, error)
	lookup func(user string) (uid, gid int, ok bool)
	chown  func(f *os.File, uid, gid int) error
	owner  func(fs.FileInfo) (uid, gid int)
}

// A unitWriter is the part of kardianos/service that we use here.
type unitWriter interface {
	Install() error
	Uninstall() error
}

func install(ctx context.Context, c Config) error   { return system().install(ctx, &c) }
func uninstall(ctx context.Context, c Config) error { return system().uninstall(ctx, &c) }
func start(ctx context.Context, c Config) error     { return system().start(ctx, &c, "start") }
func restart(ctx context.Context, c Config) error   { return system().start(ctx, &c, "restart") }
func stop(ctx context.Context, c Config) error      { return system().stop(ctx, &c) }
func query(ctx context.Context, c Config) (State, error) {
	s, err := system().show(ctx, &c)
	return s.state, err
}

func system() *systemd {
	return &systemd{uid: os.Geteuid(), run: command, writer: kardianosWriter, lookup: lookupUser, chown: chownFile, owner: owner}
}

func (s *systemd) install(ctx context.Context, c *Config) error {
	if err := s.mayChange(ctx, "install"); err != nil {
		return err
	}
	unlock, err := s.lock(c)
	if err != nil {
		return err
	}
	defer unlock()
	if packaged := s.packaged(c); packaged != "" {
		return s.installPackaged(ctx, c, packaged)
	}
	text, err := unit(c)
	if err != nil {
		return err
	}
	if err := s.foreign(c); err != nil {
		return err
	}
	if err := s.visible(c); err != nil {
		return err
	}
	if err := s.account(ctx, c); err != nil {
		return err
	}
	if err := s.rights(c); err != nil {
		return err
	}
	w, err := s.writer(c, text)
	if err != nil {
		return fmt.Errorf("preparing the unit: %w", err)
	}
	if err := os.Remove(s.ownUnit(c)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replacing the unit: %w", err)
	}
	if err := w.Install(); err != nil {
		os.Remove(s.ownUnit(c)) // or the next attempt would find half of it
		return fmt.Errorf("installing %s: %w", s.ownUnit(c), err)
	}
	s.claim(ctx, c)
	return nil
}

func (s *systemd) uninstall(ctx context.Context, c *Config) error {
	if err := s.mayChange(ctx, "uninstall"); err != nil {
		return err
	}
	unlock, err := s.lock(c)
	if err != nil {
		return err
	}
	defer unlock()
	own, packaged := s.exists(s.ownUnit(c)), s.packaged(c)
	if !own && packaged == "" {
		return fmt.Errorf("%w: there is no %s", ErrNotInstalled, s.ownUnit(c))
	}
	foreign := s.foreign(c)
	if packaged != "" && (!own || foreign != nil) {
		return s.uninstallPackaged(ctx, c, packaged)
	}
	if foreign != nil {
		return foreign
	}
	if err := s.stop(ctx, c); err != nil {
		return err
	}
	w, err := s.writer(c, unitMark)
	if err != nil {
		return fmt.Errorf("preparing to remove the unit: %w", err)
	}
	if err := w.Uninstall(); err != nil {
		return fmt.Errorf("removing %s: %w", s.ownUnit(c), err)
	}
	s.release(ctx, c)
	s.run(ctx, "systemctl", "reset-failed", c.Name+".service") // fails if it never failed
	if packaged != "" {                                        // ours covered it, and it must not start in its place
		return s.uninstallPackaged(ctx, c, packaged)
	}
	return nil
}

// start starts or restarts the service, as verb says.
func (s *systemd) start(ctx context.Context, c *Config, verb string) error {
	before, err := s.installed(ctx, c)
	if err != nil {
		return err
	}
	if verb == "start" && before.state == Running {
		return c.await(ctx, Running, startTime, s.looker(ctx, c), s.reason(ctx, c))
	}
	limit, cancel := context.WithTimeout(ctx, startTime+stopTime)
	defer cancel()
	if _, err := s.run(limit, "systemctl", "--no-ask-password", verb, c.Name+".service"); err != nil {
		return s.explain(ctx, c, verb, err)
	}
	return c.await(ctx, Running, startTime, s.looker(ctx, c), s.reason(ctx, c))
}

func (s *systemd) stop(ctx context.Context, c *Config) error {
	if _, err := s.installed(ctx, c); err != nil {
		return err
	}
	limit, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	if _, err := s.run(limit, "systemctl", "--no-ask-password", "stop", c.Name+".service"); err != nil {
		return s.explain(ctx, c, "stop", err)
	}
	look := func() (State, error) {
		now, err := s.show(ctx, c)
		if now.state == Failed { // how it ended does not matter now
			now.state = Stopped
		}
		return now.state, err
	}
	return c.await(ctx, Stopped, stopTime, look, func() string { return "" })
}

// A shown is what systemd says of a unit.
type shown struct {
	state          State
	result, status string // how it ended last, as in "exit-code" and "1"
	invocation     string // of this or the last run, for the journal
}

// show asks systemd; that needs no rights.
func (s *systemd) show(ctx context.Context, c *Config) (shown, error) {
	if err := s.booted(); err != nil {
		return shown{}, err
	}
	out, err := s.run(ctx, "systemctl", "show", "--property=LoadState,ActiveState,SubState,Result,ExecMainStatus,InvocationID", c.Name+".service")
	if err != nil {
		return shown{}, fmt.Errorf("asking systemd for the state: %w", err)
	}
	is := make(map[string]string)
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		is[key] = value
	}
	now := shown{result: is["Result"], status: is["ExecMainStatus"], invocation: is["InvocationID"]}
	switch active := is["ActiveState"]; {
	case is["LoadState"] == "not-found":
		now.state = NotInstalled
	case active == "active", active == "reloading":
		now.state = Running
	case active == "failed", is["SubState"] == "auto-restart":
		now.state = Failed
	case active == "activating":
		now.state = Starting
	case active == "deactivating":
		now.state = Stopping
	case active == "inactive":
		now.state = Stopped
	default:
		return shown{}, fmt.Errorf("systemd tells a state that is not known: %q", out)
	}
	return now, nil
}

func (s *systemd) looker(ctx context.Context, c *Config) func() (State, error) {
	return func() (State, error) {
		now, err := s.show(ctx, c)
		return now.state, err
	}
}

func (s *systemd) installed(ctx context.Context, c *Config) (shown, error) {
	now, err := s.show(ctx, c)
	if err == nil && now.state == NotInstalled {
		err = fmt.Errorf(`%w; "sudo %s service install" does that`, ErrNotInstalled, c.Name)
	}
	return now, err
}

// mayChange checks that there is a systemd and that we are root.
func (s *systemd) mayChange(_ context.Context, verb string) error {
	if err := s.booted(); err != nil {
		return err
	}
	if s.uid != 0 {
		return fmt.Errorf("to %s the service needs root; run the same command with sudo in front", verb)
	}
	return nil
}

// booted checks that systemd runs this machine; see sd_booted(3).
func (s *systemd) booted() error {
	if !s.exists(s.root + "/run/systemd/system") {
		return errors.New(`this system is not run by systemd, and other service managers are not known here; let yours start "run" of this program`)
	}
	return nil
}

func (s *systemd) exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// ownUnit is where the unit of "service install" is.
func (s *systemd) ownUnit(c *Config) string {
	return s.root + "/etc/systemd/system/" + c.Name + ".service"
}

// foreign returns an error if the unit in our place was not written by us.
func (s *systemd) foreign(c *Config) error {
	text, err := os.ReadFile(s.ownUnit(c))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("reading the unit that is there: %w", err)
	case !strings.HasPrefix(string(text), unitMark):
		return fmt.Errorf("%s was not written by this program, and is left alone; move it away and try again", s.ownUnit(c))
	}
	return nil
}

// visible checks that the service will see what it needs.
func (s *systemd) visible(c *Config) error {
	if dir := hiddenWay(c.Executable); dir != "" {
		name := filepath.Base(c.Executable)
		return fmt.Errorf("the service cannot see %s, as %s is closed to it; copy the program first: sudo install %s /usr/local/bin/ && sudo /usr/local/bin/%s service install",
			c.Executable, dir, c.Executable, name)
	}
	for _, path := range slices.Concat(c.Writable, c.Readable) {
		if dir := hiddenWay(path); dir != "" {
			return fmt.Errorf("the service cannot see %s, as %s is closed to it; choose a place such as /var/lib/%s or /etc/%s", path, dir, c.Name, c.Name)
		}
	}
	for _, dir := range c.Writable {
		if shared(dir) || shared(resolved(dir)) {
			return fmt.Errorf("%s belongs to the whole system and cannot be given to the service; choose a directory of its own, such as %s",
				dir, filepath.Join(dir, c.Name))
		}
	}
	return nil
}

// kardianosWriter writes the unit to its place and enables it.
func kardianosWriter(c *Config, text string) (unitWriter, error) {
	return kardianos.New(nothing{}, &kardianos.Config{
		Name: c.Name, DisplayName: c.DisplayName, Description: c.Description,
		Executable: c.Executable, Arguments: c.Arguments,
		Option: kardianos.KeyValue{"SystemdScript": text},
	})
}

// nothing is a program that is never run: we only install with the library.
type nothing struct{}

func (nothing) Start(kardianos.Service) error { return nil }
func (nothing) Stop(kardianos.Service) error  { return nil }

// command runs a program of the system and returns what it prints. The error
// holds that, as people would see it.
func command(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER=", "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin:/usr/bin:/bin")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err == nil {
		return string(out), nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	said := strings.TrimSpace(string(out))
	if said == "" {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(out), fmt.Errorf("%s: %w: %.1000s", name, err, said)
}

func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

func (c *Config) user() string {
	if c.User != "" {
		return c.User
	}
	return c.Name
}
