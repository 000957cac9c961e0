package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

const (
	// FileName is that of the configuration in each place where it is looked for.
	FileName = "config.toml"
	// ConsoleFileName is that of the file which the console writes.
	ConsoleFileName = "console.toml"
	// EnvPath names the variable that holds the path of the file.
	EnvPath = "LOGBOOM_CONFIG"
	// EnvToken names the variable that holds the Telegram token.
	EnvToken = "LOGBOOM_TELEGRAM_TOKEN"
	// EnvPassword names the variable that holds the password of the mail server.
	EnvPassword = "LOGBOOM_EMAIL_PASSWORD"
)

// Find returns the file to load: flag if it is not empty, else the one that
// LOGBOOM_CONFIG names, else the one beside the executable, else that in the
// system's place. The first two need not exist. If there is none, found is
// false and path is where it would be.
func Find(flag string) (path string, found bool) {
	if flag != "" {
		return flag, true
	}
	if env := os.Getenv(EnvPath); env != "" {
		return env, true
	}
	system := filepath.Join(SystemDirectory(), FileName)
	places := []string{system}
	if exe, err := os.Executable(); err == nil {
		places = []string{filepath.Join(filepath.Dir(exe), FileName), system}
	}
	for _, p := range places {
		if _, err := os.Stat(p); err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return p, true
		}
	}
	return system, false
}

// Load reads the file at path over the defaults, then console.toml beside it or
// in the directory of the messages if there is one, then the token from where the file or the environment says,
// and makes relative paths start at the file.
//
// The error is [Problems] if there is something to correct, else it says why a
// file could not be read and wraps that.
func Load(path string) (*Config, error) { return LoadFor(path, (*Config).DataDirectory) }

// LoadFor is [Load], or [LoadDefault] where path is empty, of who keeps messages
// elsewhere than the settings say: in the directory that is told when config.toml
// has been read and is good.
func LoadFor(path string, directory func(*Config) string) (*Config, error) {
	r := newReader()
	return r.load(path, func(cfg *Config) error {
		if len(r.problems) > 0 {
			return r.lay(cfg, cfg.DataDirectory()) // for its problems, to be told at once
		}
		return r.lay(cfg, directory(cfg))
	})
}

// load reads the file at path, "" for none, and has lay lay console.toml over it.
func (r *reader) load(path string, lay func(*Config) error) (*Config, error) {
	if path == "" {
		cfg := r.config(EnvToken, nil)
		cfg.Path = ""
		if err := lay(cfg); err != nil {
			return nil, err
		}
		if len(r.problems) > 0 {
			return nil, r.problems
		}
		return cfg, nil
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening config: %w", err)
	}
	text, err := readFile(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("opening config: %w; only administrators and the service may read it, since a token may be in it", err)
	}
	if err != nil {
		return nil, fmt.Errorf("opening config: %w", err)
	}
	cfg := r.config(path, text)
	cfg.version = versionOf(text)

	if err := lay(cfg); err != nil {
		return nil, err
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	if cfg.packs, err = readPacks(filepath.Join(filepath.Dir(path), packFolder)); err != nil {
		return nil, fmt.Errorf("opening config: %w", err)
	}
	if len(cfg.packs) > 0 {
		if _, err := cfg.Vendors(); err != nil {
			return nil, Problems{{File: filepath.Join(filepath.Dir(path), packFolder), Key: packFolder, Want: err.Error(), Hint: "until it is mended, move it out of the folder"}}
		}
	}
	return cfg, nil
}

// LoadDefault returns the defaults of a machine without a file, with the token
// of the environment if there is one. The error is [Problems].
func LoadDefault() (*Config, error) { return LoadFor("", (*Config).DataDirectory) }

// Parse checks text, the content of the file called name, without looking at
// anything else: no other file, not the environment. The error is [Problems].
func Parse(name string, text []byte) (*Config, error) {
	var r reader
	cfg := r.config(name, text)
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return cfg, nil
}

// ConsoleListen returns console.listen of a file that need not be good for
// anything else, the shipped one if no line of the file says it.
func ConsoleListen(path string) string {
	shipped := Default().Console.Listen
	text, err := readFile(path)
	if err != nil {
		return shipped
	}
	s, bad := readable(path, text)
	line := scan(s).lines["console.listen"]
	if bad != nil || line == 0 {
		return shipped
	}
	cfg, err := Parse(path, []byte("[console]\n"+strings.Split(s, "\n")[line-1]))
	if err != nil {
		return shipped
	}
	return cfg.Console.Listen
}

// readFile reads a whole file, up to what readable refuses.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+4))
}

// A reader turns files into settings and keeps all their problems.
type reader struct {
	env      Secret // token from the environment
	mail     Secret // password of the mail server from there
	unseen   bool   // nobody has seen the text: no line of it is told
	files    bool   // look into the files that are named
	problems Problems
}

// newReader returns one that looks at files and the environment.
func newReader() reader {
	return reader{env: Secret(os.Getenv(EnvToken)), mail: Secret(os.Getenv(EnvPassword)), files: true}
}

// tree reads text as TOML; nil if that is not possible.
func (r *reader) tree(file string, text []byte) (tree map[string]any, b *binder, broken bool) {
	b = &binder{file: file, origin: map[string]string{}, seen: map[string]bool{}}
	s, p := readable(file, text)
	if p != nil {
		r.problems = append(r.problems, *p)
		return nil, b, true
	}
	tree, problems := decode(file, s)
	if r.unseen {
		for i := range problems {
			problems[i].Line, problems[i].Column, problems[i].Source = 0, 0, ""
		}
	} else {
		b.places = scan(s)
	}
	b.problems = problems
	return tree, b, len(problems) > 0
}

// done takes over what b found, in the order of the lines. If lines had to be
// left out, that something is missing may be a consequence.
func (r *reader) done(b *binder, broken bool) {
	problems := b.problems
	if broken {
		problems = slices.DeleteFunc(problems, func(p Problem) bool { return p.missing })
	}
	slices.SortStableFunc(problems, func(p, q Problem) int { return cmp.Compare(uint(p.Line-1), uint(q.Line-1)) }) // 0 last
	r.problems = append(r.problems, problems...)
	if b.more > 0 {
		r.problems = append(r.problems, Problem{File: b.file, Want: fmt.Sprintf("and %d more problems", b.more)})
	}
}

func (r *reader) config(file string, text []byte) *Config {
	cfg := Default()
	cfg.Path = file
	tree, b, broken := r.tree(file, text)
	if tree != nil {
		b.table(place{}, tree, reflect.ValueOf(cfg).Elem())
		c := checker{binder: b, env: r.env, mail: r.mail, ways: cfg.ways()}
		c.config(cfg)
		c.devices(cfg.Devices)
		c.rules(cfg.Alerts.Rule)
		if r.files {
			resolvePaths(cfg, filepath.Dir(file))
			c.files(cfg)
		}
		cfg.origin = b.origin
	}
	r.done(b, broken)
	return cfg
}

// Init writes text, the shipped file, to path, with line ends that every editor
// of this system knows: before Windows 10 1809, Notepad shows a file that has
// only line feeds as one line. The directory of path is made if it is absent. Other users may not read it, since a token will stand in it. The
// error wraps [fs.ErrExist] if there is a file already: it is not touched.
func Init(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("making the directory of %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return fmt.Errorf("creating the configuration: %w", err)
	}
	_, err = f.Write(endLines(text, lineEnd))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(path)))
	}
	return nil
}

// endLines returns text with all lines ending in end.
func endLines(text []byte, end string) []byte {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(text, []byte("\n"), []byte(end))
}
