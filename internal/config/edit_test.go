package config

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// edited is a folder with a config.toml, its path, and the folder of its messages.
func edited(t *testing.T, text string) (path, data string) {
	t.Helper()
	path, data = filepath.Join(t.TempDir(), FileName), t.TempDir()
	writeText(t, path, text+"\n[store]\ndirectory = '"+data+"'\n")
	return path, data
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// inForce are the settings at path, as a server has read them.
func inForce(t *testing.T, path string) *Config {
	t.Helper()
	cfg, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// editOverlay is EditOverlay of who tries nothing and takes nothing back.
func editOverlay(of *Config, version *string, change func(*Overlay) error) error {
	_, err := EditOverlay(of, Edit{Version: version, Change: change})
	return err
}

func restoreOverlay(of *Config, version *string) error {
	_, err := RestoreOverlay(of, Edit{Version: version})
	return err
}

var south = netip.MustParseAddr("10.0.0.2")

func TestAnEditIsInForceAndKeepsWhatWasBefore(t *testing.T) {
	path, _ := edited(t, "[[alerts.rule]]\nname = 'loop'\nquery = 'loop'\nthreshold = 5\n[[device]]\naddress = '10.0.0.2'\nname = 'old'\nsite = 'here'\n")
	console := filepath.Join(filepath.Dir(path), ConsoleFileName)
	edit := func(f func(*Overlay)) *Config {
		t.Helper()
		if err := editOverlay(inForce(t, path), nil, func(o *Overlay) error { f(o); return nil }); err != nil {
			t.Fatal(err)
		}
		return inForce(t, path)
	}

	cfg := edit(func(o *Overlay) {
		o.SetDevice(south, map[string]any{"name": `OLT "South" \ größe`, "silent_after": "30m", "encoding": nil})
		o.SetDevice(netip.MustParseAddr("2001:db8::1"), map[string]any{"site": "new"})
	})
	d := cfg.Devices[0]
	if d.Name != `OLT "South" \ größe` || d.Site != "here" || d.SilentAfter != 30*time.Minute || len(cfg.Devices) != 2 {
		t.Errorf("devices %+v", cfg.Devices)
	}
	first := readText(t, console)

	cfg = edit(func(o *Overlay) {
		o.SetRule("loop", map[string]any{"name": "loop", "query": "loop", "enabled": false, "threshold": 3.0, "device": []any{"10.0.0.0/8"}})
		o.SetList("packs", []string{"pon"})
		o.SetDevice(netip.MustParseAddr("2001:db8::1"), map[string]any{"site": nil})
	})
	if r := cfg.Alerts.Rule; len(r) != 1 || r[0].Enabled || r[0].Threshold != 3 || len(cfg.Devices) != 1 {
		t.Errorf("rules %+v, devices %+v", r, cfg.Devices)
	}
	if rules, err := cfg.Rules(); err != nil || len(rules) != 0 {
		t.Errorf("%d rules are in force, %v", len(rules), err)
	}
	if with, ok := cfg.WithRule("loop"); !ok || !with.Alerts.Rule[0].Enabled {
		t.Error("a rule that is off cannot be rehearsed")
	}
	if p := cfg.Alerts.Packs; len(p) != 1 || p[0] != "pon" || cfg.origin["alerts.packs"] != console {
		t.Errorf("packs %q of %q", p, cfg.origin["alerts.packs"])
	}
	if old := readText(t, console+oldSuffix); old != first {
		t.Errorf("kept %q, want %q", old, first)
	}

	cfg = edit(func(o *Overlay) { o.SetRule("loop", nil); o.SetList("packs", nil) })
	if r := cfg.Alerts.Rule; len(r) != 1 || !r[0].Enabled || r[0].Threshold != 5 || len(cfg.Alerts.Packs) < 2 {
		t.Errorf("the rule of config.toml is not back: %+v, packs %q", r, cfg.Alerts.Packs)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 3 {
		t.Errorf("%d files are left in the folder, want 3", len(files))
	}
}

func TestAnEditThatCannotBeUsedChangesNothing(t *testing.T) {
	tests := []struct {
		name, config, console string
		edit                  func(*Overlay)
		want                  string
	}{
		{"a value", "", "", func(o *Overlay) { o.SetDevice(south, map[string]any{"timezone": "Mars/Base"}) }, "timezone"},
		{"a key that is none", "", "", func(o *Overlay) { o.SetDevice(south, map[string]any{"colour = 'x'\nname": "x"}) }, "colour"},
		{"a rule without a query", "", "", func(o *Overlay) { o.SetRule("x", map[string]any{"name": "x"}) }, "query"},
		{"a type", "", "", func(o *Overlay) {
			o.SetRule("x", map[string]any{"name": "x", "query": "x", "threshold": map[string]any{"a": []any{1.5, nil}}})
		}, "threshold"},
		{"a pack that is none", "", "", func(o *Overlay) { o.SetList("packs", []string{"pno"}) }, "pno"},
		{"config.toml is broken", "[listen]\nupd = 3\n", "", func(*Overlay) {}, "upd"},
		{"console.toml is no TOML", "", "[[device", func(*Overlay) {}, ConsoleFileName},
		{"console.toml holds other things", "", "[listen]\nudp = []\n", func(o *Overlay) { o.SetList("packs", nil) }, "listen"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, _ := edited(t, tt.config)
			console := filepath.Join(filepath.Dir(path), ConsoleFileName)
			if tt.console != "" {
				writeText(t, console, tt.console)
			}
			err := editOverlay(&Config{Path: path}, nil, func(o *Overlay) error { tt.edit(o); return nil })
			var problems Problems
			if !errors.As(err, &problems) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want problems with %q", err, tt.want)
			}
			text, err := os.ReadFile(console)
			if string(text) != tt.console || (err == nil) != (tt.console != "") {
				t.Errorf("the file is %q, %v", text, err)
			}
		})
	}
}

func TestAnEditOfWhatSomebodyElseHasChanged(t *testing.T) {
	path, _ := edited(t, "")
	name := func(name string) func(*Overlay) error {
		return func(o *Overlay) error { o.SetDevice(south, map[string]any{"name": name}); return nil }
	}
	before, none, wrong := inForce(t, path), "", "0000"
	if err := editOverlay(before, &wrong, name("a")); !errors.Is(err, ErrOutdated) {
		t.Errorf("of a version that never was: %v", err)
	}
	if err := editOverlay(before, &none, name("a")); err != nil {
		t.Fatal(err)
	}
	if err := editOverlay(before, &none, name("b")); !errors.Is(err, ErrByHand) {
		t.Errorf("a second first edit, before it is in force: %v", err)
	}
	now := inForce(t, path)
	if err := editOverlay(now, &none, name("b")); !errors.Is(err, ErrOutdated) {
		t.Errorf("a second first edit: %v", err)
	}
	o := now.Overlay()
	if o.Device(south)["name"] != "a" || o.Version == "" {
		t.Fatalf("%+v", o)
	}
	if err := editOverlay(now, &o.Version, name("c")); err != nil {
		t.Error(err)
	}
}

func TestWhereTheConsoleMayNotWriteBesideTheSettings(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Log("root may write everywhere; a file in the place of the folder stands for one that may not be written")
	}
	path, data := edited(t, "")
	// There is something that is no file where it would be written.
	if err := os.Mkdir(filepath.Join(filepath.Dir(path), "."+ConsoleFileName), 0o700); err != nil {
		t.Fatal(err)
	}
	inData := filepath.Join(data, ConsoleFileName)
	writeText(t, inData, "[[device]]\naddress = '10.0.0.2'\nname = 'by hand'\n")
	err := editOverlay(inForce(t, path), nil, func(o *Overlay) error { o.SetDevice(south, map[string]any{"site": "x"}); return nil })
	cfg, err2 := Load(path)
	if err != nil || err2 != nil || cfg.Devices[0].Name != "by hand" || cfg.Devices[0].Site != "x" {
		t.Fatalf("%v, %v, %+v", err, err2, cfg.Devices)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), ConsoleFileName)); err == nil {
		t.Error("there is a second one beside the settings")
	}
}

