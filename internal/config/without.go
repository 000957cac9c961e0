package config

import (
	"fmt"
	"maps"
)

// LoadWithout is [LoadFor] without console.toml, for a server that could not start
// with it: why says what is wrong. [Config.LeftOut] tells of it from then on.
func LoadWithout(path string, directory func(*Config) string, why error) (*Config, error) {
	r := newReader()
	return r.load(path, func(cfg *Config) error {
		if len(r.problems) > 0 {
			return nil // load says so
		}
		below := *cfg
		below.origin = maps.Clone(cfg.origin)
		cfg.overlay = &Overlay{Path: overlayPaths(cfg, directory(cfg))[0], below: &below, leftOut: ConsoleFileName + " cannot be used, and the server has started without it: " + sentence(why)}
		if o, _, err := readOverlay(cfg, directory(cfg)); err == nil {
			cfg.overlay.Path, cfg.overlay.leftVersion = o.Path, o.Version
		}
		return nil
	})
}

// LeftOut says that console.toml is not in force since it could not be used at the
// start, and why.
func (c *Config) LeftOut() []Warning {
	o := c.Overlay()
	if o.leftOut == "" {
		return nil
	}
	return []Warning{{"", o.leftOut, fmt.Sprintf("what was set in the console is not in force: mend %s, or put %s in its place; then logboom config check, and logboom reload", o.Path, ConsoleFileName+oldSuffix)}}
}
