package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
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
// somebody has set up on purpose, with another owner or group, stays. Root must
// not be led astray by what the service, or anybody else, may put in the way;
// see [systemd.way].
func (s *systemd) rights(c *Config) error {
	uid, gid, ok := s.lookup(c.user())
	if !ok {
		return fmt.Errorf("there is no account %s", c.user())
	}
	for _, dir := range c.Writable {
		if err := s.give(c, dir, uid, gid); err != nil {
			return err
		}
	}
	for _, path := range c.Readable {
		if err := s.open(c, path, gid); err != nil {
			return err
		}
	}
	return s.configuration(c, gid)
}

// configuration gives the directory of the unit's ConfigurationDirectory the
// mode that the unit asks for, if it is root's alone; systemd would only
// complain at each start.
func (s *systemd) configuration(c *Config, gid int) error {
	dir, loose, err := s.way(s.root + "/etc/" + c.Name)
	if err != nil || loose != "" {
		return nil // systemd makes it
	}
	f, info, err := hold(dir, unix.O_DIRECTORY)
	if err != nil {
		return fmt.Errorf("letting the service read its settings: %w", err)
	}
	defer f.Close()
	if uid, group := s.owner(info); uid != 0 || group != 0 && group != gid {
		return nil
	}
	if err := s.admit(f, gid, 0o750); err != nil {
		return fmt.Errorf("letting the service read its settings: %w", err)
	}
	return nil
}

// give makes dir, and the files in it that are root's, from a run by hand, the
// account's.
func (s *systemd) give(c *Config, dir string, uid, gid int) error {
	end, loose, err := s.way(dir)
	if errors.Is(err, fs.ErrNotExist) {
		switch {
		case loose == "":
			if err := os.MkdirAll(end, 0o750); err != nil {
				return fmt.Errorf("making a directory for the service: %w", err)
			}
		case owned(c.Name, strings.TrimPrefix(dir, s.root)):
			return nil // the service makes it
		default:
			return fmt.Errorf("%s cannot be made for the service safely, as others than root can change %s; make it: sudo install -d -m 750 -o %s -g %s %s",
				dir, loose, c.user(), c.user(), dir)
		}
	} else if err != nil {
		return fmt.Errorf("giving a directory to the service: %w", err)
	}
	d, err := os.OpenFile(end, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return fmt.Errorf("giving a directory to the service: %w", err)
	}
	defer d.Close()
	info, err := d.Stat()
	if err != nil {
		return fmt.Errorf("giving a directory to the service: %w", err)
	}
	own := func(f *os.File) error {
		if loose != "" {
			return fmt.Errorf("%s cannot be given to the service safely, as others than root can change %s; look at what is there, then: sudo chown -R %s: %s",
				f.Name(), loose, c.user(), end)
		}
		if err := s.chown(f, uid, gid); err != nil {
			return fmt.Errorf("giving the service its files: %w", err)
		}
		return nil
	}
	switch holder, _ := s.owner(info); holder {
	case 0:
		if err := own(d); err != nil {
			return err
		}
	case uid:
	default:
		return nil // somebody has thought about it
	}
	entries, err := d.ReadDir(-1)
	if err != nil {
		return fmt.Errorf("giving a directory to the service: %w", err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		if err := s.giveFile(d, e.Name(), own); err != nil {
			return err
		}
	}
	return nil
}

// giveFile calls own with a file in d that is root's. One with a second name is
// left alone: that name may be anywhere, as in /etc.
func (s *systemd) giveFile(d *os.File, name string, own func(*os.File) error) error {
	fd, err := unix.Openat(int(d.Fd()), name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil // it has just gone
	}
	f := os.NewFile(uintptr(fd), filepath.Join(d.Name(), name))
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Nlink > 1 {
		return nil
	}
	if uid, _ := s.owner(info); uid != 0 {
		return nil
	}
	return own(f)
}

// open lets the group read path, and pass through the directory it is in, if
// they are root's alone.
func (s *systemd) open(c *Config, path string, gid int) error {
	end, loose, err := s.way(path)
	if err != nil {
		return fmt.Errorf("the service is to read it: %w", err)
	}
	for _, p := range []struct {
		path string
		need fs.FileMode // of the group
	}{{filepath.Dir(end), 0o010}, {end, 0o040}} {
		if err := s.openOne(c, p.path, loose, p.need, gid); err != nil {
			return err
		}
	}
	return nil
}

func (s *systemd) openOne(c *Config, path, loose string, need fs.FileMode, gid int) error {
	f, info, err := hold(path, 0)
	if err != nil {
		return fmt.Errorf("the service is to read it: %w", err)
	}
	defer f.Close()
	uid, group := s.owner(info)
	if info.Mode().Perm()&(need>>3) != 0 || uid != 0 || group != 0 {
		return nil // everybody may, or somebody has thought about it
	}
	if loose != "" {
		return fmt.Errorf("the service is to read %s, but the right cannot be given safely, as others than root can change %s; put the file into a directory of root's, such as /etc/%s",
			path, loose, c.Name)
	}
	if err := s.admit(f, gid, info.Mode().Perm()|need); err != nil {
		return fmt.Errorf("letting the service read its files: %w", err)
	}
	return nil
}

// admit gives what f holds to root and the group, with mode.
func (s *systemd) admit(f *os.File, gid int, mode fs.FileMode) error {
	if err := s.chown(f, 0, gid); err != nil {
		return err
	}
	// Linux changes no mode of what is held by O_PATH, but has a name for it.
	return os.Chmod(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), mode)
}

