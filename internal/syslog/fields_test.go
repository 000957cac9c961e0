package syslog

import (
	"errors"
	"reflect"
	"testing"
	"unicode/utf8"
)

func TestParseStructuredData(t *testing.T) {
	tests := []struct {
		name, in string
		want     map[string]map[string]string
	}{
		{"none", "", nil},
		{"one", `[a@1 k="v" l="w"]`, map[string]map[string]string{"a@1": {"k": "v", "l": "w"}}},
		{"two", `[a k="v"][b k="w"]`, map[string]map[string]string{"a": {"k": "v"}, "b": {"k": "w"}}},
		{"empty element", `[a][b k=""]`, map[string]map[string]string{"a": {}, "b": {"k": ""}}},
		{"escapes", `[a k="q\"b\\s\]x\n"]`, map[string]map[string]string{"a": {"k": `q"b\s]x\n`}}},
		{"bracket in quotes", `[a k="x ] y"]`, map[string]map[string]string{"a": {"k": "x ] y"}}},
		{"blank behind equals", `[a k= "v"]`, map[string]map[string]string{"a": {"k": "v"}}},
		{"no quotes", `[a k=v l=w]`, map[string]map[string]string{"a": {"k": "v", "l": "w"}}},
		{"no name", `[k=v]`, map[string]map[string]string{"": {"k": "v"}}},
		{"one name twice", `[a k="v"][a l="w"]`, map[string]map[string]string{"a": {"k": "v", "l": "w"}}},
		{"not closed", `[a k="v`, nil},
		{"second not closed", `[a k="v"][b`, map[string]map[string]string{"a": {"k": "v"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ParseStructuredData([]byte(tt.in)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestStructuredDataSpan(t *testing.T) {
	tests := []struct{ name, raw, sd, text string }{
		{"whole", `<13>1 - h a - - [a k="v"][b l="]"] text`, `[a k="v"][b l="]"]`, "text"},
		{"text begins with a bracket", `<13>1 - h a - - [a k="v"] [b] text`, `[a k="v"]`, "[b] text"},
		{"dash, and a bracket", `<13>1 - h a - - - [b] text`, "", "[b] text"},
		{"nothing behind", `<13>1 - h a - - [a k="v"]`, `[a k="v"]`, ""},
		{"no blank behind", `<13>1 - h a - - [a k="v"]text`, `[a k="v"]`, "text"},
		{"not closed is text", `<13>1 - h a - - [a k="v text`, "", `[a k="v text`},
		{"colons of Check Point are text", `<13>1 - h a 7 - [k:"v"; l:"w"]`, "", `[k:"v"; l:"w"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m Message
			NewParser().Parse(&m, []byte(tt.raw), 0, nil)
			if sd, text := string(m.Get(m.StructuredData)), string(m.Text()); sd != tt.sd || text != tt.text {
				t.Errorf("%q and %q, want %q and %q", sd, text, tt.sd, tt.text)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for f := range uint8(24) {
		if got, ok := ParseFacility(FacilityName(f)); got != f || !ok {
			t.Errorf("facility %d is %q, which is %d, %v", f, FacilityName(f), got, ok)
		}
	}
	for s := range uint8(8) {
		if got, ok := ParseSeverity(SeverityName(s)); got != s || !ok {
			t.Errorf("severity %d is %q, which is %d, %v", s, SeverityName(s), got, ok)
		}
	}
	severities := []struct {
		in string
		s  uint8
		ok bool
	}{
		{"ERROR", 3, true}, {"Warn", 4, true}, {"panic", 0, true}, {"3", 3, true}, {"informational", 6, true},
		{"8", 0, false}, {"", 0, false}, {"-1", 0, false}, {"errors", 0, false},
	}
	for _, tt := range severities {
		if s, ok := ParseSeverity(tt.in); s != tt.s || ok != tt.ok {
			t.Errorf("ParseSeverity(%q) = %d, %v", tt.in, s, ok)
		}
	}
	facilities := []struct {
		in string
		f  uint8
		ok bool
	}{
		{"LOCAL7", 23, true}, {"23", 23, true}, {"0", 0, true}, {"security", 4, true},
		{"24", 0, false}, {"", 0, false}, {"007", 0, false}, {"local8", 0, false},
	}
	for _, tt := range facilities {
		if f, ok := ParseFacility(tt.in); f != tt.f || ok != tt.ok {
			t.Errorf("ParseFacility(%q) = %d, %v", tt.in, f, ok)
		}
	}
	if FacilityName(24) != "24" || SeverityName(8) != "8" {
		t.Error("names beyond the range")
	}
	for f := range Format(200) {
		if f.String() == "" {
			t.Errorf("format %d has no name", f)
		}
	}
}

func TestCharset(t *testing.T) {
	tests := []struct{ name, charset, in, want string }{
		{"gbk", "gbk", "\xc9\xe8\xb1\xb8", "设备"},
		{"gb18030", "GB18030", "\xc9\xe8\xb1\xb8", "设备"},
		{"windows-1251", "windows-1251", "\xcf\xee\xf0\xf2", "Порт"},
		{"koi8-r", "koi8-r", "\xf0\xcf\xd2\xd4", "Порт"},
		{"latin1", "latin1", "caf\xe9", "café"},
		{"code page of DOS", "cp850", "caf\x82", "café"},
		{"UTF-8 stays, whatever is set", "gbk", "设备 Порт", "设备 Порт"},
		{"ASCII stays", "gbk", "link down", "link down"},
		{"bytes that GBK does not know", "gbk", "a\xff\xffb", "a\ufffd\ufffdb"},
		{"broken UTF-8", "utf-8", "a\xffb", "a\ufffdb"},
		{"empty", "gbk", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := LookupCharset(tt.charset)
			if err != nil {
				t.Fatal(err)
			}
			got := c.Decode([]byte("> "), []byte(tt.in))
			if string(got) != "> "+tt.want || !utf8.Valid(got) {
				t.Errorf("%q, want %q", got, "> "+tt.want)
			}
		})
	}
	for _, name := range []string{"", "klingon", "replacement"} {
		if _, err := LookupCharset(name); !errors.Is(err, ErrCharset) {
			t.Errorf("LookupCharset(%q): %v", name, err)
		}
	}
}

func TestTrim(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "a\r\n": "a", "a\x00\n\x00": "a", "\n": "", "a b ": "a b ", "a\nb\n": "a\nb"} {
		if got := string(Trim([]byte(in))); got != want {
			t.Errorf("Trim(%q) = %q", in, got)
		}
	}
}
