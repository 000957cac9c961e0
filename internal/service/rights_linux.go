package service

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account makes the system account that the service runs as, if it is missing.
func (s *systemd) account(ctx context.Context, c *Config) error {
	name, home := c.user(), "/var/lib/"+c.Name
	if _, _, ok := s.lookup(name); ok {
		return nil
	}
	_, err := s.run(ctx, "useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home, "--shell", "/usr/sbin/nologin",
		"--comment", c.DisplayName, name)
	if err != nil {
		if _, err2 := s.run(ctx, "systemd-sysusers", "--inline", fmt.Sprintf("u %s - %q %s", name, c.DisplayName, home)); err2 != nil {
			return fmt.Errorf("making the account %s: %w", name, err)
		}
	}
	if _, _, ok := s.lookup(name); !ok {
		return fmt.Errorf("the account %s was made, but cannot be found", name)
	}
	return nil
}

// rights gives the account its directories and lets it read its files. What
// somebody has set up on purpose, with another owner or group, stays.
func (s *systemd) rights(c *Config) error {
	uid, gid, ok := s.lookup(c.user())
	if !ok {
		return fmt.Errorf("there is no account %s", c.user())
	}
	for _, dir := range c.Writable {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fmt.Errorf("making a directory for the service: %w", err)
		}
		if err := s.give(dir, uid, gid); err != nil {
			return err
		}
	}
	for _, path := range c.Readable {
		if err := s.open(path, gid); err != nil {
			return err
		}
	}
	return s.configuration(c, gid)
}

// configuration gives the directory of the unit's ConfigurationDirectory the
// mode that the unit asks for, if it is root's alone; systemd would only
// complain at each start.
func (s *systemd) configuration(c *Config, gid int) error {
	dir := s.root + "/etc/" + c.Name
	info, err := os.Stat(dir)
	if err != nil {
		return nil // systemd makes it
	}
	if uid, group := s.owner(info); uid != 0 || group != 0 && group != gid {
		return nil
	}
	if err := s.chown(dir, 0, gid); err != nil {
		return fmt.Errorf("letting the service read its settings: %w", err)
	}
	if err := os.Chmod(dir, 0o750); err != nil {
		return fmt.Errorf("letting the service read its settings: %w", err)
	}
	return nil
}

// give makes dir, and the files in it that are root's, from a run by hand, the
// account's.
func (s *systemd) give(dir string, uid, gid int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("giving a directory to the service: %w", err)
	}
	paths := []string{dir}
	for _, e := range entries {
		if e.Type().IsRegular() {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil {
			continue // it has just gone
		}
		if uid, _ := s.owner(info); uid != 0 {
			continue
		}
		if err := s.chown(path, uid, gid); err != nil {
			return fmt.Errorf("giving the service its files: %w", err)
		}
	}
	return nil
}

// open lets the group read path, and pass through the directory it is in, if
// they are root's alone.
func (s *systemd) open(path string, gid int) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("the service is to read it: %w", err)
	}
	for _, p := range []struct {
		path string
		need fs.FileMode // of the group
	}{{filepath.Dir(path), 0o010}, {path, 0o040}} {
		info, err := os.Stat(p.path)
		if err != nil {
			return fmt.Errorf("the service is to read it: %w", err)
		}
		uid, group := s.owner(info)
		if info.Mode().Perm()&(p.need>>3) != 0 || uid != 0 || group != 0 {
			continue // everybody may, or somebody has thought about it
		}
		if err := s.chown(p.path, 0, gid); err != nil {
			return fmt.Errorf("letting the service read its files: %w", err)
		}
		if err := os.Chmod(p.path, info.Mode().Perm()|p.need); err != nil {
			return fmt.Errorf("letting the service read its files: %w", err)
		}
	}
	return nil
}

func owner(info fs.FileInfo) (uid, gid int) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid), int(st.Gid)
	}
	return -1, -1
}

// lookupUser finds a system account.
func lookupUser(name string) (uid, gid int, ok bool) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, false
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return uid, gid, err1 == nil && err2 == nil
}
