package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPackagesOfTheConsole(t *testing.T) {
	dashes := "\n" + strings.Repeat("-", 78) + "\n\n"
	tests := []struct {
		name, text string
		want       string // references, or a part of the error
	}{
		{"one", "svelte 5.57.3, MIT\n\nThe text\n", "pkg:npm/svelte@5.57.3"},
		{"several, one of a scope", "svelte 5.57.3, MIT\n\nText\n" + dashes + "@sveltejs/kit 1.0.0-next.1, (MIT OR Apache-2.0)\n\nText\n",
			"pkg:npm/svelte@5.57.3 pkg:npm/%40sveltejs/kit@1.0.0-next.1"},
		{"something else", "The MIT License\n", `"The MIT License" names no package`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "licences.txt")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			list, err := packages(path)
			var got []string
			for _, c := range list {
				got = append(got, c.Ref)
			}
			if err != nil {
				got = []string{err.Error()}
			}
			if s := strings.Join(got, " "); s != tt.want && (err == nil || !strings.Contains(s, tt.want)) {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
	if _, err := packages(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no file is no error")
	}
}