func TestALinkIsNotWrittenThrough(t *testing.T) {
	path, data := edited(t, "")
	target := filepath.Join(data, "target.toml")
	writeText(t, target, "")
	if err := os.Symlink(target, filepath.Join(filepath.Dir(path), ConsoleFileName)); err != nil {
		t.Skip("no links here: ", err)
	}
	err := editOverlay(inForce(t, path), nil, func(o *Overlay) error { o.SetDevice(south, map[string]any{"site": "x"}); return nil })
	if err == nil || !strings.Contains(err.Error(), "not an ordinary file") || readText(t, target) != "" {
		t.Errorf("%v; the target holds %q", err, readText(t, target))
	}
}

// FuzzOverlay holds that what people type comes back as they typed it, and
// cannot become another key or table.
func FuzzOverlay(f *testing.F) {
	for _, s := range []string{"", "plain", `a "b" 'c' \ d`, "x'\n[listen]\nudp = []\n#", "größe\u202e\x00\x7f", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o := Overlay{}
		o.SetDevice(south, map[string]any{"name": text})
		o.SetRule("x", map[string]any{"name": "x", "examples": []any{text, text}})
		var r reader
		tree, _, broken := r.tree("console.toml", o.text())
		if broken || len(r.problems) > 0 {
			return // refused: no text
		}
		devices := tables(tree["device"])
		if len(tree) != 2 || len(devices) != 1 || len(devices[0]) != 2 || devices[0]["name"] != text && string([]rune(text)) != devices[0]["name"] {
			t.Errorf("%q came back as %v", text, tree)
		}
	})
}

