package config

import (
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
)

// deep is a value nested n deep.
func deep(n int) string { return strings.Repeat("{a = ", n) + "1" + strings.Repeat("}", n) }

func TestTooDeep(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		line       int // with at most 4
	}{
		{"nothing", "", 0},
		{"what a file needs", "[[alerts.rule]]\nx = ['a.b.c.d.e.f', \"{{{{{{\", 1.5, 2.5, 3.5, 4.5, 5.5]\n# [[[[[[[[", 0},
		{"tables", "\nx = " + deep(5), 2},
		{"lists", "x = [[[[[1]]]]]", 1},
		{"a dotted key", "a.b.c.d.e.f = 1", 1},
		{"a head", "[a.b.c.d.e]", 1},
		{"dots of every table add up", "x = {a.b = {c.d = {e.f = 1}}}", 1},
		{"lines of a list do not", "x = [\n1.5\n,\n2.5\n,\n3.5\n,\n4.5\n]", 0},
		{"side by side", "x = {a = [{b = 1}, {b = 1}, {b = 1}], c = [1]}", 0},
		{"a quoted key with an equals sign and quotes", "'a=\"\"\"' = " + deep(5), 1},
		{"a quoted key with an end", "[\"a]b\".c.d.e.f]", 1},
		{"a text that ends with a quote", "x = [\"\"\"a\"\"\"\", " + deep(5) + "]", 1},
		{"a literal text that ends with two", "x = ['''a''''', " + deep(5) + "]", 1},
		{"an escaped quote", `x = ["\"", ` + deep(5) + "]", 1},
		{"a literal backslash", `x = ['\', ` + deep(5) + "]", 1},
		{"long texts of lines", "x = \"\"\"\n\\\"\"\"\n[[[[[[\n\"\"\"\ny = " + deep(5), 5},
		{"more ends than begins", "x = ]]]]]\ny = " + deep(5), 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if line := tooDeep(tt.text, 4); line != tt.line {
				t.Errorf("line %d, want %d:\n%s", line, tt.line, tt.text)
			}
		})
	}
}

// A broken line may hide what comes behind it from who looks, but it is taken out
// before the rest is read.
func TestTooDeepBehindABrokenLine(t *testing.T) {
	const levels = 4000
	for _, text := range []string{"x = 5\"\"\"\ny = " + deep(levels), "'a=\"\"\"' = " + deep(levels)} {
		began := time.Now()
		_, err := Parse("config.toml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), "nested more than 16 deep") {
			t.Errorf("after %v: %.200v", time.Since(began), err)
		}
	}
}

func depthOf(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, v := range v {
			deepest = max(deepest, 1+depthOf(v))
		}
	case []map[string]any:
		for _, v := range v {
			deepest = max(deepest, 1+depthOf(v))
		}
	case []any:
		for _, v := range v {
			deepest = max(deepest, 1+depthOf(v))
		}
	}
	return deepest
}

// Whatever the parser reads as deep was found to be deep before: a head and the
// keys below it have the bound each, and the table of all keys is one more.
func FuzzTooDeep(f *testing.F) {
	for _, s := range []string{
		"a = " + deep(12), "'a=\"\"\"' = " + deep(12), "x = [\"\"\"a\"\"\"\", " + deep(12) + "]", "x = ['''a''''', " + deep(12) + "]", "x = ['\\', " + deep(12) + "]",
		"[a.b.c.d.e.f.g.h.i.j.k]\n", "[a.b.c.d]\ne.f.g.h = {i.j = 1}", "\"a]\".b.c.d.e.f.g.h.i.j.k = 1", "x = \"\"\"\\\"\"\"\"\ny = " + deep(12), "x = [\r\n[\r\n# ]\r\n[[[[[[[[[[]]]]]]]]]]]]",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var tree map[string]any
		if len(text) > 2000 {
			return
		}
		if _, err := toml.Decode(text, &tree); err != nil {
			return
		}
		const most = 4
		if d := depthOf(tree); d > 2*most+1 && tooDeep(text, most) == 0 {
			t.Errorf("%d deep was not found:\n%s", d, text)
		}
	})
}
