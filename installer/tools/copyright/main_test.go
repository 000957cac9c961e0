package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLicence(t *testing.T) {
	for _, test := range []struct {
		name   string
		files  map[string]string
		want   []string
		refuse []string
	}{
		{"one file", map[string]string{"LICENSE": "ours"}, []string{"ours"}, nil},
		{"with a notice", map[string]string{"LICENCE.md": "ours", "NOTICE": "theirs"}, []string{"ours", "theirs"}, nil},
		{"reuse.software", map[string]string{
			"LICENSE": "ours", "LICENSES/MIT.txt": "mit text", "LICENSES/BSD-3-Clause.txt": "bsd text", "LICENSES/CC-BY-4.0.txt": "of the logo", "LICENSES/0BSD.txt": "of tests",
			"a.go":      "// SPDX-License-Identifier: MIT\npackage a\n",
			"b/b.go":    "// SPDX-License-Identifier: (BSD-3-Clause AND MIT)\npackage b\n",
			"a_test.go": "// SPDX-License-Identifier: 0BSD\npackage a\n",
		}, []string{"ours", "bsd text", "mit text"}, []string{"of the logo", "of tests"}},
		{"reuse.software alone", map[string]string{"LICENSES/MIT.txt": "mit text", "a.go": "// SPDX-License-Identifier: MIT\r\n"}, []string{"mit text"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range test.files {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := licence(module{"m", dir}, false)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in %q", want, got)
				}
			}
			for _, no := range test.refuse {
				if strings.Contains(got, no) {
					t.Errorf("%q is in %q", no, got)
				}
			}
		})
	}
	if _, err := licence(module{"m", t.TempDir()}, false); err == nil {
		t.Error("a module without a licence is accepted")
	}
}
