package config

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Show writes the settings in force as TOML, with a comment that says where
// each comes from. Secrets are a mark only. The error is that of w.
func (c *Config) Show(w io.Writer) error {
	s := shower{Writer: bufio.NewWriter(w), origin: c.origin}
	if c.Path == "" {
		s.line("# The settings in force: the defaults, there is no config file.")
	} else {
		s.line("# The settings in force, from %s over the defaults.", printable(c.Path))
	}
	v := reflect.ValueOf(c).Elem()
	for name, f := range fields(v.Type()) {
		if f.Type.Kind() == reflect.Struct {
			s.line("")
			s.section(name, v.FieldByIndex(f.Index))
		}
	}
	for _, h := range c.Webhooks {
		s.entry("webhook", h.from, reflect.ValueOf(h), reflect.ValueOf(Webhook{}))
	}
	for _, d := range c.Devices {
		s.entry("device", d.from, reflect.ValueOf(d), reflect.ValueOf(Device{}))
	}
	return s.Flush()
}

type shower struct {
	*bufio.Writer
	origin map[string]string
}

func (s shower) line(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }

// section writes a section and the lists of tables below it.
func (s shower) section(name string, v reflect.Value) {
	s.line("[%s]", name)
	for key, f := range fields(v.Type()) {
		field := v.FieldByIndex(f.Index)
		if rules, ok := field.Interface().([]Rule); ok {
			for _, r := range rules {
				s.entry(name+"."+key, r.from, reflect.ValueOf(r), reflect.ValueOf(Rule{Enabled: true}))
			}
			continue
		}
		if routes, ok := field.Interface().([]Route); ok {
			for _, r := range routes {
				s.entry(name+"."+key, r.from, reflect.ValueOf(r), reflect.ValueOf(Route{}))
			}
			continue
		}
		from := "default"
		if file := s.origin[name+"."+key]; file != "" {
			from = printable(filepath.Base(file))
		} else {
			switch name + "." + key {
			case "store.directory":
				from = "default: " + SystemDataDirectory()
			case "log.file":
				from = "default: the terminal, as a service " + SystemLogFile()
			}
		}
		s.line("%s = %s  # %s", key, tomlValue(field.Interface()), from)
	}
}

// entry writes one table of a list, only what is set in it.
func (s shower) entry(name, from string, v, empty reflect.Value) {
	var files []string
	for _, f := range strings.Split(from, " and ") {
		files = append(files, filepath.Base(f))
	}
	s.line("\n[[%s]]  # %s", name, printable(strings.Join(files, " and ")))
	for key, f := range fields(v.Type()) {
		field := v.FieldByIndex(f.Index)
		if !reflect.DeepEqual(field.Interface(), empty.FieldByIndex(f.Index).Interface()) {
			s.line("%s = %s", key, tomlValue(field.Interface()))
		}
	}
}

// tomlValue writes a value of a setting the way it stands in the file.
func tomlValue(value any) string {
	switch value := value.(type) {
	case string:
		return tomlText(value)
	case time.Duration:
		return tomlText(formatDuration(value))
	case []string:
		return tomlList(value)
	case []Header:
		list := make([]string, len(value))
		for i, h := range value {
			list[i] = h.String()
		}
		return tomlList(list)
	case []netip.Prefix:
		list := make([]string, len(value))
		for i, p := range value {
			list[i] = p.String()
			if p.IsSingleIP() {
				list[i] = p.Addr().String()
			}
		}
		return tomlList(list)
	case fmt.Stringer: // Size, Secret, URL, netip.Addr
		return tomlText(value.String())
	}
	return fmt.Sprint(value)
}

// tomlList writes a list on one line, or on several if it is long.
func tomlList(list []string) string {
	const width = 100
	lines := []string{""}
	for i, s := range list {
		text := tomlText(s)
		if i < len(list)-1 {
			text += ", "
		}
		if last := &lines[len(lines)-1]; len(*last)+len(text) <= width || *last == "" {
			*last += text
		} else {
			lines = append(lines, text)
		}
	}
	if len(lines) == 1 {
		return "[" + lines[0] + "]"
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("\n    " + strings.TrimRight(l, " "))
	}
	return "[" + b.String() + ",\n]"
}

// tomlText writes s in quotes: in single ones if it has a backslash or a double
// quote, else in double ones.
func tomlText(s string) string {
	control := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0
	if !control && strings.ContainsAny(s, `\"`) && !strings.Contains(s, "'") {
		return "'" + s + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteString(`\U` + strings.Repeat("0", 8-len(strconv.FormatInt(int64(r), 16))) + strings.ToUpper(strconv.FormatInt(int64(r), 16)))
		}
	}
	b.WriteByte('"')
	return b.String()
}
