package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// nameSouth is a change that gives a device a name.
func nameSouth(name string) func(*Overlay) error {
	return func(o *Overlay) error { o.SetDevice(south, map[string]any{"name": name}); return nil }
}

func TestWhatCannotBeUsedAfterAllIsNotWritten(t *testing.T) {
	path, _ := edited(t, "")
	console := filepath.Join(filepath.Dir(path), ConsoleFileName)
	no := errors.New("too much")
	refuse := func(cfg *Config) error {
		if len(cfg.Devices) != 1 || cfg.Devices[0].Name == "" {
			t.Errorf("asked about %+v", cfg.Devices)
		}
		return no
	}
	if _, err := EditOverlay(inForce(t, path), Edit{Change: nameSouth("a"), Try: refuse}); !errors.Is(err, no) || exists(console) {
		t.Errorf("%v; written: %v", err, exists(console))
	}
	for _, name := range []string{"a", "b"} {
		if err := editOverlay(inForce(t, path), nil, nameSouth(name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := RestoreOverlay(inForce(t, path), Edit{Try: refuse}); !errors.Is(err, no) || inForce(t, path).Devices[0].Name != "b" {
		t.Errorf("restored: %v, %+v", err, inForce(t, path).Devices)
	}
}

func TestAnEditIsTakenBack(t *testing.T) {
	tests := []struct {
		name  string
		edits []string
	}{
		{"the first", nil},
		{"the second", []string{"one"}},
		{"a later one", []string{"one", "two"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, _ := edited(t, "")
			console := filepath.Join(filepath.Dir(path), ConsoleFileName)
			for _, name := range tt.edits {
				if err := editOverlay(inForce(t, path), nil, nameSouth(name)); err != nil {
					t.Fatal(err)
				}
			}
			texts := func() (all [2]string) {
				for i, p := range []string{console, console + oldSuffix} {
					if exists(p) {
						all[i] = "there: " + readText(t, p)
					}
				}
				return all
			}
			before := texts()
			w, err := EditOverlay(inForce(t, path), Edit{Change: nameSouth("last")})
			if err != nil {
				t.Fatal(err)
			}
			if v := inForce(t, path).Overlay().Version; v != w.Version {
				t.Errorf("written was %s, there is %s", w.Version, v)
			}
			if err := w.TakeBack(); err != nil {
				t.Fatal(err)
			}
			if now := texts(); now != before {
				t.Errorf("taken back, there is %q\nbefore %q", now, before)
			}
			if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1+min(2*len(tt.edits), 2) {
				t.Errorf("left over: %v", files)
			}
			if err := w.TakeBack(); !errors.Is(err, ErrByHand) {
				t.Errorf("taken back twice: %v", err)
			}
		})
	}
}

func TestWhatWasChangedByHandSinceIsNotTakenBack(t *testing.T) {
	path, _ := edited(t, "")
	console := filepath.Join(filepath.Dir(path), ConsoleFileName)
	w, err := EditOverlay(inForce(t, path), Edit{Change: nameSouth("a")})
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, console, "# mine\n")
	if err := w.TakeBack(); !errors.Is(err, ErrByHand) || readText(t, console) != "# mine\n" {
		t.Errorf("%v; there is %q", err, readText(t, console))
	}
}
