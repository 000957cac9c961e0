package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const (
	shortValue = 40  // characters of a value in a line of the audit log
	longValue  = 150 // of what rules are about
)

// longKeys are those of rules that say more than others do. They come last: a line
// that is cut still has all others.
var longKeys = []string{"query", "clear", "text", "examples"}

// differences says in words what console.toml may set and after says otherwise
// than before: packs, vendors, keywords, rules, devices, in this order.
//
//	packs: now 0, without "pon", "switch"
//	rule "Loop": threshold 10000 (before 5), query "loop" (before "loop OR storm")
func differences(before, after *Config) (said []string) {
	for _, l := range []struct {
		name string
		b, a []string
	}{
		{"packs", before.Alerts.Packs, after.Alerts.Packs},
		{"vendors", before.Alerts.Vendors, after.Alerts.Vendors},
		{"keywords", before.Alerts.Keywords, after.Alerts.Keywords},
	} {
		with, without := missingIn(l.b, l.a), missingIn(l.a, l.b)
		if len(with)+len(without) == 0 {
			continue
		}
		text := fmt.Sprintf("%s: now %d", l.name, len(l.a))
		if len(with) > 0 {
			text += ", with " + quotedList(with)
		}
		if len(without) > 0 {
			text += ", without " + quotedList(without)
		}
		said = append(said, text)
	}
	b, a := map[string]map[string]any{}, map[string]map[string]any{}
	var names []string
	for i := range after.Alerts.Rule {
		r := &after.Alerts.Rule[i]
		a[r.Name], names = r.Keys(), append(names, r.Name)
	}
	for i := range before.Alerts.Rule {
		r := &before.Alerts.Rule[i]
		if b[r.Name] = r.Keys(); a[r.Name] == nil {
			names = append(names, r.Name)
		}
	}
	said = append(said, tableDifferences("rule", names, b, a, reflect.TypeFor[Rule]())...)

	b, a, names = map[string]map[string]any{}, map[string]map[string]any{}, nil
	for i := range after.Devices {
		d := &after.Devices[i]
		a[d.Address.String()], names = d.Keys(), append(names, d.Address.String())
	}
	for i := range before.Devices {
		d := &before.Devices[i]
		if b[d.Address.String()] = d.Keys(); a[d.Address.String()] == nil {
			names = append(names, d.Address.String())
		}
	}
	return append(said, tableDifferences("device", names, b, a, reflect.TypeFor[Device]())...)
}

// tableDifferences says what differs in tables of these names, key by key.
func tableDifferences(what string, names []string, before, after map[string]map[string]any, t reflect.Type) (said []string) {
	var keys []string
	for key := range fields(t) {
		if key != "name" && key != "address" && !slices.Contains(longKeys, key) || key == "name" && what == "device" {
			keys = append(keys, key)
		}
	}
	if what == "rule" {
		keys = append(keys, longKeys...)
	}
	for _, name := range names {
		b, a := before[name], after[name]
		var parts []string
		for _, key := range keys {
			switch old, now := valueText(key, b[key]), valueText(key, a[key]); {
			case reflect.DeepEqual(b[key], a[key]):
			case b == nil:
				parts = append(parts, key+" "+now)
			case a == nil:
				parts = append(parts, key+" "+old)
			default:
				parts = append(parts, fmt.Sprintf("%s %s (before %s)", key, now, old))
			}
		}
		label := fmt.Sprintf("%s %s", what, strconv.Quote(cut(name)))
		switch {
		case b == nil:
			label += " is new"
		case a == nil:
			label += " is gone"
		case len(parts) == 0:
			continue
		}
		said = append(said, label+": "+strings.Join(parts, ", "))
	}
	return said
}

// valueText writes the value of a key, of which much may be left out.
func valueText(key string, v any) string {
	most := shortValue
	if slices.Contains(longKeys, key) {
		most = longValue
	}
	switch v := v.(type) {
	case nil:
		if key == "enabled" { // what is not said is on
			return "true"
		}
		return "none"
	case string:
		return strconv.Quote(cutTo(v, most))
	case []string:
		return cutTo("["+quotedList(v)+"]", most)
	}
	return fmt.Sprint(v)
}

// missingIn returns what of wanted is not in list.
func missingIn(list, wanted []string) (missing []string) {
	there := make(map[string]bool, len(list))
	for _, s := range list {
		there[s] = true
	}
	for _, s := range wanted {
		if !there[s] {
			missing = append(missing, s)
		}
	}
	return missing
}

func quotedList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return strings.Join(quoted, ", ")
}

// as returns the settings below o with a console.toml laid over them.
func (o *Overlay) as(text []byte) *Config {
	var r reader // of what is good, and was read before
	cfg := *o.below
	cfg.origin = maps.Clone(o.below.origin)
	if text != nil {
		r.layText(&cfg, o.Path, text)
	}
	return &cfg
}
