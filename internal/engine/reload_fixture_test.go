package engine

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/config"
)

// A reloaded server is one whose settings the test changes.
type reloaded struct {
	*server
	dir  string
	mu   sync.Mutex
	text string // that its settings have beside those of testConfig
	edit func(*config.Config)
}

// startReloaded runs a server whose settings can be changed.
func startReloaded(t *testing.T, text string) *reloaded {
	t.Helper()
	r := &reloaded{dir: t.TempDir(), text: text}
	cfg, err := r.load()
	if err != nil {
		t.Fatal(err)
	}
	r.server = startWith(t, cfg, Options{Version: "test", Load: r.load})
	return r
}

func (r *reloaded) load() (*config.Config, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	cfg, err := config.Parse("config.toml", []byte("[store]\ndirectory = '"+r.dir+"'\n"+r.text))
	if err != nil {
		return nil, err
	}
	cfg.Console.Listen = "127.0.0.1:0"
	cfg.Listen.UDP, cfg.Listen.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
	if r.edit != nil {
		r.edit(cfg)
	}
	return cfg, nil
}

// set changes the settings and has them loaded.
func (r *reloaded) set(text string, edit func(*config.Config)) (Reloaded, error) {
	r.mu.Lock()
	r.text, r.edit = text, edit
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	return r.e.Reload(ctx)
}

// must is set for settings that can be used.
func (r *reloaded) must(text string, edit func(*config.Config)) Reloaded {
	r.t.Helper()
	done, err := r.set(text, edit)
	if err != nil {
		r.t.Fatal(err)
	}
	return done
}

// told returns how many messages people were told of, by rule.
func (r *reloaded) told() map[string]int {
	r.t.Helper()
	alerts, err := r.e.state.RecentAlerts(r.t.Context(), 100_000)
	if err != nil {
		r.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, a := range alerts {
		if a.Kind == alert.KindAlert || a.Kind == alert.KindMore {
			counts[a.Rule] += a.Count
		}
	}
	return counts
}

// until waits until ok, asking every so often what the world has come to.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick, limit := time.NewTicker(20*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}
