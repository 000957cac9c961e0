// Command copyright prints who wrote what is in Logboom's programs and under
// which licence: that of Logboom, and those of the modules that were linked in,
// each text once. Their authors ask for that, and Debian does.
package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	root := flag.String("root", ".", "the `directory` of the repository")
	system := flag.String("os", "linux", "the operating `system` that the programs are for")
	debian := flag.Bool("debian", false, "point to /usr/share/common-licenses instead of printing what is there")
	flag.Parse()
	if err := write(os.Stdout, *root, *system, *debian); err != nil {
		fmt.Fprintln(os.Stderr, "copyright:", err)
		os.Exit(1)
	}
}

// A module is what was linked in.
type module struct{ name, dir string }

func write(w io.Writer, root, system string, debian bool) error {
	modules, err := linked(root, system)
	if err != nil {
		return err
	}
	own, err := os.ReadFile(filepath.Join(root, "LICENSE"))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Logboom, https://github.com/logboom/logboom\n\n%s\n", bytes.TrimSpace(own))
	fmt.Fprint(w, "\nThe programs hold the work of others as well, under the licences below.\n")
	if system == "linux" {
		fmt.Fprint(w, "\nThe C library of GNU, https://www.gnu.org/software/libc, is linked in under the\n"+
			"GNU Lesser General Public License, version 2.1. With the source of Logboom, which\n"+
			"is free to all, anybody may link it anew with another version of that library.\n"+
			"The text is /usr/share/common-licenses/LGPL-2.1 on Debian and\n"+
			"https://www.gnu.org/licenses/old-licenses/lgpl-2.1.html.\n")
	}
	fmt.Fprint(w, "\nSQLite, https://sqlite.org, has been put into the public domain by its authors.\n")

	var texts []string
	users := make(map[string][]string)
	for _, m := range modules {
		text, err := licence(m, debian)
		if err != nil {
			return err
		}
		if users[text] == nil {
			texts = append(texts, text)
		}
		users[text] = append(users[text], m.name)
	}
	for _, text := range texts {
		fmt.Fprintf(w, "\n%s\n%s\n\n%s\n", strings.Repeat("-", 78), strings.Join(users[text], "\n"), text)
	}
	return nil
}

// linked returns the modules whose packages are in the programs, and Go itself.
func linked(root, system string) ([]module, error) {
	programs := []string{"./cmd/logboom"}
	if _, err := os.Stat(filepath.Join(root, "cmd/logboom-tray")); err == nil {
		programs = append(programs, "./cmd/logboom-tray")
	}
	list := func(args ...string) ([]string, error) {
		cmd := exec.Command("go", append([]string{"list"}, args...)...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOARCH=amd64", "GOFLAGS=-mod=readonly", "GOOS="+system)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		return strings.Split(strings.TrimSpace(string(out)), "\n"), err
	}
	lines, err := list(append([]string{"-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}"}, programs...)...)
	if err != nil {
		return nil, fmt.Errorf("asking for the modules: %w", err)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("asking for the place of Go: %w", err)
	}
	all := []module{{"Go and its standard library, https://go.dev", strings.TrimSpace(string(goroot))}}
	for _, line := range lines {
		if name, dir, found := strings.Cut(line, "\t"); found {
			all = append(all, module{name, dir})
		}
	}
	slices.SortFunc(all[1:], func(a, b module) int { return cmp.Compare(a.name, b.name) })
	return slices.Compact(all), nil
}

// licence returns the text of the licence of m, and its notice if there is one.
func licence(m module, debian bool) (string, error) {
	var parts []string
	for _, pattern := range []string{"LICEN[CS]E*", "COPYING*", "NOTICE*"} {
		files, err := filepath.Glob(filepath.Join(m.dir, pattern))
		if err != nil {
			return "", err
		}
		if pattern == "LICEN[CS]E*" {
			if files, err = reuse(m.dir, files); err != nil {
				return "", err
			}
		}
		for _, file := range files {
			if info, err := os.Stat(file); err == nil && info.IsDir() {
				continue // copies of licences, in one file each as well
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			s := strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
			if debian && strings.Contains(s, "Apache License") && strings.Contains(s, "TERMS AND CONDITIONS FOR USE") {
				s = "Apache License, Version 2.0: /usr/share/common-licenses/Apache-2.0"
			}
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return "", errors.New(m.name + " has no licence in " + m.dir + "; it must not be shipped without one")
	}
	return strings.Join(parts, "\n\n"), nil
}

// spdx finds the licences that a file says it is under.
var spdx = regexp.MustCompile(`(?m)^// SPDX-License-Identifier:(.*)$`)

// reuse puts in the place of the folder LICENSES, where projects that follow
// reuse.software keep all texts, those that the code is under: pictures and
// documents, which have others, are not linked in.
func reuse(dir string, files []string) ([]string, error) {
	folder := filepath.Join(dir, "LICENSES")
	i := slices.Index(files, folder)
	if info, err := os.Stat(folder); i < 0 || err != nil || !info.IsDir() {
		return files, nil
	}
	named := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range spdx.FindAllSubmatch(text, -1) {
			for _, name := range strings.FieldsFunc(string(m[1]), func(r rune) bool { return strings.ContainsRune(" ()\t\r", r) }) {
				named[name] = true
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	texts, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	texts = slices.DeleteFunc(texts, func(path string) bool { return !named[strings.TrimSuffix(filepath.Base(path), ".txt")] })
	return slices.Replace(files, i, i+1, texts...), err
}
