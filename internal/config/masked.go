package config

import (
	"reflect"
	"regexp"
	"strings"
	"sync"
)

// What a broken line says is shown to whoever may see that the settings are
// broken: in the log, to viewers of the console. It cannot be told what a value
// is that could not be read, so those of keys that may hold secrets, and of keys
// that are not known, are left out.

// mask stands for what is left out.
const mask = "•••"

var (
	// A colon is that of YAML.
	keyBefore = regexp.MustCompile(`(?:^|[\s{,;#/])["']?([A-Za-z0-9_.-]+)["']?\s*=|^[\s;#/]*["']?([A-Za-z0-9_.-]+)["']?\s*:(?:\s|$)`)
	oddWord   = regexp.MustCompile(`[^\s"'=\[\]]{16,}|[^\s"'=\[\]]*[0-9][^\s"'=\[\]]*`) // without a key before it

	quoted = regexp.MustCompile(`"[^"]+"|'[^']+'|` + "`[^`]+`")
)

// harmless are the names of keys whose values are no secrets wherever they stand.
var harmless = sync.OnceValue(func() map[string]bool {
	plain, secret := map[string]bool{}, map[string]bool{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		for i := range t.NumField() {
			name := t.Field(i).Tag.Get("toml")
			if name == "" || name == "-" {
				continue
			}
			of := t.Field(i).Type
			for of.Kind() == reflect.Slice {
				of = of.Elem()
			}
			switch {
			case of == reflect.TypeFor[Secret]() || of == reflect.TypeFor[URL]() || of == reflect.TypeFor[Header]():
				secret[name] = true
			case of.Kind() == reflect.Struct:
				plain[name] = true // a section
				walk(of)
			default:
				plain[name] = true
			}
		}
	}
	walk(reflect.TypeFor[Config]())
	for name := range secret {
		delete(plain, name)
	}
	return plain
})

// masked returns a broken line without values that may be secret, and whether
// any was left out.
func masked(line string) (string, bool) {
	if strings.HasPrefix(strings.TrimSpace(line), "[") && !strings.ContainsAny(line, "=:") {
		return line, false // the head of a section
	}
	found := keyBefore.FindAllStringSubmatchIndex(line, -1)
	if found == nil {
		out := oddWord.ReplaceAllString(line, mask)
		return out, out != line
	}
	for _, at := range found {
		key := line[max(at[2], at[4]):max(at[3], at[5])]
		for part := range strings.SplitSeq(key, ".") {
			if !harmless()[part] {
				return strings.TrimRight(line[:at[1]], " \t") + " " + mask, true
			}
		}
	}
	return line, false
}