// hold opens path, which is no link, without the right to read it.
func hold(path string, flags int) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, unix.O_PATH|unix.O_NOFOLLOW|flags, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// chownFile changes the owner of what f holds, and of nothing that has taken
// its name.
func chownFile(f *os.File, uid, gid int) error {
	if err := unix.Fchownat(int(f.Fd()), "", uid, gid, unix.AT_EMPTY_PATH|unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return &fs.PathError{Op: "chown", Path: f.Name(), Err: err}
	}
	return nil
}

// way follows path, link by link, to where it ends. loose is the first directory
// on it in which others than root can replace what comes next, "" if there is
// none; then the end is what root has made, and stays so. If it does not exist,
// end is where it would be.
func (s *systemd) way(path string) (end, loose string, err error) {
	base := s.root
	if base == "" {
		base = "/"
	}
	at, rest := base, strings.TrimPrefix(path, s.root)
	for links := 0; ; {
		var name string
		name, rest, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/")
		switch name {
		case "":
			return at, loose, nil
		case ".":
			continue
		case "..":
			if at != base {
				at = filepath.Dir(at)
			}
			continue
		}
		info, err := os.Stat(at)
		if err != nil {
			return "", "", err
		}
		next := filepath.Join(at, name)
		entry, err := os.Lstat(next)
		link := err == nil && entry.Mode().Type() == fs.ModeSymlink
		if loose == "" && !s.tight(at, info, link) {
			loose = at
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return filepath.Join(next, rest), loose, err
		case err != nil:
			return "", "", err
		case !link:
			at = next
			continue
		}
		if links++; links > 40 {
			return "", "", &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
		}
		to, err := os.Readlink(next)
		if err != nil {
			return "", "", err
		}
		if filepath.IsAbs(to) {
			at, to = base, strings.TrimPrefix(to, s.root)
		}
		rest = to + "/" + rest
	}
}

// tight reports whether only root can change what is in the directory at. Some
// of the system's own are a group's, too, such as /var/log of Ubuntu: that is
// as the distribution wants it, but a link in it is not followed.
func (s *systemd) tight(at string, info fs.FileInfo, link bool) bool {
	uid, gid := s.owner(info)
	mode := info.Mode().Perm()
	switch {
	case uid != 0, mode&0o002 != 0:
		return false
	case mode&0o020 != 0 && gid != 0:
		return !link && shared("/"+strings.TrimPrefix(strings.TrimPrefix(at, s.root), "/"))
	}
	return true
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
