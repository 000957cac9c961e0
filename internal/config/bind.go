package config

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A binder lays what a file says over a struct, and collects what does not fit.
// The TOML library could do it too, but stops at the first wrong type, takes
// keys in any case, and does not say which entry of a list it means.
type binder struct {
	file     string
	places   places
	problems Problems
	origin   map[string]string // key -> file, for what was set

	seen map[string]bool // ids of problems
	more int             // problems beyond maxProblems
}

// maxProblems bounds what is told of one file: nobody reads on, and the hints
// take time.
const maxProblems = 100

// A place is a table in the file: what it is called in words, and its id.
type place struct{ label, id string }

// key returns the words and the id of a key of the table.
func (pl place) key(name string) (label, id string) {
	switch {
	case pl.id == "":
		return name, name
	case strings.ContainsRune(pl.id, '#'):
		return pl.label + ", " + name, pl.id + "." + name
	}
	return pl.label + "." + name, pl.id + "." + name
}

// add notes a problem of the key name in the table pl. A key has one problem at
// most; id tells elements of a list apart.
func (b *binder) add(pl place, name, element string, p Problem) {
	p.File = b.file
	p.Key, p.id = pl.key(name)
	p.Line = b.places.line(p.id)
	p.id += element
	switch {
	case b.seen[p.id]:
	case b.full():
		b.more++
	default:
		b.seen[p.id] = true
		b.problems = append(b.problems, p)
	}
}

