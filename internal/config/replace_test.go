package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFilesAreReadyBeforeOneIsReplaced(t *testing.T) {
	dir := write(t, map[string]string{"a": "old a", "b": "old b"})
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	files := []replacement{{a, []byte("new a"), a}, {b, []byte("new b"), a}, {filepath.Join(dir, "c"), []byte("new c"), a}}
	names := func() int {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	no := errors.New("no")
	asked := 0
	err := replace(files, func() error {
		asked++
		if n := names(); n != 5 || readText(t, a) != "old a" || readText(t, b) != "old b" {
			t.Errorf("when it is asked there are %d names, a holds %q, b %q", n, readText(t, a), readText(t, b))
		}
		return no
	})
	if err != no || asked != 1 || names() != 2 || readText(t, a) != "old a" {
		t.Errorf("refused: %v, %d names", err, names())
	}
	if err := replace(files, func() error { return nil }); err != nil || names() != 3 || readText(t, a) != "new a" || readText(t, b) != "new b" {
		t.Errorf("done: %v, %d names", err, names())
	}
	// Of one that cannot be written, none is.
	if err := os.Remove(b); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(b, 0o700); err != nil {
		t.Fatal(err)
	}
	files[0].text = []byte("newer a")
	if err := replace(files, func() error { t.Error("it is asked"); return nil }); err == nil || names() != 3 || readText(t, a) != "new a" {
		t.Errorf("of one that is none: %v, %d names, a holds %q", err, names(), readText(t, a))
	}
}
