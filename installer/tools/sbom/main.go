// Command sbom prints what Logboom's programs are made of: their modules as the
// programs themselves name them, Go, what is written in C, and the packages of
// the web console. The form is CycloneDX 1.6, which scanners for known weaknesses
// read.
//
//	sbom -version 1.2.3 -time 2026-11-26T06:00:00Z -licences FILE PROGRAM...
//
// The same programs give the same bytes: there is no serial number, and the time
// is that of the commit.
//
// Sources: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json; package-url
// specification, types golang and npm.
package main

import (
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

type bom struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Version      int          `json:"version"` // of this document
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

func main() {
	version := flag.String("version", "", "of Logboom")
	time := flag.String("time", "", "of the commit, RFC 3339")
	libc := flag.String("glibc", "", "the `version` of the C library in the programs for Linux")
	licences := flag.String("licences", "", "the `file` in which the build of the web console names its packages")
	flag.Parse()
	pages, err := packages(*licences)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
	b, err := describe(flag.Args(), *version, *libc, pages)
	if err == nil {
		b.Metadata.Timestamp = *time
		w := json.NewEncoder(os.Stdout)
		w.SetIndent("", "  ")
		w.SetEscapeHTML(false)
		err = w.Encode(b)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// describe returns what the programs are made of; pages are in the one that
// serves the console.
func describe(programs []string, version, libc string, pages []component) (*bom, error) {
	const url = "pkg:github/logboom/logboom"
	whole := component{Type: "application", Ref: url + "@" + version, Name: "logboom", Version: version, PURL: url + "@" + version}
	b := &bom{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{Component: whole}}
	all := make(map[string]component)
	parts := dependency{Ref: whole.Ref}
	for _, path := range programs {
		program, modules, err := read(path, version, libc)
		if err != nil {
			return nil, err
		}
		if program.Name == "logboom" {
			modules = append(modules, pages...)
		}
		needs := dependency{Ref: program.Ref}
		for _, m := range modules {
			all[m.Ref] = m
			needs.DependsOn = append(needs.DependsOn, m.Ref)
		}
		b.Components = append(b.Components, program)
		b.Dependencies = append(b.Dependencies, needs)
		parts.DependsOn = append(parts.DependsOn, program.Ref)
	}
	b.Dependencies = append(b.Dependencies, parts)
	var rest []component
	for _, m := range all {
		rest = append(rest, m)
	}
	slices.SortFunc(rest, func(a, b component) int { return cmp.Compare(a.Ref, b.Ref) })
	b.Components = append(b.Components, rest...)
	return b, nil
}

// read returns what a program is and what is in it.
func read(path, version, libc string) (program component, modules []component, err error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return program, nil, fmt.Errorf("%s: %w", path, err)
	}
	set := make(map[string]string)
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	sum, err := digest(path)
	if err != nil {
		return program, nil, err
	}
	name := strings.TrimSuffix(filepath.Base(path), ".exe")
	program = component{
		Type: "application", Ref: name + "-" + set["GOOS"] + "-" + set["GOARCH"], Name: name, Version: version,
		Hashes: []hash{{"SHA-256", sum}}, Properties: []property{{"logboom:os", set["GOOS"]}, {"logboom:processor", set["GOARCH"]}},
	}
	add := func(name, version, url string) {
		modules = append(modules, component{Type: "library", Ref: url, Name: name, Version: version, PURL: url})
	}
	toolchain := strings.TrimPrefix(info.GoVersion, "go")
	add("std", toolchain, "pkg:golang/std@"+toolchain)
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		add(m.Path, m.Version, "pkg:golang/"+m.Path+"@"+m.Version)
		if m.Path == "github.com/mattn/go-sqlite3" {
			v, err := sqlite(m.Path + "@" + m.Version)
			if err != nil {
				return program, nil, err
			}
			add("sqlite", v, "pkg:generic/sqlite@"+v)
		}
	}
	if set["CGO_ENABLED"] == "1" && set["GOOS"] == "linux" && libc != "" {
		add("glibc", libc, "pkg:generic/glibc@"+libc)
	}
	return program, modules, nil
}

var packageLine = regexp.MustCompile(`^(@?[a-z0-9._/-]+) ([0-9][0-9A-Za-z.+-]*), [A-Za-z0-9. ()-]+$`)

// packages returns the npm packages that a file of licence texts names, one at
// its beginning and one after each line of dashes.
func packages(path string) (list []component, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the packages of the web console: %w", err)
	}
	for _, part := range strings.Split(string(text), "\n"+strings.Repeat("-", 78)+"\n") {
		line, _, _ := strings.Cut(strings.TrimSpace(part), "\n")
		m := packageLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%s: %q names no package", path, line)
		}
		url := "pkg:npm/" + strings.Replace(m[1], "@", "%40", 1) + "@" + m[2]
		list = append(list, component{Type: "library", Ref: url, Name: m[1], Version: m[2], PURL: url})
	}
	return list, nil
}

var sqliteVersion = regexp.MustCompile(`#define SQLITE_VERSION\s+"([0-9.]+)"`)

// sqlite returns the version of SQLite that a version of its driver brings along.
func sqlite(driver string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", driver)
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", driver, err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return "", fmt.Errorf("finding %s: %w", driver, err)
	}
	header, err := os.ReadFile(filepath.Join(module.Dir, "sqlite3-binding.h"))
	if err != nil {
		return "", err
	}
	found := sqliteVersion.FindSubmatch(header)
	if found == nil {
		return "", fmt.Errorf("%s does not say which SQLite it holds", driver)
	}
	return string(found[1]), nil
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
