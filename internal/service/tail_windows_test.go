package service

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logboom.log")
	if got := tailFrom(path).String(); got != "" {
		t.Errorf("of no file: %q", got)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := strings.Repeat("from before\n", 10)
	write(old)
	log := tailFrom(path)
	if got := log.String(); got != "" {
		t.Errorf("nothing written since: %q", got)
	}
	write(old + "one\ntwo\n")
	if got := log.String(); got != "    one\n    two" {
		t.Errorf("two lines since: %q", got)
	}
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, "line %d\n", i)
	}
	write(old + many.String())
	if got := log.String(); strings.Count(got, "\n") != tailLines-1 || !strings.HasSuffix(got, "    line 999") {
		t.Errorf("of many lines: %q", got)
	}
	write("a new file\n")
	if got := log.String(); got != "    a new file" {
		t.Errorf("after the file was begun anew: %q", got)
	}
}