// table lays t over the struct v. Keys that v does not know are problems.
func (b *binder) table(pl place, t map[string]any, v reflect.Value) {
	known := map[string]bool{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("toml")
		if name == "" || name == "-" {
			continue
		}
		known[name] = true
		if value, ok := t[name]; ok {
			_, id := pl.key(name)
			b.origin[id] = b.file
			b.value(pl, name, value, v.Field(i), f.Tag.Get("accept"))
		}
	}
	var unknown []string
	for name := range t {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.SortFunc(unknown, func(a, c string) int {
		_, ia := pl.key(a)
		_, ic := pl.key(c)
		if d := b.places.line(ia) - b.places.line(ic); d != 0 {
			return d
		}
		return strings.Compare(a, c)
	})
	for _, name := range unknown {
		b.unknown(pl, name, t[name], v.Type())
	}
}

func (b *binder) full() bool { return len(b.problems) >= maxProblems }

func (b *binder) unknown(pl place, name string, value any, in reflect.Type) {
	if b.full() {
		b.more++
		return
	}
	word := name
	if strings.IndexFunc(name, func(r rune) bool { return !isBare(r) }) >= 0 || name == "" {
		word = quote(name)
	}
	p := Problem{Want: "there is no such key", Hint: suggest(pl, name, in)}
	if isTable(value) {
		p.Want = "there is no such section"
	}
	b.add(pl, word, "", p)
}

func isBare(r rune) bool {
	return r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func isTable(value any) bool {
	switch value.(type) {
	case map[string]any, []map[string]any:
		return true
	}
	return false
}

// value lays one value over the field v.
func (b *binder) value(pl place, name string, value any, v reflect.Value, accept string) {
	bad := func(want, hint string) { b.add(pl, name, "", Problem{Have: show(value), Want: want, Hint: hint}) }
	text, isText := value.(string)
	switch dst := v.Addr().Interface().(type) {
	case *string, *Secret, *URL:
		if n, ok := value.(int64); ok && accept == "number" {
			text, isText = strconv.FormatInt(n, 10), true
		}
		if !isText {
			if v.Type() == reflect.TypeFor[Secret]() || v.Type() == reflect.TypeFor[URL]() {
				value = Secret("x") // not to be repeated
			}
			bad("must be text in quotes", "")
			return
		}
		v.SetString(text)
	case *int:
		n, ok := value.(int64)
		switch {
		case ok && int64(int(n)) == n:
			*dst = int(n)
		case ok:
			bad("must be a smaller number", "")
		default:
			hint := ""
			if _, err := strconv.Atoi(text); isText && err == nil {
				hint = fmt.Sprintf("write %s = %s, without quotes", name, text)
			}
			bad("must be a whole number without quotes", hint)
		}
	case *bool:
		yes, ok := value.(bool)
		if !ok {
			hint := ""
			if t := strings.ToLower(text); t == "true" || t == "false" {
				hint = fmt.Sprintf("write %s = %s, without quotes", name, t)
			}
			bad("must be true or false, without quotes", hint)
			return
		}
		*dst = yes
	case *Size:
		n, err := parseSize(text)
		if number, ok := value.(int64); ok && number == 0 {
			return // the zero of the type
		} else if !isText || err != nil {
			hint := ""
			if number, ok := value.(int64); ok && number > 0 {
				hint = fmt.Sprintf(`did you mean "%dMB"?`, number)
			} else if _, err := strconv.ParseFloat(text, 64); err == nil {
				hint = fmt.Sprintf(`did you mean "%sMB"?`, text)
			}
			bad(errSize.Error(), hint)
			return
		}
		*dst = n
	case *time.Duration:
		d, err := parseDuration(text)
		if !isText || err != nil {
			hint := ""
			if number, ok := value.(int64); ok && number >= 0 {
				hint = fmt.Sprintf(`did you mean "%ds" or "%dms"?`, number, number)
			} else if _, err := strconv.ParseUint(text, 10, 32); err == nil {
				hint = fmt.Sprintf(`did you mean "%ss" or "%sms"?`, text, text)
			}
			bad(errDuration.Error(), hint)
			return
		}
		*dst = d
	case *netip.Addr:
		a, err := parseAddr(text)
		if !isText || err != nil {
			hint := ""
			if strings.ContainsRune(text, '/') {
				hint = "one [[device]] for each device, not for a network"
			}
			bad(`must be an IP address such as "10.0.0.1" or "2001:db8::1"`, hint)
			return
		}
		*dst = a
	case *[]string:
		b.texts(pl, name, value, func(s string) *Problem { return nil }, func(list []string) { *dst = list })
	case *[]netip.Prefix:
		var prefixes []netip.Prefix
		b.texts(pl, name, value, func(s string) *Problem {
			prefix, p := parsePrefix(s)
			prefixes = append(prefixes, prefix)
			return p
		}, func([]string) { *dst = prefixes })
	case *[]Header:
		if list, ok := value.([]any); ok {
			for i, item := range list { // not to be repeated
				if _, ok := item.(string); !ok {
					list[i] = Secret("x")
				}
			}
		} else {
			value = Secret("x")
		}
		b.texts(pl, name, value, func(s string) *Problem { return nil }, func(list []string) {
			*dst = nil
			for _, s := range list {
				*dst = append(*dst, Header(s))
			}
		})
	case *[]Webhook:
		b.list(pl, name, value, "name", func(pl place, t map[string]any) {
			w := defaultWebhook()
			w.from = b.file
			b.table(pl, t, reflect.ValueOf(&w).Elem())
			*dst = append(*dst, w)
		})
	case *[]Device:
		b.list(pl, name, value, "address", func(pl place, t map[string]any) {
			d := Device{from: b.file, set: map[string]bool{}}
			for k := range t {
				d.set[k] = true
			}
			b.table(pl, t, reflect.ValueOf(&d).Elem())
			if d.set["silent_after"] && d.SilentAfter == 0 {
				d.SilentAfter = SilentNever
			}
			*dst = append(*dst, d)
		})
	case *[]Route:
		b.list(pl, name, value, "chat_id", func(pl place, t map[string]any) {
			r := Route{from: b.file}
			b.table(pl, t, reflect.ValueOf(&r).Elem())
			*dst = append(*dst, r)
		})
	case *[]Rule:
		b.list(pl, name, value, "name", func(pl place, t map[string]any) {
			r := defaultRule()
			r.from = b.file
			b.table(pl, t, reflect.ValueOf(&r).Elem())
			*dst = append(*dst, r)
		})
	default: // a section
		t, ok := value.(map[string]any)
		if !ok {
			p := Problem{Have: show(value), Want: "must be a section: [" + name + "]"}
			if isTable(value) {
				p.Have, p.Hint = "", fmt.Sprintf("write [%s] with one bracket, once", name)
			}
			b.add(pl, name, "", p)
			return
		}
		label, id := pl.key(name)
		b.table(place{label, id}, t, v)
	}
}

// texts hands over a list of texts, each of which check may refuse.
func (b *binder) texts(pl place, name string, value any, check func(string) *Problem, set func([]string)) {
	var items []any
	switch value := value.(type) {
	case []any:
		items = value
	case string:
		b.add(pl, name, "", Problem{Have: quote(value), Want: "must be a list", Hint: fmt.Sprintf("write %s = [%s]", name, quote(value))})
		return
	default:
		b.add(pl, name, "", Problem{Have: show(value), Want: `must be a list of texts such as ["one", "two"]`})
		return
	}
	// What is refused here keeps its place, so that the others are checked too.
	list := make([]string, 0, len(items))
	for i, item := range items {
		s, isText := item.(string)
		p := &Problem{Have: show(item), Want: "must be text in quotes"}
		if n, isNumber := item.(int64); isNumber {
			p.Hint = fmt.Sprintf(`write "%d"`, n)
			if name == "udp" || name == "tcp" || name == "tls" {
				p.Hint = fmt.Sprintf(`write ":%d"`, n)
			}
		}
		if isText {
			p = check(s)
		}
		if p != nil {
			p.Have = show(item)
			b.add(pl, name, fmt.Sprintf("#%d", i+1), *p)
		}
		list = append(list, s)
	}
	set(list)
}

// list hands over the tables of a list, such as every [[device]]. The value of
// the key called by tells an entry apart in words.
func (b *binder) list(pl place, name string, value any, by string, entry func(place, map[string]any)) {
	label, id := pl.key(name)
	var tables []map[string]any
	switch value := value.(type) {
	case []map[string]any:
		tables = value
	case []any:
		for _, item := range value {
			t, ok := item.(map[string]any)
			if !ok {
				b.add(pl, name, "", Problem{Have: show(item), Want: fmt.Sprintf("must be sections [[%s]]", label)})
				return
			}
			tables = append(tables, t)
		}
	default:
		hint := ""
		if isTable(value) {
			hint = fmt.Sprintf("write [[%s]] with two brackets, once for each", label)
		}
		b.add(pl, name, "", Problem{Want: fmt.Sprintf("must be sections [[%s]]", label), Hint: hint})
		return
	}
	for i, t := range tables {
		called, _ := t[by].(string)
		entry(entryPlace(label, id, called, i), t)
	}
}

// entryPlace is the place of entry i, from 0, of a list of tables.
func entryPlace(label, id, called string, i int) place {
	if called == "" {
		label = fmt.Sprintf("%s number %d", label, i+1)
	} else {
		label += " " + quote(called)
	}
	return place{label, fmt.Sprintf("%s#%d", id, i+1)}
}

// nth names entry n, from 1, of a list of tables to who looks at another of them:
// "rule number 1 of config.toml (line 7)".
func (b *binder) nth(what, list string, n int) string {
	words := fmt.Sprintf("%s number %d of %s", what, n, filepath.Base(b.file))
	if line := b.places.line(fmt.Sprintf("%s#%d", list, n)); line > 0 {
		words += fmt.Sprintf(" (line %d)", line)
	}
	return words
}

// show is how a value is repeated to its author.
func show(value any) string {
	switch value := value.(type) {
	case string:
		return quote(value)
	case Secret:
		return value.String()
	case []any:
		parts := make([]string, 0, len(value))
		for _, v := range value[:min(len(value), 5)] {
			parts = append(parts, show(v))
		}
		if len(value) > 5 {
			parts = append(parts, "…")
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any, []map[string]any:
		return "a section"
	case time.Time:
		return "a date"
	}
	return cut(fmt.Sprint(value))
}
