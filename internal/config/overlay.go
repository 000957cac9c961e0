package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
)

// overlayPaths returns where console.toml may be, the first one that exists is
// it: beside the file of the settings, or in the directory of the messages, which
// belongs to the server; where Logboom was installed, only administrators may
// write beside the file.
func overlayPaths(cfg *Config, directory string) []string {
	var paths []string
	if cfg.Path != "" {
		paths = append(paths, filepath.Join(filepath.Dir(cfg.Path), ConsoleFileName))
	}
	return append(paths, filepath.Join(directory, ConsoleFileName))
}

// readOverlay returns the text of console.toml and an overlay that knows where it
// is and what is below, and is still to be filled. It has no version if there is
// no such file.
func readOverlay(cfg *Config, directory string) (o *Overlay, text []byte, err error) {
	below := *cfg
	below.origin = maps.Clone(cfg.origin)
	paths := overlayPaths(cfg, directory)
	for i, path := range paths {
		text, err := readFile(path)
		switch {
		case err == nil:
			o := &Overlay{Path: path, Version: versionOf(text), below: &below}
			if other := paths[len(paths)-1]; i == 0 && exists(other) && !same(path, other) {
				o.ignored = other
			}
			return o, text, nil
		case exists(path) && errors.Is(err, fs.ErrNotExist):
			return nil, nil, fmt.Errorf("opening config: %s is a link to what is not there; mend or delete it", path)
		case errors.Is(err, fs.ErrPermission) && exists(path):
			return nil, nil, fmt.Errorf("opening config: %w; the account that Logboom runs as needs the right to read it: change its group or its mode, chgrp and chmod", err)
		case exists(path): // of a folder that cannot be read others speak
			return nil, nil, fmt.Errorf("opening config: %w", err)
		}
	}
	return &Overlay{Path: paths[0], below: &below}, nil, nil
}

// LeftBehind says what becomes of a console.toml that is in the directory of the
// messages where wanted has another directory; "" if that does not touch it.
func (o *Overlay) LeftBehind(wanted *Config) string {
	paths := overlayPaths(wanted, wanted.DataDirectory())
	switch next := paths[len(paths)-1]; {
	case o.Version == "" || o.Path == paths[0] || o.Path == next:
		return ""
	case exists(next):
		return fmt.Sprintf("%s counts from the restart on, in the place of %s", next, o.Path)
	default:
		return fmt.Sprintf("%s has to be moved to %s before the restart, or nothing of it is in force any more", o.Path, filepath.Dir(next))
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// same reports whether two names are of one file.
func same(a, b string) bool {
	ia, err := os.Stat(a)
	ib, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(ia, ib)
}

// lay reads console.toml and lays it over cfg: devices key by key, rules by their
// names, keywords and packs whole.
func (r *reader) lay(cfg *Config, directory string) error {
	o, text, err := readOverlay(cfg, directory)
	if err == nil && o.Version != "" {
		o.fill(r.layText(cfg, o.Path, text))
	}
	cfg.overlay = o
	return err
}

// layText lays what a file holds over cfg, and returns it; nil if it is no TOML.
func (r *reader) layText(cfg *Config, path string, text []byte) map[string]any {
	var o struct {
		Alerts struct {
			Keywords []string `toml:"keywords"`
			Packs    []string `toml:"packs"`
			Vendors  []string `toml:"vendors"`
			Rule     []Rule   `toml:"rule"`
		} `toml:"alerts"`
		Devices []Device `toml:"device"`
	}
	tree, b, broken := r.tree(path, text)
	if tree != nil {
		b.table(place{}, tree, reflect.ValueOf(&o).Elem())
		c := checker{binder: b, ways: cfg.ways()}
		c.devices(o.Devices)
		c.rules(o.Alerts.Rule)
		c.alerts(&Alerts{Keywords: o.Alerts.Keywords, Packs: o.Alerts.Packs, Vendors: o.Alerts.Vendors, Cooldown: cfg.Alerts.Cooldown})
	}
	r.done(b, broken)
	cfg.Devices = mergeDevices(cfg.Devices, o.Devices)
	cfg.Alerts.Rule = mergeRules(cfg.Alerts.Rule, o.Alerts.Rule)
	for key, list := range map[string]struct{ to, from *[]string }{
		"alerts.keywords": {&cfg.Alerts.Keywords, &o.Alerts.Keywords},
		"alerts.packs":    {&cfg.Alerts.Packs, &o.Alerts.Packs},
		"alerts.vendors":  {&cfg.Alerts.Vendors, &o.Alerts.Vendors},
	} {
		if b.origin[key] != "" && cfg.origin != nil {
			*list.to, cfg.origin[key] = *list.from, path
		}
	}
	return tree
}

// mergeDevices lays what later says of a device over what base says of it, key
// by key, and adds the others.
func mergeDevices(base, later []Device) []Device {
	merged := slices.Clone(base)
	places := make(map[netip.Addr]int, len(base))
	for i, d := range base {
		places[d.Address] = i
	}
	for _, d := range later {
		i, ok := places[d.Address]
		if !ok {
			merged = append(merged, d)
			continue
		}
		m := &merged[i]
		from, to := reflect.ValueOf(d), reflect.ValueOf(m).Elem()
		for name, f := range fields(from.Type()) {
			if d.set[name] {
				to.FieldByIndex(f.Index).Set(from.FieldByIndex(f.Index))
			}
		}
		m.from += " and " + d.from
	}
	return merged
}

// mergeRules puts a rule of later in the place of that of base which has the
// same name, and adds the others.
func mergeRules(base, later []Rule) []Rule {
	merged := slices.Clone(base)
	for _, l := range later {
		if i := slices.IndexFunc(merged, func(m Rule) bool { return m.Name == l.Name }); i >= 0 {
			merged[i] = l
		} else {
			merged = append(merged, l)
		}
	}
	return merged
}
