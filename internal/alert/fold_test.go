package alert

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"the place of an ONU", "ONU 0/1/2:7 lost", "ONU #/#/#:# lost"},
		{"a port is told from a slot", "Gi0/1 and GE0/0/12", "Gi#/# and GE#/#/#"},
		{"a number with a point", "rx power -27.4 dBm, was -8.25", "rx power -# dBm, was -#"},
		{"an address", "from 10.0.0.12 port 514", "from # port #"},
		{"a MAC address", "MAC 00:1a:2b:3c:4d:5e flaps", "MAC # flaps"},
		{"a MAC address of letters", "MAC aa-bb-cc-dd-ee-ff flaps", "MAC # flaps"},
		{"a MAC address in threes", "mac 001a.2b3c.4d5e, aabb-ccdd-eeff", "mac #, #"},
		{"a serial", "SN HWTC1A2B3C4D and ZTEGADCCBAFE", "SN HWTC# and ZTEG#"},
		{"a hexadecimal number", "alarm 0x2e112003 id 1f2e", "alarm # id #"},
		{"words of hexadecimal letters stay", "bad face added", "bad face added"},
		{"a time", "at 12:30:05", "at #:#:#"},
		{"a version", "v2.0.17 up", "v# up"},
		{"letters beyond ASCII", "ОНУ 12 потеряна", "ОНУ # потеряна"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Fold(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if got := Fold(strings.Repeat("ж", 500)); len(got) > maxFolded+len("…") || !strings.HasSuffix(got, "ж…") {
		t.Errorf("a long text becomes %d bytes: %q", len(got), got)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"ONU 0/1/2:7 rx -27.4 dBm HWTC1A2B3C4D", "00:1a:2b:3c:4d:5e", "1.2.", "ж1ж", strings.Repeat("a1", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Fold(s)
		if len(got) > maxFolded+len("…") {
			t.Errorf("%d bytes", len(got))
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		if strings.ContainsAny(got, "0123456789") {
			t.Errorf("%q has digits", got)
		}
	})
}
