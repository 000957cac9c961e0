package engine

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestSecondServerIsKeptOut(t *testing.T) {
	dir := t.TempDir()
	first, err := lockDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lockDirectory(dir)
	if err == nil {
		t.Fatal("two servers hold the same directory")
	}
	for _, want := range []string{dir, fmt.Sprintf("(pid %d)", os.Getpid()), "store.directory"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := lockDirectory(dir)
	if err != nil {
		t.Fatalf("after the first ended: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
