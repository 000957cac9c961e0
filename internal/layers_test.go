// Package internal holds the parts of Logboom. It has no code of its own: its
// tests keep the shape of the house.
package internal

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/logboom/logboom"

// mayImport is the table of ARCHITECTURE.md as data. A package that is not
// here is refused, so a new package begins with a line in it.
var mayImport = map[string][]string{
	"internal":         {},
	"internal/syslog":  {},
	"internal/sieve":   {},
	"internal/pack":    {"sieve", "syslog"},
	"internal/query":   {"sieve", "syslog"},
	"internal/alert":   {"pack", "query", "sieve", "syslog"},
	"internal/silence": {},
	"internal/config":  {"alert", "pack", "query", "syslog"},
	"internal/collect": {"syslog"},
	"internal/sqlite":  {},
	"internal/store":   {"query", "sqlite", "syslog"},
	"internal/state":   {"alert", "silence", "sqlite", "syslog"},
	"internal/notify":  {"alert"},
	"internal/forward": {"query", "syslog"},
	"internal/login":   {},
	"internal/console": {"alert", "login", "query", "syslog"},
	"internal/service": {},
	"internal/tray":    {"service"},
	"internal/engine":  {"alert", "collect", "config", "console", "forward", "login", "notify", "query", "silence", "sqlite", "state", "store", "syslog"},
	"cmd/logboom":      {"alert", "collect", "config", "console", "engine", "login", "notify", "pack", "query", "service", "silence", "state", "store", "syslog"},
	"cmd/logboom-tray": {"tray"},
	"assets":           {},
	"docs":             {},
	"bench":            {},
	"installer":        {},
}

// mayImportRoot lists who may use the packages outside internal: the embedded
// configuration, pictures and units.
var mayImportRoot = map[string][]string{
	module:                {"internal/config", "cmd/logboom"},
	module + "/docs":      {"internal/console"},
	module + "/assets":    {"internal/console", "internal/tray"},
	module + "/installer": {"cmd/logboom"},
}

// onlyIn names the libraries that one place hides from the rest.
var onlyIn = map[string]string{
	"github.com/mattn/go-sqlite3":    "internal/sqlite/",
	"github.com/kardianos/service":   "internal/service/",
	"gopkg.in/natefinch/lumberjack.": "cmd/logboom/selflog.go",
	"fyne.io/systray":                "internal/tray/",
	"github.com/godbus/dbus":         "internal/tray/",
	"github.com/wneessen/go-mail":    "internal/notify/",
	"github.com/gosnmp/gosnmp":       "internal/notify/",
	"github.com/chromedp/":           "internal/engine/browser",
}

// pureForbidden lists standard packages that the pure layers must not use: they do
// no I/O, start nothing and read no clock.
var pureForbidden = map[string][]string{
	"internal/syslog":  {"os", "net", "net/http", "database/sql", "context", "log/slog"},
	"internal/sieve":   {"os", "net", "net/http", "database/sql", "context", "log/slog"},
	"internal/pack":    {"os", "net", "net/http", "database/sql", "context", "log/slog"},
	"internal/query":   {"os", "net", "net/http", "database/sql", "context", "log/slog"},
	"internal/alert":   {"os", "net", "net/http", "database/sql", "context", "log/slog"},
	"internal/silence": {"os", "net", "net/http", "database/sql", "context", "log/slog"},
}

type source struct {
	dir, path string // slash separated, from the root of the repository
	pkg       string
	imports   []string
	comment   bool // has a package comment
	test      bool
}

func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var out []source
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "out") {
				return filepath.SkipDir
			}
			if path != root {
				if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
					return filepath.SkipDir // a module of its own
				}
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		s := source{path: filepath.ToSlash(rel), pkg: f.Name.Name, comment: f.Doc != nil, test: strings.HasSuffix(name, "_test.go")}
		if s.dir = filepath.ToSlash(filepath.Dir(rel)); s.dir == "." {
			s.dir = ""
		}
		for _, i := range f.Imports {
			s.imports = append(s.imports, strings.Trim(i.Path.Value, `"`))
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Fatalf("found only %d Go files under %s: the test looks in the wrong place", len(out), root)
	}
	return out
}

func TestPackagesImportOnlyWhatTheTableAllows(t *testing.T) {
	for _, s := range sources(t) {
		if s.dir == "" {
			continue
		}
		allowed, known := mayImport[s.dir]
		if !known {
			t.Errorf("%s: package %s is not in the table of layers_test.go", s.path, s.dir)
			continue
		}
		for _, imp := range s.imports {
			rest, ours := strings.CutPrefix(imp, module+"/internal/")
			switch {
			case ours && !slices.Contains(allowed, rest) && "internal/"+rest != s.dir:
				t.Errorf("%s imports %s; allowed are %v", s.path, rest, allowed)
			case !ours && strings.HasPrefix(imp, module) && !s.test && !slices.Contains(mayImportRoot[imp], s.dir):
				t.Errorf("%s imports %s; only %v may", s.path, imp, mayImportRoot[imp])
			}
		}
	}
}

func TestLibrariesStayWhereTheyAreHidden(t *testing.T) {
	for _, s := range sources(t) {
		for _, imp := range s.imports {
			for lib, place := range onlyIn {
				if strings.HasPrefix(imp, lib) && !strings.HasPrefix(s.path, place) {
					t.Errorf("%s imports %s, which belongs to %s only", s.path, imp, place)
				}
			}
		}
	}
}

func TestPureLayersDoNoInputOrOutput(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, imp := range s.imports {
			if slices.Contains(pureForbidden[s.dir], imp) {
				t.Errorf("%s imports %s, but %s does no I/O and reads no clock", s.path, imp, s.dir)
			}
		}
	}
}

func TestEveryPackageHasExactlyOneComment(t *testing.T) {
	comments := map[string][]string{}
	for _, s := range sources(t) {
		if strings.HasSuffix(s.pkg, "_test") {
			continue
		}
		if _, ok := comments[s.dir]; !ok {
			comments[s.dir] = nil
		}
		if s.comment {
			comments[s.dir] = append(comments[s.dir], s.path)
		}
	}
	for dir, files := range comments {
		if len(files) != 1 {
			t.Errorf("package %q has %d package comments %v, want one", dir, len(files), files)
		}
	}
}

func TestNoPackageIsADrawer(t *testing.T) {
	for _, s := range sources(t) {
		if slices.Contains([]string{"util", "utils", "common", "helpers", "types", "models", "pkg", "misc"}, filepath.Base(s.dir)) {
			t.Errorf("%s: package %s is named after nothing", s.path, s.dir)
		}
	}
}
