package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
)

// ErrOutdated is the error of an edit of console.toml that somebody else has
// changed since it was looked at, and ErrByHand of one that would be of another
// file than the one in force.
var (
	ErrOutdated = errors.New("somebody else has changed " + ConsoleFileName + " meanwhile; look at what is there now")
	ErrByHand   = errors.New(ConsoleFileName + " was changed by hand and is not in force; take it over first")
)

// oldSuffix is that of console.toml as it was before the last edit.
const oldSuffix = ".old"

// An Overlay is what console.toml holds: values as TOML has them, by the keys of
// [[device]], [[alerts.rule]] and [alerts].
type Overlay struct {
	Path    string // where it is, or would be
	Version string // changes with every edit; "" = there is no file

	devices, rules []map[string]any
	lists          map[string]any // of [alerts]

	below   *Config // the settings without it
	ignored string  // another console.toml, which nobody reads; "" = there is none

	leftOut     string // why the file is not in force since the start; "" = it is
	leftVersion string // of that file
}

// Overlay returns what console.toml held when the settings were read. It is not
// to be changed.
func (c *Config) Overlay() *Overlay {
	if c.overlay == nil {
		return &Overlay{below: c}
	}
	return c.overlay
}

// Below returns the settings without what console.toml says.
func (o *Overlay) Below() *Config { return o.below }

// lists are the keys of [alerts] that console.toml may hold.
var lists = []string{"keywords", "packs", "vendors"}

// readOverlayOf returns what is in the console.toml of cfg, nothing if there is
// none. What is in it must be good.
func readOverlayOf(cfg *Config, directory string) (*Overlay, []byte, error) {
	o, text, err := readOverlay(cfg, directory)
	if err != nil || o.Version == "" {
		return o, nil, err
	}
	// What it holds beside what we know would be lost; so that is for people.
	var r reader
	below := *o.below
	if o.fill(r.layText(&below, o.Path, text)); len(r.problems) > 0 {
		return nil, nil, r.problems
	}
	return o, text, nil
}

// fill takes over what a file holds.
func (o *Overlay) fill(tree map[string]any) {
	o.devices, o.rules, o.lists = tables(tree["device"]), nil, map[string]any{}
	if alerts, ok := tree["alerts"].(map[string]any); ok {
		o.rules = tables(alerts["rule"])
		for _, key := range lists {
			if v, ok := alerts[key]; ok {
				o.lists[key] = v
			}
		}
	}
}

func versionOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// tables returns a list of tables.
func tables(v any) []map[string]any {
	switch v := v.(type) {
	case []map[string]any:
		return v
	case []any:
		var out []map[string]any
		for _, t := range v {
			if t, ok := t.(map[string]any); ok {
				out = append(out, t)
			}
		}
		return out
	}
	return nil
}

// Device returns what is set for a device, by key; nil if it is not in the file.
func (o *Overlay) Device(address netip.Addr) map[string]any {
	if i := o.device(address); i >= 0 {
		return o.devices[i]
	}
	return nil
}

func (o *Overlay) device(address netip.Addr) int {
	return slices.IndexFunc(o.devices, func(t map[string]any) bool {
		text, _ := t["address"].(string)
		a, err := netip.ParseAddr(text)
		return err == nil && a.Unmap() == address.Unmap()
	})
}

// Rule returns what is said of a rule, nil if it is not in the file.
func (o *Overlay) Rule(name string) map[string]any {
	if i := o.rule(name); i >= 0 {
		return o.rules[i]
	}
	return nil
}

func (o *Overlay) rule(name string) int {
	return slices.IndexFunc(o.rules, func(t map[string]any) bool { return t["name"] == name })
}

// Has reports whether keywords, packs or vendors stand in the file.
func (o *Overlay) Has(list string) bool { return o.lists[list] != nil }

// SetDevice sets keys of a device; nil takes one away, and the device itself if
// nothing but its address is left.
func (o *Overlay) SetDevice(address netip.Addr, settings map[string]any) {
	i := o.device(address)
	if i < 0 {
		i = len(o.devices)
		o.devices = append(o.devices, map[string]any{"address": address.String()})
	}
	d := o.devices[i]
	for key, value := range settings {
		if d[key] = value; value == nil {
			delete(d, key)
		}
	}
	if len(d) == 1 {
		o.devices = slices.Delete(o.devices, i, i+1)
	}
}

