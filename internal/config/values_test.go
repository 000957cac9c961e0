package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
)

func TestSecretIsNeverShown(t *testing.T) {
	const plain = "123:very-secret"
	type holder struct {
		Token Secret
		Proxy URL
		Deep  struct{ T []Secret }
	}
	h := holder{Token: plain, Proxy: "socks5://user:very-secret@proxy.example:1080"}
	h.Deep.T = []Secret{plain}
	shown := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10v", "%T"} {
		shown["fmt "+verb] = fmt.Sprintf(verb+" "+verb+" "+verb, h, &h, h.Token)
	}
	var text, js bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "token", h.Token, "proxy", h.Proxy, "all", h)
	slog.New(slog.NewJSONHandler(&js, nil)).Info("x", "token", h.Token, "proxy", h.Proxy, "all", h)
	shown["slog text"], shown["slog json"] = text.String(), js.String()
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	shown["json"] = string(b)
	b, err = toml.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	shown["toml"] = string(b)
	shown["errorf"] = fmt.Errorf("token %v proxy %w", h.Token, fmt.Errorf("%v", h.Proxy)).Error()
	cfg := Default()
	cfg.Telegram.Token, cfg.Telegram.Proxy = h.Token, h.Proxy
	var show bytes.Buffer
	if err := cfg.Show(&show); err != nil {
		t.Fatal(err)
	}
	shown["Show"], shown["config"] = show.String(), fmt.Sprintf("%+v %#v", *cfg, *cfg)
	for how, s := range shown {
		if strings.Contains(s, "very-secret") || strings.Contains(s, "766572792d736563726574") {
			t.Errorf("%s shows the secret: %s", how, s)
		}
	}
	if !strings.Contains(shown["Show"], `token = "••• set"`) || !strings.Contains(shown["Show"], "proxy.example:1080") {
		t.Errorf("Show does not say that there are a token and a proxy:\n%s", shown["Show"])
	}
	if fmt.Sprint(Secret("")) != "" || string(h.Token) != plain {
		t.Error("an empty secret is not empty, or string() does not give it")
	}
}

func TestSize(t *testing.T) {
	tests := []struct {
		text string
		want Size
		ok   bool
	}{
		{"", 0, true}, {"0", 0, true}, {"16MB", 16 << 20, true}, {"16 mb", 16 << 20, true}, {"16MiB", 16 << 20, true}, {"16m", 16 << 20, true},
		{"64k", 64 << 10, true}, {"1.5GB", 3 << 29, true}, {"2TB", 2 << 40, true}, {"512B", 512, true},
		{"16", 0, false}, {"-1MB", 0, false}, {"MB", 0, false}, {"1e3MB", 0, false}, {"0x10MB", 0, false}, {"infB", 0, false}, {"NaNMB", 0, false},
		{"1XB", 0, false}, {"99999999999TB", 0, false}, {"1MBMB", 0, false}, {"1KM", 0, false}, {"1_000MB", 0, false}, {"1,5GB", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := parseSize(tt.text)
			if got != tt.want || (err == nil) != tt.ok {
				t.Errorf("parseSize(%q) = %d, %v; want %d, ok %v", tt.text, got, err, tt.want, tt.ok)
			}
			if again, err := parseSize(got.String()); err != nil || again != got {
				t.Errorf("%q is read back as %d, %v; want %d", got.String(), again, err, got)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		text string
		want time.Duration
		ok   bool
	}{
		{"100ms", 100 * time.Millisecond, true}, {"5m", 5 * time.Minute, true}, {"1h30m", 90 * time.Minute, true}, {"0s", 0, true},
		{"30d", 30 * day, true}, {"1d12h", 36 * time.Hour, true}, {" 2s ", 2 * time.Second, true},
		{"", 0, false}, {"5", 0, false}, {"-5m", 0, false}, {"d", 0, false}, {"1.5d", 0, false}, {"-1d", 0, false}, {"1d-1h", 0, false},
		{"99999999d", 0, false}, {"100001d", 0, false}, {"five minutes", 0, false}, {"1dd", 0, false}, {"1w", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := parseDuration(tt.text)
			if got != tt.want || (err == nil) != tt.ok {
				t.Errorf("parseDuration(%q) = %v, %v; want %v, ok %v", tt.text, got, err, tt.want, tt.ok)
			}
			if again, err := parseDuration(formatDuration(got)); err != nil || again != got {
				t.Errorf("%q is read back as %v, %v; want %v", formatDuration(got), again, err, got)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	words := []string{"batch_size", "batch_wait", "queue_size", "sync", "days", "tls"}
	for word, want := range map[string]string{
		"batch_sise": "batch_size", "batchsize": "batch_size", "batch-size": "batch_size", "Batch_Wait": "batch_wait", "snyc": "sync",
		"day": "days", "queue_siez": "queue_size", "tsl": "tls", "colour": "", "x": "", "": "", "udp": "", strings.Repeat("batch_size", 100): "",
	} {
		if got := nearest(word, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestPlacesOfKeys(t *testing.T) {
	text := "# top = 1\n[a]\nx = 1\ny = [\n  \"]\", # ]\n  '[',\n]\nz = \"\"\"\n[b]\nx = 2\n\"\"\"\n[[d]]\nn = 1\n\n[[d]]\n  n = 2\n\"q\" . r = 3\nt = {a = '}'}\n[ c . e ]\nx = 1\n"
	p := scan(text)
	for id, want := range map[string]int{
		"top": 0, "a.x": 3, "a.y": 4, "a.z": 8, "b.x": 0, "d#1.n": 13, "d#2.n": 16, "d#2.q.r": 17, "d#2.t": 18, "c.e.x": 20,
		"a.none": 2, "d#2.none": 15, "none": 0, "d": 12, "a.y#3": 4,
	} {
		if got := p.line(id); got != want {
			t.Errorf("line of %s is %d, want %d", id, got, want)
		}
	}
}
