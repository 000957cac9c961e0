package config

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
)

func TestWhatIsUndoneIsSaidBefore(t *testing.T) {
	path, _ := edited(t, "")
	undoes := func() []string {
		t.Helper()
		return inForce(t, path).Overlay().Undoes()
	}
	edit := func(f func(*Overlay)) {
		t.Helper()
		if err := editOverlay(inForce(t, path), nil, func(o *Overlay) error { f(o); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	rule := func(name, query string) map[string]any { return map[string]any{"name": name, "query": query} }

	if said := undoes(); len(said) != 0 {
		t.Errorf("before the first edit: %q", said)
	}
	edit(func(o *Overlay) {
		o.SetRule("a", rule("a", "x"))
		o.SetRule("b", rule("b", "x"))
		o.SetDevice(south, map[string]any{"name": "old"})
		o.SetList("packs", []string{"pon"})
	})
	edit(func(o *Overlay) {
		o.SetRule("a", nil)
		o.SetRule("b", rule("b", "y"))
		o.SetRule("c \"quoted\"", rule("c \"quoted\"", "x"))
		o.SetDevice(south, map[string]any{"name": "new"})
		o.SetDevice(netip.MustParseAddr("10.0.0.9"), map[string]any{"name": "nine"})
		o.SetList("packs", nil)
	})
	want := []string{`rule "a" is back`, `rule "b" is as before`, `what is set here of rule "c \"quoted\"" is removed`, `device "` + south.String() + `" is as before`, `what is set here of device "10.0.0.9" is removed`, "packs are as before"}
	slices.Sort(want)
	got := undoes()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("said %q\nwant %q", got, want)
	}
	if err := restoreOverlay(inForce(t, path), nil); err != nil {
		t.Fatal(err)
	}
	if o := inForce(t, path).Overlay(); o.Rule("a") == nil || len(o.Undoes()) != len(want) {
		t.Errorf("after that, %q would be undone", o.Undoes())
	}

	edit(func(o *Overlay) {
		for i := range 30 {
			o.SetRule("", rule(fmt.Sprintf("many %d", i), "x"))
		}
	})
	if said := undoes(); len(said) != mostUndone+1 || said[mostUndone] != "and 10 more" {
		t.Errorf("of many: %d, %q", len(said), said[len(said)-1])
	}
}

func TestTheFirstEditCanBeUndone(t *testing.T) {
	for name, before := range map[string]string{"of all": "", "after the file was deleted": "[[alerts.rule]]\nname = 'deleted'\nquery = 'x'\n"} {
		t.Run(name, func(t *testing.T) {
			path, _ := edited(t, "")
			if before != "" {
				writeText(t, filepath.Join(filepath.Dir(path), ConsoleFileName+oldSuffix), before)
			}
			if err := editOverlay(inForce(t, path), nil, func(o *Overlay) error {
				o.SetRule("", map[string]any{"name": "first", "query": "x"})
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			cfg := inForce(t, path)
			o := cfg.Overlay()
			if said := o.Undoes(); !MayRestore(o.Path) || !slices.Equal(said, []string{`what is set here of rule "first" is removed`}) {
				t.Errorf("an undo does %q", said)
			}
			if err := restoreOverlay(cfg, &o.Version); err != nil {
				t.Fatal(err)
			}
			if cfg := inForce(t, path); len(cfg.Alerts.Rule) != 0 {
				t.Errorf("undone, there are %+v", cfg.Alerts.Rule)
			}
			if err := restoreOverlay(inForce(t, path), nil); err != nil {
				t.Fatal(err)
			}
			if cfg := inForce(t, path); len(cfg.Alerts.Rule) != 1 {
				t.Errorf("undone twice, there are %+v", cfg.Alerts.Rule)
			}
		})
	}
}
