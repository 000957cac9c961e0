package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// packaged returns the unit that a package installed, or "". Such a unit is
// switched on and off, and never covered by one of ours.
func (s *systemd) packaged(c *Config) string {
	for _, dir := range []string{"/usr/lib/systemd/system/", "/lib/systemd/system/"} {
		if path := s.root + dir + c.Name + ".service"; s.exists(path) {
			return path
		}
	}
	return ""
}

// installPackaged enables the unit of a package. One that we wrote before the
// package came is removed; one that an administrator wrote to cover it stays.
func (s *systemd) installPackaged(ctx context.Context, c *Config, packaged string) error {
	if err := s.same(c, packaged); err != nil {
		return err
	}
	if err := s.visible(c); err != nil {
		return err
	}
	if s.exists(s.ownUnit(c)) && s.foreign(c) == nil {
		w, err := s.writer(c, unitMark)
		if err != nil {
			return fmt.Errorf("preparing to remove the unit that covers %s: %w", packaged, err)
		}
		if err := w.Uninstall(); err != nil {
			return fmt.Errorf("removing %s, which covers %s: %w", s.ownUnit(c), packaged, err)
		}
		s.release(ctx, c)
	}
	if err := s.account(ctx, c); err != nil {
		return err
	}
	if err := s.rights(c); err != nil {
		return err
	}
	if err := s.dropIn(ctx, c); err != nil {
		return err
	}
	_, err := s.run(ctx, "systemctl", "enable", c.Name+".service")
	return wrap(err, "enabling the packaged unit %s", packaged)
}

// uninstallPackaged stops and disables the unit of a package.
func (s *systemd) uninstallPackaged(ctx context.Context, c *Config, packaged string) error {
	if _, err := s.run(ctx, "systemctl", "disable", "--now", c.Name+".service"); err != nil {
		return fmt.Errorf("disabling the packaged unit %s: %w", packaged, err)
	}
	if had, err := os.ReadFile(s.dropInPath(c)); err != nil || !strings.HasPrefix(string(had), unitMark) {
		return nil // there is none of ours
	}
	if err := os.Remove(s.dropInPath(c)); err != nil {
		return fmt.Errorf("taking the service's directories back: %w", err)
	}
	os.Remove(filepath.Dir(s.dropInPath(c))) // if it was the only one
	_, err := s.run(ctx, "systemctl", "daemon-reload")
	return wrap(err, "telling systemd that its directories are gone")
}

// claim keeps dpkg from deleting the settings that a removed package has left and
// that are our service's now: a purge deletes them before any script of the
// package is asked. That package's are diverted, as dpkg says, to another name.
func (s *systemd) claim(ctx context.Context, c *Config) {
	status, err := s.run(ctx, "dpkg-query", "--show", "--showformat=${Status}", c.Name)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(status), " config-files") {
		return // never there, or another kind of system
	}
	if err := s.divert(ctx, c, "--add"); err != nil && c.Warn != nil {
		c.Warn(fmt.Sprintf("a purge of the package %s will delete %s: %v", c.Name, settings(c), err))
	}
}

// release ends what claim did.
func (s *systemd) release(ctx context.Context, c *Config) {
	name, err := s.run(ctx, "dpkg-divert", "--truename", settings(c))
	if err != nil || strings.TrimSpace(name) != settings(c)+".package" {
		return
	}
	if err := s.divert(ctx, c, "--remove"); err != nil && c.Warn != nil {
		c.Warn(fmt.Sprintf("a package %s that is installed later will not see %s: %v", c.Name, settings(c), err))
	}
}

func (s *systemd) divert(ctx context.Context, c *Config, verb string) error {
	_, err := s.run(ctx, "dpkg-divert", "--local", "--quiet", "--no-rename", "--divert", settings(c)+".package", verb, settings(c))
	return err
}

func settings(c *Config) string { return "/etc/" + c.Name + "/config.toml" }

// same checks that the unit of the package starts the program as c asks for.
// With drop-ins of an administrator it is hers to know.
func (s *systemd) same(c *Config, packaged string) error {
	text, err := os.ReadFile(packaged)
	if err != nil {
		return fmt.Errorf("reading the packaged unit: %w", err)
	}
	var has []string
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), "ExecStart="); ok {
			has = strings.Fields(command)
		}
	}
	others, _ := filepath.Glob(filepath.Dir(s.dropInPath(c)) + "/*.conf")
	others = slices.DeleteFunc(others, func(path string) bool { return path == s.dropInPath(c) })
	if len(has) == 0 || slices.Equal(has[1:], c.Arguments) || len(others) > 0 || s.exists(s.ownUnit(c)) && s.foreign(c) != nil {
		return nil
	}
	return fmt.Errorf("the service of the package is started with %q, and not with %q; put the settings where that is, or change the command: sudo systemctl edit %s",
		strings.Join(has[1:], " "), strings.Join(c.Arguments, " "), c.Name)
}

// dropInPath is our file beside the packaged unit; postrm knows it, too. Others
// in that directory are an administrator's.
func (s *systemd) dropInPath(c *Config) string {
	return s.ownUnit(c) + ".d/50-" + c.Name + "-directories.conf"
}

// dropIn lets the packaged unit write to directories that are not the system's
// usual ones, with a file beside it.
func (s *systemd) dropIn(ctx context.Context, c *Config) error {
	path, text := s.dropInPath(c), ""
	for _, dir := range c.Writable {
		if !owned(c.Name, dir) {
			text += "ReadWritePaths=" + quote("-"+dir, false) + "\n"
		}
	}
	had, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading which directories the service has: %w", err)
	}
	if text != "" {
		text = unitMark + "\n[Service]\n" + text
	}
	ours := err != nil || strings.HasPrefix(string(had), unitMark)
	switch {
	case text == string(had), text == "" && !ours:
		return nil
	case !ours:
		return fmt.Errorf("%s was not written by this program, and is left alone; move it away and try again", path)
	case text == "":
		err = os.Remove(path)
	default:
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
	}
	if err != nil {
		return fmt.Errorf("giving the service its directories: %w", err)
	}
	_, err = s.run(ctx, "systemctl", "daemon-reload")
	return wrap(err, "telling systemd which directories the service has")
}

// lock keeps a second install or uninstall away until unlock is called.
func (s *systemd) lock(c *Config) (unlock func(), err error) {
	f, err := os.OpenFile(s.root+"/run/"+c.Name+"-install.lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making sure that nobody else installs at the same time: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is just being installed or removed by another command; wait until that has ended and try again", c.Name)
		}
		return nil, fmt.Errorf("making sure that nobody else installs at the same time: %w", err)
	}
	return func() { f.Close() }, nil // which releases it
}
