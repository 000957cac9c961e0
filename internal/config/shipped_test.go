package config

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// shipped returns the file that is shipped, the reference of all keys.
func shipped(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("../../config.toml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestShippedFileIsTheDefault(t *testing.T) {
	got, err := Parse("config.toml", shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	for name, f := range fields(reflect.TypeFor[Config]()) {
		g, w := reflect.ValueOf(got).Elem().FieldByIndex(f.Index), reflect.ValueOf(want).Elem().FieldByIndex(f.Index)
		if f.Type.Kind() != reflect.Struct {
			if !g.IsZero() {
				t.Errorf("%s is set in the shipped file", name)
			}
			continue
		}
		for key, kf := range fields(f.Type) {
			g, w := tomlValueOf(g.FieldByIndex(kf.Index)), tomlValueOf(w.FieldByIndex(kf.Index))
			if g != w {
				t.Errorf("%s.%s in the shipped file is\n%s\nthe default is\n%s", name, key, g, w)
			}
		}
	}
}

func tomlValueOf(v reflect.Value) string {
	if rules, ok := v.Interface().([]Rule); ok && len(rules) == 0 {
		return ""
	}
	if routes, ok := v.Interface().([]Route); ok && len(routes) == 0 {
		return ""
	}
	return tomlValue(v.Interface())
}

func TestShippedFileHasEveryKey(t *testing.T) {
	var tree map[string]any
	meta, err := toml.Decode(string(uncommented(t)), &tree)
	if err != nil {
		t.Fatal(err)
	}
	var have, want []string
	for _, k := range meta.Keys() {
		have = append(have, k.String())
	}
	for section, typ := range sections() {
		for key := range fields(typ) {
			if section+"."+key != "alerts.rule" && section+"."+key != "telegram.route" {
				want = append(want, section+"."+key)
			}
		}
	}
	slices.Sort(want)
	for _, key := range want {
		if !slices.Contains(have, key) {
			t.Errorf("%s is not in the shipped file", key)
		}
	}
}

func TestShippedExamplesAreGood(t *testing.T) {
	cfg, err := Parse("config.toml", uncommented(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Telegram.Route) != 2 {
		t.Errorf("%d routes in the examples, want 2", len(cfg.Telegram.Route))
	}
	if len(cfg.Devices) != 1 || len(cfg.Alerts.Rule) != 1 || len(cfg.Webhooks) != 1 {
		t.Fatalf("%d devices, %d rules and %d webhooks in the examples, want 1 of each", len(cfg.Devices), len(cfg.Alerts.Rule), len(cfg.Webhooks))
	}
	if _, err := cfg.Rules(); err != nil {
		t.Error(err)
	}
}

// uncommented returns the shipped file with its examples in force. They are
// the lines in which # is not followed by a blank.
func uncommented(t *testing.T) []byte {
	return regexp.MustCompile(`(?m)^#([^\s#])`).ReplaceAll(shipped(t), []byte("$1"))
}

func TestShippedFileSurvivesWindows(t *testing.T) {
	got, err := Parse("config.toml", append([]byte("\xef\xbb\xbf"), endLines(uncommented(t), "\r\n")...))
	if err != nil {
		t.Fatal(err)
	}
	want, err := Parse("config.toml", uncommented(t))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("with line ends of Windows the settings are\n%+v\nwith line feeds\n%+v", got, want)
	}
}

func TestLinesEndAsTheSystemWantsIt(t *testing.T) {
	for _, test := range []struct{ text, end, want string }{
		{"a\nb\n", "\r\n", "a\r\nb\r\n"},
		{"a\r\nb\n", "\r\n", "a\r\nb\r\n"},
		{"a\r\nb\n", "\n", "a\nb\n"},
		{"\n\r\n", "\r\n", "\r\n\r\n"},
		{"a", "\r\n", "a"},
		{"", "\r\n", ""},
	} {
		if got := string(endLines([]byte(test.text), test.end)); got != test.want {
			t.Errorf("%q with %q is %q, want %q", test.text, test.end, got, test.want)
		}
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := Init(path, shipped(t)); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written, endLines(shipped(t), lineEnd)) {
		t.Error("the lines of what Init wrote do not end as they do here")
	}
}

func TestInitWritesTheFileOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "etc", "config.toml")
	if err := Init(path, shipped(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err != nil {
		t.Errorf("what Init wrote cannot be loaded: %v", err)
	}
	if err := os.WriteFile(path, []byte("# mine\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Init(path, shipped(t)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second Init: %v, want one that says the file exists", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "# mine\n" {
		t.Errorf("the file of the user was changed to %q", b)
	}
}

func TestShowIsReadBack(t *testing.T) {
	text := `
[listen]
udp = ["127.0.0.1:5514"]
allow = ["10.0.0.0/8", "192.168.1.7", "2001:db8::/32"]
[store]
batch_wait = "1s"
[telegram]
chat_id = -1001234567890
proxy = "http://proxy.example:3128"
commands = false
allowed_users = ["@ann_lee", "4711"]
[[telegram.route]]
chat_id = -1009876543210
thread_id = 5
sites = ["Dhaka"]
severity = "crit"
[alerts]
keywords = ["a \\ b", 'say "x"', "it's"]
[[alerts.rule]]
name = "Uplink"
query = '/\bdown\b/ "xe-0/0/1"'
cooldown = "1h30m"
device = ["10.1.0.0/16"]
[[device]]
address = "10.0.0.1"
name = "Норд"
silent_after = "36h"
[retention]
max_size = "1.5GB"
`
	first, err := Parse("config.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var shown, again bytes.Buffer
	if err := first.Show(&shown); err != nil {
		t.Fatal(err)
	}
	second, err := Parse("config.toml", shown.Bytes())
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, shown.String())
	}
	if err := second.Show(&again); err != nil {
		t.Fatal(err)
	}
	strip := regexp.MustCompile(`  # .*`)
	if a, b := strip.ReplaceAllString(shown.String(), ""), strip.ReplaceAllString(again.String(), ""); a != b {
		t.Errorf("shown\n%s\nafter reading that\n%s", a, b)
	}
	for _, line := range []string{
		`batch_wait = "1s"  # config.toml`, `batch_size = 1000  # default`, `chat_id = "-1001234567890"  # config.toml`,
		`query = '/\bdown\b/ "xe-0/0/1"'`, `[[device]]  # config.toml`, `max_size = "1536MB"  # config.toml`,
		`allow = ["10.0.0.0/8", "192.168.1.7", "2001:db8::/32"]  # config.toml`, `silent_after = "36h"`,
	} {
		if !strings.Contains(shown.String(), line+"\n") {
			t.Errorf("not shown: %s\nin\n%s", line, shown.String())
		}
	}
}
