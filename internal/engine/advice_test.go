package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

func TestErrorsOfTheDataDirectoryHaveANextStep(t *testing.T) {
	path := func(e error) error {
		return fmt.Errorf("making the directory for messages: %w", &fs.PathError{Op: "mkdir", Path: "/x", Err: e})
	}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"no error", nil, ""},
		{"another one", errors.New("telegram: the token is empty"), ""},
		{"of another file", &fs.PathError{Op: "open", Path: "/etc/key.pem", Err: syscall.ENOENT}, ""},
		{"no right", path(syscall.EACCES), "this user may not write in /x"},
		{"full", path(syscall.ENOSPC), "make some"},
		{"read-only", path(syscall.EROFS), "mounted read-only"},
		{"a file in the way", path(syscall.ENOTDIR), "is a file"},
		{"a place where nothing can be made, such as /proc", path(syscall.ENOENT), "set store.directory to a folder on a disk"},
	}
	for _, tt := range tests {
		if got := Advice(tt.err, "/x"); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
