package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhatAnEditChangesIsSaidInAFixedOrder(t *testing.T) {
	rule := func(more map[string]any) map[string]any {
		r := map[string]any{"name": "Core", "query": "core1", "threshold": 5.0}
		for k, v := range more {
			if r[k] = v; v == nil {
				delete(r, k)
			}
		}
		return r
	}
	var words []string
	for i := range 40 {
		words = append(words, fmt.Sprintf("harmless%d", i))
	}
	tests := []struct {
		name string
		edit func(*Overlay)
		want string // parts divided by "|", in this order
	}{
		{"a rule of config.toml for the first time", func(o *Overlay) {
			o.SetRule("Core", rule(map[string]any{"threshold": 10000.0, "schedule": "sun 03:00-03:01", "clear": "/./", "notify": []any{"telegram"}}))
		}, `rule "Core": threshold 10000 (before 5), schedule "sun 03:00-03:01" (before none), notify ["telegram"] (before none), clear "/./" (before none)`},
		{"a rule is switched off", func(o *Overlay) { o.SetRule("Core", rule(map[string]any{"enabled": false})) }, `rule "Core": enabled false (before true)`},
		{"a long query hides nothing", func(o *Overlay) {
			o.SetRule("Core", rule(map[string]any{"query": strings.Repeat("x", 400), "cooldown": "7d"}))
		}, `rule "Core": cooldown "7d" (before none), query "xxx|…" (before "core1")`},
		{"a new rule", func(o *Overlay) { o.SetRule("", map[string]any{"name": "a\u202e\"b", "query": "x"}) }, `rule "a\u202e\"b" is new: |, query "x"`},
		{"packs before words", func(o *Overlay) {
			o.SetList("keywords", words)
			o.SetList("vendors", []string{})
			o.SetList("packs", []string{"switch"})
		}, `packs: now 1, without |; vendors: now 0, without "all"; keywords: now 40, with "harmless0", "harmless1"|, without "`},
		{"a device", func(o *Overlay) { o.SetDevice(south, map[string]any{"name": "OLT", "silent_after": "0"}) }, `device "10.0.0.2": name "OLT" (before "old"), silent_after "0" (before none)`},
		{"nothing", func(o *Overlay) { o.SetRule("Core", rule(nil)) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, _ := edited(t, "[[alerts.rule]]\nname = 'Core'\nquery = 'core1'\nthreshold = 5\n[[device]]\naddress = '10.0.0.2'\nname = 'old'\n")
			w, err := EditOverlay(inForce(t, path), Edit{Change: func(o *Overlay) error { tt.edit(o); return nil }})
			if err != nil {
				t.Fatal(err)
			}
			said := strings.Join(w.Changes, "; ")
			rest, ok := said, true
			for part := range strings.SplitSeq(tt.want, "|") {
				if ok {
					_, rest, ok = strings.Cut(rest, part)
				}
			}
			if !ok || tt.want == "" && said != "" {
				t.Errorf("said %s\nwant %s", said, tt.want)
			}
		})
	}
}

func TestAnUndoSaysWhatItChanges(t *testing.T) {
	path, _ := edited(t, "")
	for _, name := range []string{"one", "two"} {
		if err := editOverlay(inForce(t, path), nil, nameSouth(name)); err != nil {
			t.Fatal(err)
		}
	}
	w, err := RestoreOverlay(inForce(t, path), Edit{})
	if want := `device "10.0.0.2": name "one" (before "two")`; err != nil || strings.Join(w.Changes, "; ") != want {
		t.Errorf("said %q, %v", w.Changes, err)
	}
	if w, err = RestoreOverlay(inForce(t, path), Edit{}); err != nil || len(w.Changes) != 1 {
		t.Errorf("said %q, %v", w.Changes, err)
	}
}
