//go:build unix

package tray

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Who holds the console's port while the service is stopped says where files
// are.
func TestOnlyHarmlessFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"config.toml", "x.sh", "others.toml"} {
		if err := os.WriteFile(at(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(at("fifo.log"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, logs := []string{".toml"}, []string{".log", ".txt"}
	tests := []struct {
		name, path string
		endings    []string
		want       bool
	}{
		{"settings", at("config.toml"), settings, true},
		{"a program", at("x.sh"), settings, false},
		{"a file without an end", at("fifo.log"), logs, false},
		{"a folder as settings", dir + "/.toml", settings, true}, // is not there: explained later
		{"a relative path", "config.toml", settings, false},
		{"a quote", at("a\".toml"), settings, false},
		{"a folder", dir, nil, true},
		{"a file as a folder", at("x.sh"), nil, false},
	}
	if os.Getuid() == 0 {
		if err := os.Chown(at("others.toml"), 54321, 54321); err != nil {
			t.Fatal(err)
		}
		tests = append(tests, struct {
			name, path string
			endings    []string
			want       bool
		}{"settings of another user", at("others.toml"), settings, false})
	}
	for _, tt := range tests {
		if got := harmless(tt.path, tt.endings); got != tt.want {
			t.Errorf("%s: harmless(%q) = %v", tt.name, tt.path, got)
		}
	}
}
