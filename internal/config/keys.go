package config

import (
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"time"
)

// Keys returns the keys of a rule as they stand in a file, those that say
// something: texts, numbers, lists of texts.
func (r *Rule) Keys() map[string]any {
	return keysOf(reflect.ValueOf(*r), reflect.ValueOf(Rule{Enabled: true}))
}

// Files returns the names of the files that the rule stands in.
func (r *Rule) Files() []string { return fileNames(r.from) }

// Keys returns the keys of a device as they stand in a file, those that say
// something.
func (d *Device) Keys() map[string]any {
	return keysOf(reflect.ValueOf(*d), reflect.ValueOf(Device{}))
}

// Device returns what the settings say of a device; false if nothing.
func (c *Config) Device(address netip.Addr) (Device, bool) {
	for _, d := range c.Devices {
		if d.Address.Unmap() == address.Unmap() {
			return d, true
		}
	}
	return Device{Address: address}, false
}

// Origin returns the name of the file that says what a key is, as
// "alerts.packs"; "" if it is the default.
func (c *Config) Origin(key string) string {
	if c.origin[key] == "" {
		return ""
	}
	return filepath.Base(c.origin[key])
}

func fileNames(from string) (names []string) {
	for _, f := range strings.Split(from, " and ") {
		if f != "" {
			names = append(names, filepath.Base(f))
		}
	}
	return names
}

func keysOf(v, empty reflect.Value) map[string]any {
	keys := map[string]any{}
	for key, f := range fields(v.Type()) {
		value := v.FieldByIndex(f.Index).Interface()
		if reflect.DeepEqual(value, empty.FieldByIndex(f.Index).Interface()) {
			continue
		}
		switch value := value.(type) {
		case time.Duration:
			if keys[key] = formatDuration(value); value == SilentNever {
				keys[key] = "0"
			}
		case netip.Addr:
			keys[key] = value.String()
		case []netip.Prefix:
			list := make([]string, len(value))
			for i, p := range value {
				if list[i] = p.String(); p.IsSingleIP() {
					list[i] = p.Addr().String()
				}
			}
			keys[key] = list
		default:
			keys[key] = value
		}
	}
	return keys
}
