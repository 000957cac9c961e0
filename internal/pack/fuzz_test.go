package pack

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzRead holds what an event promises, whatever a device sends.
func FuzzRead(f *testing.F) {
	s := allPacks(f)
	for _, c := range s.rules {
		for _, e := range append(slices.Clone(c.from.Hit), c.from.Miss...) {
			f.Add(e.line, c.vendor)
		}
	}
	r := s.NewReader()
	f.Fuzz(func(t *testing.T, line, vendor string) {
		m := record(line)
		raw := string(m.Raw)
		e, ok := r.Read(m, vendor)
		if string(m.Raw) != raw {
			t.Fatalf("reading changed the message %q", line)
		}
		if !ok {
			if e.Kind != "" {
				t.Fatalf("nothing fits, and yet it is %+v", e)
			}
			return
		}
		if !isKind(e.Kind) || e.Severity > NoSeverity || !slices.Contains(Names(), e.Vendor) || !slices.Contains(causes, e.Cause) {
			t.Fatalf("%q is %+v", line, e)
		}
		if (e.State == Clear) != slices.Contains(e.Clears, e.Kind) {
			t.Fatalf("%q clears %q", line, e.Clears)
		}
		for _, text := range []string{e.PON, e.ONU, e.Serial, e.Port} {
			if len(text) > MaxField || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("%q has a text that is not safe to show: %q", line, text)
			}
		}
	})
}

// FuzzNew holds that a file beside the configuration is read or refused.
func FuzzNew(f *testing.F) {
	f.Add(header + rules("match = 'ZOLT (?P<port>\\w+) down'\nhit = [{line = 'ZOLT 7 down', port = '7'}]"))
	f.Add("extends = true\n[define]\na = '{{b}}'\nb = 'x'\n" + rules("match = '{{a}}yz'\nhit = ['xyz']"))
	f.Fuzz(func(t *testing.T, text string) {
		s, err := New(Options{Files: []File{{"own.toml", []byte(text)}}})
		if err == nil && len(s.rules) == 0 || err != nil && err.Error() == "" {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