func TestAnEditDoesNotLoseWhatIsWrittenByHandMeanwhile(t *testing.T) {
	const one, byHand = "[[device]]\naddress = '10.0.0.1'\nname = 'one'\n", "[[device]]\naddress = '10.0.0.2'\nname = 'by hand'\n"
	tests := []struct{ name, before, after string }{
		{"a file that was there", one, byHand},
		{"none", "", byHand},
		{"a file that was there, and is deleted", one, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{FileName: "[store]\ndirectory = '.'\n"}
			if tt.before != "" {
				files[ConsoleFileName] = tt.before
			}
			dir := write(t, files)
			err := editOverlay(inForce(t, filepath.Join(dir, FileName)), nil, func(o *Overlay) error {
				o.SetDevice(netip.MustParseAddr("10.0.0.1"), map[string]any{"name": "two"})
				if tt.after == "" {
					return os.Remove(o.Path)
				}
				return os.WriteFile(filepath.Join(dir, ConsoleFileName), []byte(tt.after), 0o640)
			})
			text, _ := os.ReadFile(filepath.Join(dir, ConsoleFileName))
			if !errors.Is(err, ErrByHand) || string(text) != tt.after {
				t.Errorf("%v; the file is now %q", err, text)
			}
		})
	}
}

// A server without the right to write the system's place keeps its messages, and
// console.toml, in another.
func TestTheDirectoryInForceIsThatOfTheConsole(t *testing.T) {
	for name, path := range map[string]string{"without a file": "", "with one": filepath.Join(write(t, map[string]string{FileName: ""}), FileName)} {
		t.Run(name, func(t *testing.T) {
			chosen := t.TempDir()
			there := func(*Config) string { return chosen }
			if path != "" {
				writeText(t, filepath.Join(chosen, ConsoleFileName), "[[device]]\naddress = '10.0.0.2'\nname = 'here'\n")
			}
			cfg, err := LoadFor(path, there)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Store.Directory = chosen // as the command does
			if err := editOverlay(cfg, nil, func(o *Overlay) error { o.SetDevice(south, map[string]any{"site": "x"}); return nil }); err != nil {
				t.Fatal(err)
			}
			cfg, err = LoadFor(path, there)
			if err != nil || len(cfg.Devices) != 1 || cfg.Devices[0].Site != "x" || path != "" && cfg.Devices[0].Name != "here" {
				t.Errorf("%+v, %v", cfg, err)
			}
			if o := cfg.Overlay(); filepath.Dir(o.Path) != chosen {
				t.Errorf("it is %s", o.Path)
			}
		})
	}
}

func TestALinkToNothingIsNoAbsentFile(t *testing.T) {
	path, data := edited(t, "")
	beside := filepath.Join(filepath.Dir(path), ConsoleFileName)
	target := filepath.Join(t.TempDir(), "target.toml")
	writeText(t, target, "[[device]]\naddress = '10.0.0.2'\nname = 'linked'\n")
	if err := os.Symlink(target, beside); err != nil {
		t.Skip("no links here: ", err)
	}
	cfg := inForce(t, path)
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	const want = "is a link to what is not there"
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), beside+" "+want) {
		t.Errorf("loaded: %v", err)
	}
	for _, of := range []*Config{cfg, {Path: path, Store: Store{Directory: data}}} {
		err := editOverlay(of, nil, func(o *Overlay) error { o.SetDevice(south, map[string]any{"site": "x"}); return nil })
		if err == nil || !strings.Contains(err.Error(), want) || exists(filepath.Join(data, ConsoleFileName)) {
			t.Errorf("edited: %v", err)
		}
	}
	if note := cfg.OnDisk(); !strings.Contains(note, want) {
		t.Errorf("said %q", note)
	}
}
