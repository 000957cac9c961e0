package query

import (
	"errors"
	"strings"
	"testing"
)

func TestErrors(t *testing.T) {
	tests := []struct {
		name, query   string
		at, length    int
		message, hint string // parts
	}{
		{"unknown field", "onu hots:sw-1", 4, 4, `no field "hots"`, "did you mean host:?"},
		{"field of other products", "hostname:sw-1", 0, 8, "the fields are device, name", "did you mean host:?"},
		{"text that looks like a field", "Reason:Laser", 0, 6, "no field", `write "Reason:Laser"`},
		{"bad severity", "severity:bad", 9, 3, "expected emerg, alert, crit", "severity:err+"},
		{"severity out of range", "severity:8", 9, 1, "0 to 7", ""},
		{"bad facility", "facility:foo", 9, 3, "0 to 23", ""},
		{"bad facility with a star", "facility:foo*", 9, 4, "0 to 23", ""},
		{"field without value", "onu app:", 4, 4, "needs a value", ""},
		{"port of nothing", `port:*`, 5, 1, "needs a value", ""},
		{"bad address", "device:10.0.0", 7, 6, "not an address", "10.0.0.*"},
		{"bad range", "device:10.0.0.0/99", 7, 11, "not a range", "10.0.0.0/24"},
		{"open quote", `onu "dying`, 4, 6, "quote is not closed", `end it with "`},
		{"empty quotes", `onu ""`, 4, 2, "nothing between the quotes", ""},
		{"open regex", `/onu`, 0, 4, "regular expression is not closed", `"/onu"`},
		{"path for a regex", `/var/log/messages`, 0, 17, `"log/messages" follows`, `"/var/log/messages"`},
		{"bad regex", `x /(/`, 2, 3, "missing closing ): (", ""},
		{"open bracket", `(onu`, 0, 1, "bracket is not closed", ""},
		{"lone open bracket", `onu (`, 4, 1, "bracket is not closed", ""},
		{"too many closed", `onu)`, 3, 1, "closes nothing", ""},
		{"empty brackets", `onu ()`, 4, 2, "nothing between the brackets", ""},
		{"or at the start", `OR onu`, 0, 2, "both sides", `"OR" in quotes`},
		{"or at the end", `onu OR `, 4, 2, "both sides", ""},
		{"or twice", `a OR OR b`, 5, 2, "both sides", ""},
		{"or in brackets", `(a OR)`, 5, 1, "expected a word", ""},
		{"not utf-8", "a\xffb", 1, 1, "0xff is not UTF-8", ""},
		{"nul", "a\x00b", 1, 1, "NUL", `/\x00/`},
		{"too long", strings.Repeat("a", 1025), 1024, 1, "1025 bytes; at most 1024", ""},
		{"too deep", strings.Repeat("(", 21) + "a" + strings.Repeat(")", 21), 20, 1, "more than 20", ""},
		{"too many", strings.Repeat("a ", 65), 128, 1, "at most 64", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.query)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %v", err)
			}
			if e.Offset != tt.at || e.Length != tt.length {
				t.Errorf("place is %d, %d, want %d, %d", e.Offset, e.Length, tt.at, tt.length)
			}
			if !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("error is %v", err)
			}
		})
	}
	if _, err := Parse("онт hots:x"); err == nil || !strings.HasPrefix(err.Error(), "at character 5: ") {
		t.Errorf("error is %v", err)
	}
}
