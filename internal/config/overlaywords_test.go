package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsWrongWithTheFileOfTheConsoleIsSaidInItsOwnWords(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a section of config.toml", "[listen]\nudp = []\n", "it belongs into config.toml; here are only [[device]], [[alerts.rule]] and of [alerts] keywords, packs and vendors"},
		{"a key of config.toml", "[alerts]\ncooldown = '5m'\n", "it belongs into config.toml; of [alerts] here are only keywords, packs, vendors and [[alerts.rule]]"},
		{"two rules of a name", "[[alerts.rule]]\nname = 'a'\nquery = 'x'\n[[alerts.rule]]\nname = 'a'\nquery = 'y'\n", "rule number 1 of console.toml (line 1) has this name already (line 5)"},
		{"two devices of an address", "[[device]]\naddress = '10.0.0.1'\n[[device]]\naddress = '10.0.0.1'\n", "device number 1 of console.toml (line 1) has this address already (line 4)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := load(t, map[string]string{FileName: "", ConsoleFileName: tt.text}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
	// Of what was never written, the line of no other entry is told either.
	path, _ := edited(t, "")
	err := editOverlay(inForce(t, path), nil, func(o *Overlay) error {
		for range 2 {
			o.SetRule("", map[string]any{"name": "a", "query": "x"})
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "rule number 1 of console.toml has this name already") || strings.Contains(err.Error(), "line") {
		t.Errorf("an edit: %v", err)
	}
}

func TestTheFileThatCannotBeReplacedIsNamed(t *testing.T) {
	path, _ := edited(t, "")
	old := filepath.Join(filepath.Dir(path), ConsoleFileName+oldSuffix)
	if err := os.Mkdir(old, 0o700); err != nil {
		t.Fatal(err)
	}
	writeText(t, strings.TrimSuffix(old, oldSuffix), "")
	err := editOverlay(inForce(t, path), nil, func(o *Overlay) error { o.SetDevice(south, map[string]any{"site": "x"}); return nil })
	if want := old + " cannot be written, nothing was changed: it is not an ordinary file"; err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestTheConsoleOfAFileThatCannotBeUsed(t *testing.T) {
	const standard = "127.0.0.1:8514"
	for text, want := range map[string]string{
		"[console]\nlisten = '127.0.0.1:9000'\n[retention]\ndays = -3\n": "127.0.0.1:9000",
		"[console]\nlisten = '127.0.0.1:9000'\n[retention\ndays = 3\n":   "127.0.0.1:9000",
		"[console]\nlisten = ''\n[retention]\ndays = -3\n":               "",
		"[console]\nlisten = 'nonsense'\n":                               standard,
		"[retention]\ndays = -3\n":                                       standard,
		"\x00":                                                           standard,
	} {
		if got := ConsoleListen(filepath.Join(write(t, map[string]string{FileName: text}), FileName)); got != want {
			t.Errorf("of %q: %q, want %q", text, got, want)
		}
	}
	if got := ConsoleListen(filepath.Join(t.TempDir(), FileName)); got != standard {
		t.Errorf("of no file: %q", got)
	}
}
