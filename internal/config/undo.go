package config

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
)

// mostUndone is how many changes are named one by one.
const mostUndone = 20

// Undoes says what [RestoreOverlay] would change, in words, "rule \"Loop\" is
// removed": the version before is of all that is set in the console, not only of
// what one looks at. It is empty if there is none, or one that cannot be used.
func (o *Overlay) Undoes() []string {
	path := o.Path + oldSuffix
	text, err := readFile(path)
	if err != nil {
		return nil
	}
	var r reader
	tree, b, broken := r.tree(path, text)
	if r.done(b, broken); len(r.problems) > 0 {
		return nil
	}
	var old Overlay
	old.fill(tree)
	var said []string
	said = undone(said, "rule", o.rules, old.rules, "name")
	said = undone(said, "device", o.devices, old.devices, "address")
	for _, list := range lists {
		if !reflect.DeepEqual(o.lists[list], old.lists[list]) {
			said = append(said, list+" are as before")
		}
	}
	if n := len(said) - mostUndone; n > 0 {
		said = append(said[:mostUndone], fmt.Sprintf("and %d more", n))
	}
	return said
}

// undone says what differs between two lists of tables that key names.
func undone(said []string, what string, now, before []map[string]any, key string) []string {
	named := func(tables []map[string]any) map[string]map[string]any {
		m := map[string]map[string]any{}
		for _, t := range tables {
			name, _ := t[key].(string)
			if a, err := netip.ParseAddr(name); err == nil && key == "address" {
				name = a.Unmap().String()
			}
			m[name] = t
		}
		return m
	}
	n, b := named(now), named(before)
	all := slices.Collect(maps.Keys(n))
	for name := range b {
		if n[name] == nil {
			all = append(all, name)
		}
	}
	slices.SortFunc(all, strings.Compare)
	for _, name := range all {
		switch {
		case b[name] == nil:
			said = append(said, fmt.Sprintf("what is set here of %s %q is removed", what, name))
		case n[name] == nil:
			said = append(said, fmt.Sprintf("%s %q is back", what, name))
		case !reflect.DeepEqual(n[name], b[name]):
			said = append(said, fmt.Sprintf("%s %q is as before", what, name))
		}
	}
	return said
}
