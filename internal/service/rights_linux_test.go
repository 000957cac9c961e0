package service

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// tree makes files and directories: "path", "path/", "path -> target". Modes do
// not depend on the umask.
func tree(t *testing.T, root string, entries ...string) {
	t.Helper()
	for _, e := range entries {
		path, target, link := strings.Cut(e, " -> ")
		path = root + path
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case link:
			err = os.Symlink(root+target, path)
		case strings.HasSuffix(path, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, nil, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What the service, or others than root, can put in the way does not lead root
// anywhere. Here "theirs" is the service's, and all else root's.
func TestRightsAreGivenOnlyWhereRootAloneMakesTheWay(t *testing.T) {
	tests := []struct {
		name               string
		tree               []string
		modes              map[string]fs.FileMode
		writable, readable string
		want               []string // changes of owners
		err                string
	}{
		{name: "made by root", tree: []string{"/srv/logs/a.db"}, writable: "/srv/logs",
			want: []string{"990:991 /srv/logs", "990:991 /srv/logs/a.db"}},
		{name: "not there yet", tree: []string{"/srv/"}, writable: "/srv/my/logs", want: []string{"990:991 /srv/my/logs"}},
		{name: "the service's own", tree: []string{"/var/lib/theirs/a.db"}, writable: "/var/lib/theirs", want: []string{"990:991 /var/lib/theirs/a.db"}},
		{name: "a link of root's to a disk", tree: []string{"/mnt/disk/logs/", "/srv/logs -> /mnt/disk/logs"}, writable: "/srv/logs",
			want: []string{"990:991 /mnt/disk/logs"}},
		{name: "a directory of the system that a group may change", tree: []string{"/var/log/"}, modes: map[string]fs.FileMode{"/var/log": 0o775},
			writable: "/var/log/logboom", want: []string{"990:991 /var/log/logboom"}},
		{name: "a second name", tree: []string{"/etc/shadow", "/srv/logs/a.db"}, writable: "/srv/logs",
			want: []string{"990:991 /srv/logs", "990:991 /srv/logs/a.db"}},
		{name: "a link in the service's own", tree: []string{"/etc/shadow", "/var/lib/theirs/data -> /etc"}, writable: "/var/lib/theirs/data", err: "theirs"},
		{name: "a link to the service's own", tree: []string{"/etc/secret/", "/var/lib/theirs/data -> /etc/secret", "/srv/logs -> /var/lib/theirs/data"},
			writable: "/srv/logs", err: "theirs"},
		{name: "a link on the way", tree: []string{"/etc/secret/", "/var/lib/theirs/x -> /etc"}, writable: "/var/lib/theirs/x/secret", err: "theirs"},
		{name: "a link and back", tree: []string{"/etc/secret/", "/var/lib/theirs/x -> /mnt", "/mnt/"}, writable: "/var/lib/theirs/x/../etc/secret", err: "theirs"},
		{name: "root's in the service's own", tree: []string{"/var/lib/theirs/data/"}, writable: "/var/lib/theirs/data", err: "sudo chown"},
		{name: "root's file below the service's own", tree: []string{"/var/lib/theirs/theirs/a.db"}, writable: "/var/lib/theirs/theirs", err: "a.db"},
		{name: "the service's below its own", tree: []string{"/var/lib/theirs/theirs/"}, writable: "/var/lib/theirs/theirs"},
		{name: "not there yet, in a directory of others", tree: []string{"/srv/theirs/"}, writable: "/srv/theirs/logs", err: "sudo install -d"},
		{name: "in what everybody may change", tree: []string{"/srv/all/logs/"}, modes: map[string]fs.FileMode{"/srv/all": 0o777}, writable: "/srv/all/logs", err: "/srv/all"},
		{name: "in what a group may change", tree: []string{"/srv/some/logs/"}, modes: map[string]fs.FileMode{"/srv/some": 0o775}, writable: "/srv/some/logs", err: "/srv/some"},
		{name: "a link in a directory of the system", tree: []string{"/etc/secret/", "/var/log/logboom -> /etc/secret"}, modes: map[string]fs.FileMode{"/var/log": 0o775},
			writable: "/var/log/logboom", err: "/var/log"},
		{name: "links without an end", tree: []string{"/srv/a -> /srv/b", "/srv/b -> /srv/a"}, writable: "/srv/a", err: "too many levels"},

		{name: "a file of root's", tree: []string{"/etc/my/token"}, readable: "/etc/my/token", want: []string{"0:991 /etc/my/token"}},
		{name: "a link of root's to a file", tree: []string{"/etc/keys/1.pem", "/etc/my/key -> /etc/keys/1.pem"}, readable: "/etc/my/key",
			want: []string{"0:991 /etc/keys/1.pem"}},
		{name: "a link of the service's to a file", tree: []string{"/etc/shadow", "/var/lib/theirs/token -> /etc/shadow"}, readable: "/var/lib/theirs/token", err: "theirs"},
		{name: "a file that everybody may read anyway", tree: []string{"/etc/open", "/var/lib/theirs/token -> /etc/open"},
			modes: map[string]fs.FileMode{"/etc/open": 0o644}, readable: "/var/lib/theirs/token"},
		{name: "a file that is missing", tree: []string{"/etc/my/"}, readable: "/etc/my/token", err: "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, stateStopped)
			m.accounts["logboom"] = true
			m.owner = func(info fs.FileInfo) (int, int) {
				switch info.Name() {
				case "theirs":
					return 990, 991
				case "log", "some":
					return 0, 4
				}
				return 0, 0
			}
			tree(t, m.root, tt.tree...)
			for path, mode := range tt.modes {
				if err := os.Chmod(m.root+path, mode); err != nil {
					t.Fatal(err)
				}
			}
			if tt.name == "a second name" {
				if err := os.Link(m.root+"/etc/shadow", m.root+"/srv/logs/trap"); err != nil {
					t.Fatal(err)
				}
			}
			c := newConfig()
			if tt.writable != "" {
				c.Writable = []string{m.root + tt.writable}
			}
			if tt.readable != "" {
				c.Readable = []string{m.root + tt.readable}
			}
			err := m.rights(c)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("rights() = %v, want %q", err, tt.err)
			}
			var want []string
			for _, w := range tt.want {
				want = append(want, "chown "+w)
			}
			m.want(t, want...)
		})
	}
}

// The same with what the system really does.
func TestRightsOfTheSystem(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can change owners")
	}
	s := system()
	s.root = t.TempDir()
	if err := os.Chmod(s.root, 0o755); err != nil {
		t.Fatal(err)
	}
	s.lookup = func(string) (int, int, bool) { return 990, 991, true }
	tree(t, s.root, "/etc/shadow", "/etc/logboom/config.toml", "/srv/logs/a.db", "/srv/logs/trap -> /etc/shadow", "/var/lib/logboom/root.db",
		"/var/lib/logboom/data -> /etc", "/var/lib/logboom/token -> /etc/shadow")
	if err := os.Link(s.root+"/etc/shadow", s.root+"/var/lib/logboom/second"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(s.root+"/var/lib/logboom", 990, 991); err != nil {
		t.Fatal(err)
	}
	c := newConfig()
	c.Writable = []string{s.root + "/srv/logs", s.root + "/srv/new", s.root + "/var/lib/logboom"}
	c.Readable = []string{s.root + "/etc/logboom/config.toml"}
	if err := s.rights(c); err != nil {
		t.Error(err)
	}
	for _, trap := range []Config{
		{Name: "logboom", Writable: []string{s.root + "/var/lib/logboom/data"}},
		{Name: "logboom", Readable: []string{s.root + "/var/lib/logboom/token"}},
	} {
		if err := s.rights(&trap); err == nil || !strings.Contains(err.Error(), "others than root can change") {
			t.Errorf("rights(%v) = %v", trap, err)
		}
	}
	for path, want := range map[string][3]int{
		"/etc/shadow": {0, 0, 0o600}, "/etc": {0, 0, 0o755}, "/etc/logboom": {0, 991, 0o750}, "/etc/logboom/config.toml": {0, 991, 0o640},
		"/srv/logs": {990, 991, 0o755}, "/srv/logs/a.db": {990, 991, 0o600}, "/srv/new": {990, 991, 0o750}, "/var/lib/logboom/root.db": {990, 991, 0o600},
	} {
		info, err := os.Lstat(s.root + path)
		if err != nil {
			t.Error(err)
			continue
		}
		st := info.Sys().(*syscall.Stat_t)
		if got := [3]int{int(st.Uid), int(st.Gid), int(info.Mode().Perm())}; got != want {
			t.Errorf("%s is of %d:%d, mode %o; want %d:%d, %o", path, got[0], got[1], got[2], want[0], want[1], want[2])
		}
	}
}

func TestLinksIntoWhatTheServiceDoesNotSee(t *testing.T) {
	dir := t.TempDir() // in /tmp, which is closed to it
	if hidden(dir) == "" {
		t.Skipf("%s is not in a directory that the service does not see", dir)
	}
	// A link outside of /tmp that leads there.
	link := "/dev/shm/logboom-test-" + filepath.Base(filepath.Dir(dir))
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { os.Remove(link) })
	for _, path := range []string{link, link + "/not/there/yet"} {
		if got := hiddenWay(path); got != hidden(dir) {
			t.Errorf("hiddenWay(%q) = %q", path, got)
		}
	}
	if got := hiddenWay("/nowhere/at/all"); got != "" {
		t.Errorf("hiddenWay() = %q", got)
	}
}
