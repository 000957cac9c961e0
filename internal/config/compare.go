package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/pack"
)

// Changes returns the keys in which other says something else than c, in the
// order of the shipped file: "listen.udp", "alerts.rule", "device"; "packs" is
// the folder beside the file. Where a value stands does not matter, and secrets
// that were read from elsewhere count as what was read.
func (c *Config) Changes(other *Config) []string {
	var keys []string
	eachKey(c, other, func(key string, a, b reflect.Value) {
		if !equal(a, b) {
			keys = append(keys, key)
		}
	})
	if !slices.EqualFunc(c.packs, other.packs, func(a, b pack.File) bool { return a.Name == b.Name && string(a.Text) == string(b.Text) }) {
		keys = append(keys, packFolder)
	}
	return keys
}

// Keeping returns c with the values of another in the places of some keys, as
// [Config.Changes] names them. Neither is changed.
func (c *Config) Keeping(keys []string, of *Config) *Config {
	kept := *c
	eachKey(&kept, of, func(key string, a, b reflect.Value) {
		if slices.Contains(keys, key) {
			a.Set(b)
		}
	})
	if slices.Contains(keys, packFolder) {
		kept.packs = of.packs
	}
	return &kept
}

// Has reports whether there is a key, a list of tables or a section of this name,
// as [Config.Changes] names them.
func (c *Config) Has(name string) (there bool) {
	eachKey(c, c, func(key string, _, _ reflect.Value) {
		section, _, _ := strings.Cut(key, ".")
		there = there || key == name || section == name
	})
	return there || name == packFolder
}

// eachKey calls fn for every key of a section and for every list of tables,
// with what both have there.
func eachKey(a, b *Config, fn func(key string, a, b reflect.Value)) {
	va, vb := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for name, f := range fields(va.Type()) {
		fa, fb := va.FieldByIndex(f.Index), vb.FieldByIndex(f.Index)
		if f.Type.Kind() != reflect.Struct {
			fn(name, fa, fb)
			continue
		}
		for key, f := range fields(f.Type) {
			fn(name+"."+key, fa.FieldByIndex(f.Index), fb.FieldByIndex(f.Index))
		}
	}
}

// equal reports whether two values of settings mean the same. Of tables only
// the keys count, not the file that they stand in.
func equal(a, b reflect.Value) bool {
	switch {
	case a.Kind() == reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case a.Kind() == reflect.Struct && hasKeys(a.Type()):
		for _, f := range fields(a.Type()) {
			if !equal(a.FieldByIndex(f.Index), b.FieldByIndex(f.Index)) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// hasKeys reports whether t is a table of the file.
func hasKeys(t reflect.Type) bool {
	for range fields(t) {
		return true
	}
	return false
}
