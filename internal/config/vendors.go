package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/pack"
)

const (
	// allVendors stands for all shipped packs of vendors.
	allVendors = "all"
	// packFolder is the folder beside config.toml with packs of one's own.
	packFolder = "packs"
)

// Vendors returns the packs that say what vendors' equipment means, those of
// the folder packs beside the file among them; nil if there is none. The error
// is for people: it names file, rule and example.
func (c *Config) Vendors() (*pack.Set, error) {
	if len(c.Alerts.Vendors) == 0 && len(c.packs) == 0 {
		return nil, nil
	}
	return pack.New(pack.Options{Names: c.Alerts.Vendors, Files: c.packs})
}

// A VendorPack is a shipped pack of a vendor, and whether it is in use.
type VendorPack struct {
	pack.Description
	On       bool
	Examples []string // messages that it understands
}

// packExamples is how many of them are shown of each.
const packExamples = 3

// WordExamples returns messages that a shipped pack of words understands.
func WordExamples(name string) []string { return alert.PackExamples(name, packExamples) }

// VendorPacks returns all that are shipped.
func (c *Config) VendorPacks() (list []VendorPack) {
	for _, name := range pack.Names() {
		if d, ok := pack.Describe(name); ok {
			on := slices.Contains(c.Alerts.Vendors, name) || slices.Contains(c.Alerts.Vendors, allVendors)
			list = append(list, VendorPack{d, on, pack.Examples(name, packExamples)})
		}
	}
	return list
}

// readPacks reads the packs of a folder. One that does not exist has none.
func readPacks(folder string) ([]pack.File, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading packs: %w", err)
	}
	var files []pack.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".toml") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if len(files) == pack.MaxFiles {
			return nil, fmt.Errorf("reading packs: %s has more than %d of them", folder, pack.MaxFiles)
		}
		text, err := readFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading packs: %w", err)
		}
		files = append(files, pack.File{Name: e.Name(), Text: text})
	}
	return files, nil
}

// packs checks names of packs, of which there are all.
func (c checker) packs(pl place, key string, names, all []string) {
	for i, name := range names {
		p := Problem{Have: quote(name), Want: "there is no such pack; there are " + strings.Join(all, ", ")}
		switch near := nearest(name, all); {
		case slices.Contains(all, name) && !slices.Contains(names[:i], name):
			continue
		case slices.Contains(all, name):
			p.Want = "is there a second time"
		case near != "":
			p.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.add(pl, key, fmt.Sprintf("#%d", i+1), p)
	}
}
