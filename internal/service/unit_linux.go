package service

import (
	"fmt"
	"path/filepath"
	"strings"
)

// unitMark is the first line of the units that we write, so that we do not
// overwrite or remove those of others.
const unitMark = "# Written by \"service install\" of this program; it is replaced by the next one."

// unit returns the text of the systemd unit: that of c.Unit, with our command,
// our account, and the right to write to our directories.
func unit(c *Config) (string, error) {
	command := []string{quote(c.Executable, false)} // variables are not looked for in the first word
	for _, a := range c.Arguments {
		command = append(command, quote(a, true))
	}
	var b strings.Builder
	b.WriteString(unitMark + "\n")
	found := false
	for line := range strings.Lines(c.Unit) {
		key, _, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "ExecStart":
			if found {
				return "", fmt.Errorf("the unit has more than one ExecStart")
			}
			found = true
			line = "ExecStart=" + strings.Join(command, " ") + "\n"
			for _, dir := range c.Writable {
				if !owned(c.Name, dir) {
					line += "ReadWritePaths=" + quote("-"+dir, false) + "\n"
				}
			}
		case "User", "Group":
			line = key + "=" + c.user() + "\n"
		}
		b.WriteString(line)
	}
	if !found {
		return "", fmt.Errorf("the unit has no ExecStart")
	}
	if strings.Contains(b.String(), "{{") { // means something to the library that writes the file
		return "", fmt.Errorf("a path with {{ in it cannot be used for a service")
	}
	return b.String(), nil
}

// owned reports whether systemd makes dir for the service by itself:
// StateDirectory and LogsDirectory.
func owned(name, dir string) bool {
	for _, base := range []string{"/var/lib", "/var/log"} {
		if own := filepath.Join(base, name); dir == own || strings.HasPrefix(dir, own+"/") {
			return true
		}
	}
	return false
}

// quote returns s as one word of a unit file; of a command line if command is
// set. systemd.syntax(7), systemd.service(5) "Command lines".
func quote(s string, command bool) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "\t", `\t`).Replace(s)
	if command {
		s = strings.ReplaceAll(s, "$", "$$")
	}
	if strings.ContainsAny(s, " '\"\\;#") || s == "" {
		return `"` + s + `"`
	}
	return s
}

// hidden returns the directory that keeps a service of ours from seeing path,
// or "": ProtectHome and PrivateTmp of the unit.
func hidden(path string) string {
	for _, dir := range []string{"/home", "/root", "/run/user", "/tmp", "/var/tmp"} {
		if path == dir || strings.HasPrefix(path, dir+"/") {
			return dir
		}
	}
	return ""
}

// hiddenWay returns the same for path and for where its links lead.
func hiddenWay(path string) string {
	if dir := hidden(path); dir != "" {
		return dir
	}
	return hidden(resolved(path))
}

// resolved returns where path leads, as far as it exists.
func resolved(path string) string {
	end, rest := filepath.Clean(path), ""
	for {
		if real, err := filepath.EvalSymlinks(end); err == nil {
			return filepath.Join(real, rest)
		}
		if end == filepath.Dir(end) {
			return path
		}
		end, rest = filepath.Dir(end), filepath.Join(filepath.Base(end), rest)
	}
}

// shared reports whether dir belongs to the whole system, so that it must not
// be given to one service.
func shared(dir string) bool {
	switch filepath.Clean(dir) {
	case "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc", "/root",
		"/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/share",
		"/var", "/var/cache", "/var/lib", "/var/log", "/var/run", "/var/spool", "/var/tmp":
		return true
	}
	return false
}
