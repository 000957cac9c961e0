package query

import (
	"errors"
	"net/netip"
	"regexp/syntax"
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/syslog"
)

func TestP11RegularExpressionsAreBounded(t *testing.T) {
	for _, tt := range []struct {
		name, query string
		accepted    bool
	}{
		{"what people write", `/ONU \d+ lost/ /\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}\d{1,3}\b/ /([0-9a-f]{4}\.){2}[0-9a-f]{4}/ /.{0,200}lost/`, true},
		{"a long choice of words", "/" + strings.Repeat("rogue|reboot|", 75) + "lost/", true},
		{"the longest without repeats", "/" + strings.Repeat("x", MaxText-2) + "/", true},
		{"the most for its length without repeats", "/" + strings.Repeat("x?", MaxText/2-1) + "/", true},
		{"the largest repeat", "/" + `(?:.?){510}[0-9]$` + "/", true},
		{"one repeat more", "/" + `(?:.?){520}[0-9]$` + "/", false},
		{"many large repeats", "/" + strings.Repeat(`(.?){1000}`, 99) + `[0-9]$/`, false},
		{"repeats without end", "/" + strings.Repeat(`x{1000,}`, 99) + "/", false},
		{"repeats within each other", `/((x{10}){10}){10}y/`, false},
		{"classes of many letters", "/" + strings.Repeat(`\pL{0,500}`, 3) + "/", false},
		{"the sum counts", `/x{400}/ OR /y{400}/ OR /z{400}/`, false},
	} {
		for _, parse := range []func(string) (*Query, error){Parse, ParseRule} {
			_, err := parse(tt.query)
			if tt.accepted {
				if err != nil {
					t.Errorf("%s: %v", tt.name, err)
				}
				continue
			}
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, "1024") || e.Hint == "" || e.Length == 0 {
				t.Errorf("%s: the error is %v, want one that tells the place, the limit and what to do", tt.name, err)
			}
		}
	}
}

// TestWideClassesAreRefusedUnread holds that what takes long to parse is not
// parsed.
func TestWideClassesAreRefusedUnread(t *testing.T) {
	for query, accepted := range map[string]bool{
		"/" + strings.Repeat(`[一-龥]`, 4) + "/":                    true,
		"/" + strings.Repeat(`\d\d-\d\d [a-z] порт-掉电`, 25) + "/": true,
		"/" + strings.Repeat(`[^ -~]`, 100) + "/":                 true,
		"/" + strings.Repeat(`\pL`, 20) + "/":                     true,
		"/" + strings.Repeat(`[[:^alpha:]-]-掉`, 20) + "/":         true,
		`/\[x-龥/`:                                   true,
		"/" + strings.Repeat(`\pL`, 21) + "/":       false,
		"/" + strings.Repeat(`[^\pL\PN]`, 11) + "/": false,
		strings.Repeat(`/\pL/ `, 21):                false,
		`/[Ā-𞥀]/`:                                   false,
		`/[]Ā-𞥀]/`:                                  false,
		`/[^]Ā-𞥀]/`:                                 false,
		`/[[:alpha:]Ā-𞥀]/`:                          false,
		`/[\]Ā-𞥀]/`:                                 false,
		`/(?-i)[\x{100}-\x{1e900}]/`:                false,
		`/[\341-\x{1e900}]/`:                        false,
		`/[\xe1-𞥀]/`:                                false,
		`/[\a-𞥀]/`:                                  false,
	} {
		_, err := Parse(query)
		var e *Error
		if accepted && err != nil || !accepted && (!errors.As(err, &e) || e.Hint == "" || !strings.Contains(e.Message, "100000")) {
			t.Errorf("%.40s…: %v", query, err)
		}
	}
}

// TestRegularExpressionsSeeTheBeginning holds that what a regular expression
// takes does not grow with a message, and where it stops looking.
func TestRegularExpressionsSeeTheBeginning(t *testing.T) {
	q, err := ParseRule(`/lost/`)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, exact := q.SQL(netip.Addr{}, nil); exact {
		t.Error("SQLite, which looks at all of a message, is to decide alone")
	}
	for _, tt := range []struct {
		before int
		want   bool
	}{{0, true}, {MaxMatched - 4, true}, {MaxMatched - 3, false}, {64<<10 - 4, false}} {
		r := &syslog.Record{}
		r.Raw = []byte(strings.Repeat("é", tt.before/2) + strings.Repeat(" ", tt.before%2) + "lost")
		if got := q.Match(r, nil); got != tt.want {
			t.Errorf("it is found behind %d bytes: %v", tt.before, got)
		}
	}
}

// TestPartsAreInstructions holds that parts counts no less than the compiler
// makes.
func TestPartsAreInstructions(t *testing.T) {
	for _, text := range []string{
		`lost`, `(lost|off)+`, `.{0,200}lost`, `(.?){100}[0-9]$`, `x{5,}y`, `(a|b|c|de)*?f`, `((x{3}){4}y?){5}`, `^$`, `a{0}b`, `(?:)`, `x{0,1}`, `[^a]\pL\b(?i:K)`, `(x|)+|(y*|z{2,7}){3}`,
	} {
		tree, err := syntax.Parse("(?is)"+text, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		n := parts(tree)
		prog, err := syntax.Compile(tree.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		if has := len(prog.Inst) - 2; has > n || n > 3*has+3 { // without the two of every program
			t.Errorf("/%s/ has %d parts, and %d instructions", text, n, has)
		}
	}
}

// BenchmarkWorstRegex is what the largest expression takes for the longest
// message.
func BenchmarkWorstRegex(b *testing.B) {
	for _, text := range []string{`(?:.?){510}[0-9]$`, `a.{900}Z`, `ONU \d+ lost`} {
		q, err := Parse("/" + text + "/")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			r := &syslog.Record{}
			r.Raw = []byte(strings.Repeat("a", 64<<10))
			b.ReportAllocs()
			for b.Loop() {
				q.Match(r, nil)
			}
		})
	}
}
