package config

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

const overlayHead = `# Names of devices, rules and packs as they were set in Logboom's console. It is
# laid over config.toml. You may edit it as well; comments do not stay when the
# console writes it again. What was here before is in ` + ConsoleFileName + oldSuffix + `.
`

// text returns the file.
func (o *Overlay) text() []byte {
	var b bytes.Buffer
	b.WriteString(overlayHead)
	if len(o.lists) > 0 {
		b.WriteString("\n[alerts]\n")
		for _, key := range lists {
			if v, ok := o.lists[key]; ok {
				fmt.Fprintf(&b, "%s = %s\n", key, tomlAny(v))
			}
		}
	}
	writeTables(&b, "alerts.rule", o.rules, reflect.TypeFor[Rule]())
	writeTables(&b, "device", o.devices, reflect.TypeFor[Device]())
	return endLines(b.Bytes(), lineEnd)
}

// writeTables writes tables with their keys in the order in which the reference
// has them; those that nobody knows come last, for the check to find.
func writeTables(b *bytes.Buffer, name string, tables []map[string]any, t reflect.Type) {
	for _, table := range tables {
		fmt.Fprintf(b, "\n[[%s]]\n", name)
		var keys []string
		for key := range fields(t) {
			keys = append(keys, key)
		}
		var others []string
		for key := range table {
			if !slices.Contains(keys, key) {
				others = append(others, key)
			}
		}
		slices.Sort(others)
		for _, key := range append(keys, others...) {
			if v, ok := table[key]; ok {
				fmt.Fprintf(b, "%s = %s\n", tomlKey(key), tomlAny(v))
			}
		}
	}
}

// tomlKey writes a key, in quotes if it is no bare one.
func tomlKey(key string) string {
	bare := func(r rune) bool {
		return r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if key != "" && strings.IndexFunc(key, func(r rune) bool { return !bare(r) }) < 0 {
		return key
	}
	return tomlText(key)
}

// tomlAny writes a value that came from JSON or TOML.
func tomlAny(value any) string {
	switch value := value.(type) {
	case string:
		return tomlText(value)
	case []string:
		return tomlList(value)
	case []any:
		texts := make([]string, len(value))
		for i, v := range value {
			s, ok := v.(string)
			if !ok {
				all := make([]string, len(value))
				for i, v := range value {
					all[i] = tomlAny(v)
				}
				return "[" + strings.Join(all, ", ") + "]"
			}
			texts[i] = s
		}
		return tomlList(texts)
	case map[string]any:
		var all []string
		for key, v := range value {
			all = append(all, tomlKey(key)+" = "+tomlAny(v))
		}
		slices.Sort(all)
		return "{" + strings.Join(all, ", ") + "}"
	case float64:
		if value == float64(int64(value)) { // JSON knows no other numbers
			return fmt.Sprint(int64(value))
		}
	case nil:
		return `""`
	}
	return fmt.Sprint(value)
}