// SetRule puts a rule in the place of the one called name, or behind the others;
// nil takes it away.
func (o *Overlay) SetRule(name string, rule map[string]any) {
	i := o.rule(name)
	switch {
	case rule == nil && i >= 0:
		o.rules = slices.Delete(o.rules, i, i+1)
	case rule == nil:
	case i >= 0:
		o.rules[i] = rule
	default:
		o.rules = append(o.rules, rule)
	}
}

// SetList sets the keywords, packs or vendors; nil takes them back to what the
// settings below say.
func (o *Overlay) SetList(list string, names []string) {
	if names == nil {
		delete(o.lists, list)
		return
	}
	if o.lists == nil {
		o.lists = map[string]any{}
	}
	o.lists[list] = names
}

var editing sync.Mutex

// An Edit is a change of console.toml.
type Edit struct {
	Version *string              // of the file which was looked at; nil = whichever
	Change  func(*Overlay) error // its error is returned as it is
	Try     func(*Config) error  // says why settings that are read well cannot be used all the same; nil = they can
}

// EditOverlay edits the console.toml of the settings in force: it is written only
// if all settings on disk together can be used, else the error is [Problems],
// with lines if they are of files on disk, or that of Try. It is written whole or
// not at all, and what was there is kept beside it. The error is [ErrOutdated] if
// another version is in force by now, and [ErrByHand] if the file on disk is not
// the one in force.
func EditOverlay(of *Config, edit Edit) (*Written, error) {
	editing.Lock()
	defer editing.Unlock()
	inForce, directory := of.Overlay().Version, of.DataDirectory()
	if edit.Version != nil && *edit.Version != inForce {
		return nil, ErrOutdated
	}
	var o *Overlay
	var before, after []byte
	r := newReader()
	cfg, err := r.load(of.Path, func(cfg *Config) (err error) {
		if o, before, err = readOverlayOf(cfg, directory); err != nil {
			return err
		}
		if left := of.Overlay(); left.leftOut != "" && o.Version == left.leftVersion {
			return errors.New(left.leftOut + "; mend it first, nothing was changed")
		}
		if o.Version != inForce {
			return ErrByHand
		}
		if err = edit.Change(o); err != nil {
			return err
		}
		after = o.text()
		r.unseen = true
		r.layText(cfg, o.Path, after)
		return nil
	})
	if err == nil && edit.Try != nil {
		err = edit.Try(cfg)
	}
	if err != nil {
		return nil, err
	}
	// Who edits it by hand at this moment must not lose that: the file itself comes
	// first, at once after the look.
	still := func() error {
		now, _, err := readOverlay(cfg, directory)
		if err == nil && (now.Version != o.Version || now.Version != "" && now.Path != o.Path) {
			return ErrByHand
		}
		return err
	}
	changes := differences(o.as(before), cfg)
	paths, old := []string{o.Path}, before
	if o.Version == "" {
		paths, old = overlayPaths(cfg, directory), new(Overlay).text() // so that the first edit can be undone
	}
	for _, path := range paths {
		w := &Written{Version: versionOf(after), Changes: changes, path: path, before: before}
		if w.old, err = readFile(path + oldSuffix); err != nil {
			w.old = nil // replace says so if it is more than that there is none
		}
		if err = replace([]replacement{{path, after, path}, {path + oldSuffix, old, path}}, still); err == nil {
			return w, nil
		} else if !mayNot(err) {
			break
		}
	}
	return nil, err
}

// RestoreOverlay puts console.toml as it was before the last edit in the place of
// the one there is, which is kept in its turn, as [EditOverlay] does; nothing else
// is changed. The error wraps [fs.ErrNotExist] if there is none.
func RestoreOverlay(of *Config, edit Edit) (*Written, error) {
	edit.Change = func(o *Overlay) error {
		text, err := readFile(o.Path + oldSuffix)
		if err != nil {
			return fmt.Errorf("reading what was before: %w", err)
		}
		var r reader
		tree, b, broken := r.tree(o.Path+oldSuffix, text)
		if r.done(b, broken); len(r.problems) > 0 {
			return r.problems
		}
		o.fill(tree)
		return nil
	}
	return EditOverlay(of, edit)
}

// MayRestore reports whether there is what console.toml was before the last edit.
func MayRestore(overlay string) bool {
	_, err := os.Stat(overlay + oldSuffix)
	return err == nil
}
