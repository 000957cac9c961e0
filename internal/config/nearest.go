package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// showHint tells where all keys can be seen.
const showHint = `"logboom config show" prints all keys`

// suggest returns a hint for the unknown key name in the table pl, whose fields
// are those of the struct in: the nearest key there, else the section where a
// key of that name is at home.
func suggest(pl place, name string, in reflect.Type) string {
	var here []string
	for f := range fields(in) {
		here = append(here, f)
	}
	if pl.id == "" && len(here) == 2 { // that of console.toml
		if _, known := sections()[name]; known {
			return "it belongs into config.toml; here are only [[device]], [[alerts.rule]] and of [alerts] keywords, packs and vendors"
		}
	}
	if pl.id == "alerts" && in != reflect.TypeFor[Alerts]() { // as well
		for f := range fields(reflect.TypeFor[Alerts]()) {
			if f == name {
				return "it belongs into config.toml; of [alerts] here are only keywords, packs, vendors and [[alerts.rule]]"
			}
		}
	}
	if near := nearest(name, here); near != "" {
		if pl.id == "" {
			return "did you mean " + brackets(near) + "?"
		}
		return fmt.Sprintf("did you mean %s?", near)
	}
	if strings.HasPrefix(pl.id, "alerts.rule") && slices.Contains(inQuery, name) {
		return `it is part of the query, for example query = '"link down" severity:err+ -test'`
	}
	home := ""
	for section, t := range sections() {
		if section == "telegram.route" {
			continue // what telegram has is meant
		}
		for f := range fields(t) {
			if f != strings.ToLower(name) {
				continue
			}
			if home != "" && home != section {
				return showHint // at home in several
			}
			home = section
		}
	}
	if home != "" && home != pl.id {
		return fmt.Sprintf("it belongs under %s", brackets(home))
	}
	if pl.id == "" {
		for _, s := range []struct{ wrong, right string }{
			{"rule", "[[alerts.rule]]"}, {"rules", "[[alerts.rule]]"}, {"server", "[listen]"}, {"syslog", "[listen]"},
			{"database", "[store]"}, {"storage", "[store]"}, {"logging", "[log]"}, {"web", "[console]"}, {"http", "[console]"},
		} {
			if strings.EqualFold(name, s.wrong) {
				return "did you mean " + s.right + "?"
			}
		}
	}
	return showHint
}

// inQuery are keys that people look for in a rule.
var inQuery = []string{"severity", "facility", "host", "hostname", "app", "site", "port", "message", "text", "word", "words",
	"keyword", "keywords", "regex", "pattern", "match", "contains", "exclude", "not"}

// brackets writes a section the way its header is written.
func brackets(section string) string {
	if section == "device" || section == "webhook" || section == "alerts.rule" || section == "telegram.route" {
		return "[[" + section + "]]"
	}
	return "[" + section + "]"
}

// sections returns every section and list of tables, with its struct.
func sections() map[string]reflect.Type {
	all := map[string]reflect.Type{"alerts.rule": reflect.TypeFor[Rule](), "telegram.route": reflect.TypeFor[Route]()}
	for name, f := range fields(reflect.TypeFor[Config]()) {
		t := f.Type
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		all[name] = t
	}
	return all
}

// fields yields the keys of a struct in order.
func fields(t reflect.Type) func(yield func(string, reflect.StructField) bool) {
	return func(yield func(string, reflect.StructField) bool) {
		for i := range t.NumField() {
			f := t.Field(i)
			if name := f.Tag.Get("toml"); name != "" && name != "-" && !yield(name, f) {
				return
			}
		}
	}
}

// nearest returns the one of words that is most like word, if it is like enough
// to be a slip of the fingers; else "".
func nearest(word string, words []string) string {
	word = strings.ToLower(word)
	if len(word) > 40 {
		return ""
	}
	best, at := "", max(1, min(3, len(word)/3))+1
	for _, w := range words {
		d := distance(word, strings.ToLower(w))
		if strings.ReplaceAll(strings.ReplaceAll(word, "-", ""), "_", "") == strings.ReplaceAll(strings.ToLower(w), "_", "") {
			d = 0
		}
		if len(w) >= 4 && len(word) >= 4 && (strings.HasPrefix(word, w) || strings.HasPrefix(w, word)) {
			d = min(d, 1)
		}
		if d < at {
			best, at = w, d
		}
	}
	return best
}

// distance counts the letters to change, add, drop or swap with the next one to
// get from a to b (optimal string alignment).
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
