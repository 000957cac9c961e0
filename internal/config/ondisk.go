package config

import (
	"errors"
	"fmt"
)

// OnDisk says in a sentence what keeps the files on disk from being what c was
// read from: that they cannot be used, and where, or that they have changed. It
// is empty if they are the same. It reads them whole only if they differ.
func (c *Config) OnDisk() string {
	if c.overlay == nil {
		return "" // c is of no files
	}
	changed := ""
	if o, _, err := readOverlay(c, c.DataDirectory()); err == nil && c.overlay.leftOut != "" && o.Version == c.overlay.leftVersion {
		return c.overlay.leftOut
	} else if err != nil || o.Version != c.overlay.Version {
		changed = c.overlay.Path
	}
	if c.Path != "" {
		if text, err := readFile(c.Path); err != nil || versionOf(text) != c.version {
			changed = c.Path
		}
	}
	if changed == "" {
		return ""
	}
	_, err := LoadFor(c.Path, func(*Config) string { return c.DataDirectory() })
	if err != nil {
		return sentence(err) + "; what was read before is in force"
	}
	return changed + " on disk is not the one in force; logboom reload takes it over"
}

// sentence says the first thing that is wrong with settings, and where.
func sentence(err error) string {
	var problems Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		return err.Error()
	}
	p := problems[0]
	where, what := p.File, p.Want
	if p.Line > 0 {
		where = fmt.Sprintf("%s, line %d,", p.File, p.Line)
	}
	if p.Key != "" {
		what = p.Key + ": " + p.Want
	}
	return where + " cannot be used: " + what
}
