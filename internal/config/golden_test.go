package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the messages of today as the wanted ones")

// TestProblems holds what is said of each file in testdata, whose name says
// what is wrong with it, equal to the .want beside it.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v; want at least 40", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".toml")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("config.toml", text)
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("Parse: %v, want Problems", err)
			}
			got := err.Error() + "\n"
			wantFile := filepath.Join("testdata", name+".want")
			if *update {
				if err := os.WriteFile(wantFile, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if _, err := Parse("config.toml", endLines(text, "\r\n")); fmt.Sprintln(err) != got {
				t.Errorf("with line ends of Windows\n%v\nwant\n%s", err, want)
			}
		})
	}
}

func TestManyProblemsAreCounted(t *testing.T) {
	var b strings.Builder
	b.WriteString("[store]\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "key_%d = 1\n", i)
	}
	_, err := Parse("config.toml", []byte(b.String()))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != maxProblems+1 || !strings.HasSuffix(err.Error(), "\n  and 19900 more problems") {
		t.Errorf("%d problems, the last is %q", len(problems), problems[len(problems)-1])
	}
}
