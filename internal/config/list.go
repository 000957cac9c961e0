package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/logboom/logboom"
)

// A Setting is one key in force, for people to look at. Values stand as they
// would in the file; no secret does.
type Setting struct {
	Section string // "listen", or of a list of tables "webhook: noc-chat"
	Key     string // "listen.udp", "webhook.url"
	Value   string // of a secret "set" or "not set"
	Default string
	Origin  string // "default", "config.toml", "console.toml", "environment NAME", or another file
	Changed bool   // Value is not Default
	Help    string // of the shipped file
}

// mostTables is how many tables of one list are listed: a network may have
// thousands of devices, for which there is a page of its own.
const mostTables = 100

// List returns every key in force, in the order of the shipped file; of lists of
// tables only what is set in them. left says how many tables of a list were left
// out, by its name.
func (c *Config) List() (all []Setting, left map[string]int) {
	left = map[string]int{}
	standard := reflect.ValueOf(Default()).Elem()
	v := reflect.ValueOf(c).Elem()
	for name, f := range fields(v.Type()) {
		field := v.FieldByIndex(f.Index)
		if f.Type.Kind() != reflect.Struct {
			all = c.listTables(all, left, name, field)
			continue
		}
		for key, kf := range fields(f.Type) {
			value := field.FieldByIndex(kf.Index)
			if kf.Type.Kind() == reflect.Slice && kf.Type.Elem().Kind() == reflect.Struct && hasKeys(kf.Type.Elem()) {
				all = c.listTables(all, left, name+"."+key, value)
				continue
			}
			all = append(all, c.setting(name, name+"."+key, value, standard.FieldByIndex(f.Index).FieldByIndex(kf.Index)))
		}
	}
	return all, left
}

func (c *Config) setting(section, key string, value, standard reflect.Value) Setting {
	s := Setting{Section: section, Key: key, Value: listed(value.Interface()), Default: listed(standard.Interface()), Origin: "default", Help: shippedHelp()[key]}
	s.Changed = !equal(value, standard)
	switch file := c.origin[key]; {
	case strings.HasPrefix(file, "environment "):
		s.Origin = file
	case file != "":
		s.Origin = filepath.Base(file)
	case s.Changed:
		s.Origin = "chosen at the start" // for lack of rights
	}
	return s
}

// listTables adds what is set in the tables of a list.
func (c *Config) listTables(all []Setting, left map[string]int, name string, list reflect.Value) []Setting {
	for i := range list.Len() {
		if i == mostTables {
			left[name] = list.Len() - i
			break
		}
		t := list.Index(i)
		section := fmt.Sprintf("%s: number %d", name, i+1)
		for _, by := range []string{"Name", "Address", "ChatID"} {
			if f := t.FieldByName(by); f.IsValid() && fmt.Sprint(f.Interface()) != "" {
				section = name + ": " + fmt.Sprint(f.Interface())
				break
			}
		}
		var from []string
		if f := t.FieldByName("from"); f.IsValid() && f.String() != "" {
			for _, file := range strings.Split(f.String(), " and ") {
				from = append(from, filepath.Base(file))
			}
		}
		for key, f := range fields(t.Type()) {
			value := t.FieldByIndex(f.Index)
			if value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0 {
				continue
			}
			all = append(all, Setting{
				Section: section, Key: name + "." + key, Value: listed(value.Interface()), Origin: strings.Join(from, " and "), Changed: true,
				Help: shippedHelp()[name+"."+key],
			})
		}
	}
	return all
}

// listed writes a value as it stands in the file, a secret as "set" or "not set".
func listed(value any) string {
	switch value := value.(type) {
	case Secret:
		if value == "" {
			return "not set"
		}
		return "set"
	case URL:
		u, err := url.Parse(string(value))
		switch {
		case value == "":
			return `""`
		case err != nil || u.Host == "":
			return "set"
		case u.User != nil:
			return tomlText(u.Scheme + "://•••@" + u.Host)
		}
		return tomlText(u.Scheme + "://" + u.Host)
	case []Header:
		list := make([]string, len(value))
		for i, h := range value {
			name, _, ok := strings.Cut(string(h), ":")
			if list[i] = name + ": set"; !ok {
				list[i] = "set"
			}
		}
		return tomlList(list)
	case time.Duration:
		if value == SilentNever {
			return `"0"`
		}
	case netip.Addr:
		return tomlText(value.String())
	}
	return tomlValue(value)
}

// leastHidden is how many bytes a secret has at least that is taken out of
// texts: shorter ones, such as "public", are also words.
const leastHidden = 6

// Hide takes all secrets of the settings out of a text, wherever it comes from.
func (c *Config) Hide() *strings.Replacer {
	var pairs []string
	hide := func(s string) {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			if len(form) >= leastHidden {
				pairs = append(pairs, form, "•••")
			}
		}
	}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch s := v.Interface().(type) {
		case Secret:
			hide(string(s))
			if _, key, ok := strings.Cut(string(s), ":"); ok && !strings.Contains(string(s), "/") {
				hide(key) // of a token: is as good as the whole
			}
			return
		case URL:
			if u, err := url.Parse(string(s)); err == nil && u.User != nil {
				password, _ := u.User.Password()
				hide(password)
			}
			return
		case Header:
			_, value, _ := strings.Cut(string(s), ":")
			hide(strings.TrimSpace(value))
			return
		}
		switch {
		case v.Kind() == reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case v.Kind() == reflect.Struct && hasKeys(v.Type()):
			for _, f := range fields(v.Type()) {
				walk(v.FieldByIndex(f.Index))
			}
		}
	}
	walk(reflect.ValueOf(c).Elem())
	return strings.NewReplacer(pairs...)
}

// shippedHelp returns what the shipped file says of each key.
var shippedHelp = sync.OnceValue(func() map[string]string { return helpIn(string(logboom.ConfigTOML)) })

// helpIn reads the comments of a file like the shipped one: those above a key,
// which are also of the keys that follow without a line between, and those
// behind the keys of a table that is an example.
func helpIn(text string) map[string]string {
	help := map[string]string{}
	section, above := "", []string{}
	read := false // above has been used: the next comment begins another
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		comment, isComment := strings.CutPrefix(line, "#")
		switch {
		case line == "", isComment && (comment == "" || comment[0] == ' '):
			if comment = strings.TrimSpace(comment); comment == "" || read {
				above, read = nil, false
			}
			if comment != "" {
				above = append(above, comment)
			}
			continue
		case isComment && comment[0] != '[':
			if key, rest, ok := strings.Cut(comment, " = "); ok && section != "" {
				if _, said, ok := cutLast(rest, "# "); ok {
					help[section+"."+key] = said
				} else {
					help[section+"."+key] = strings.Join(above, " ")
				}
			}
			continue
		}
		if name := strings.Trim(strings.TrimPrefix(line, "#"), "[]"); strings.HasPrefix(strings.TrimPrefix(line, "#"), "[") {
			if section = name; !isComment {
				above = nil
			}
			continue
		}
		if key, _, ok := strings.Cut(line, " = "); ok {
			help[section+"."+key], read = strings.Join(above, " "), true
		}
	}
	return help
}

// cutLast is [strings.Cut] at the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
