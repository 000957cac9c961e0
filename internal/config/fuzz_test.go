package config

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse holds the promise of Parse: whatever the file is, it does not
// panic, and returns either settings that can be shown and read again, or
// problems in words.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "../../config.toml") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 64<<10 {
			return
		}
		cfg, err := Parse("config.toml", text)
		if err != nil {
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 || cfg != nil {
				t.Fatalf("%v with %v, want Problems only", err, cfg)
			}
			words := err.Error()
			if !strings.HasPrefix(words, "config.toml cannot be used:\n  ") || !utf8.ValidString(words) || strings.ContainsAny(words, "\x00\x1b\r\a") {
				t.Fatalf("not fit for people: %q", words)
			}
			for _, p := range problems {
				if p.Want == "" || p.Line > 1+bytes.Count(text, []byte{'\n'}) {
					t.Fatalf("problem without words or outside the file: %+v", p)
				}
			}
			return
		}
		var shown bytes.Buffer
		if err := cfg.Show(&shown); err != nil {
			t.Fatal(err)
		}
		if cfg.Telegram.Enabled() || cfg.Telegram.Proxy != "" {
			return // what is redacted is not to be read again
		}
		if _, err := Parse("config.toml", shown.Bytes()); err != nil {
			t.Fatalf("%v\nin what Show wrote:\n%s", err, shown.String())
		}
	})
}
