package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
)

// edits are what people may set in the console, in the words of config.
type edits struct{ *Engine }

var _ console.Edits = edits{}

// errNoFile refuses edits of a server that reads no settings again, as that of
// "logboom demo".
var errNoFile = &console.Refusal{Message: "this server keeps no settings; nothing was changed"}

// edit edits console.toml and takes over what has changed.
func (e edits) edit(ctx context.Context, version *string, f func(*config.Overlay) error) (console.Reloaded, error) {
	return e.write(ctx, config.EditOverlay, config.Edit{Version: version, Change: f})
}

// write writes console.toml over the settings in force, if the engine can run with
// it, and takes over what has changed.
func (e edits) write(ctx context.Context, write func(*config.Config, config.Edit) (*config.Written, error), edit config.Edit) (console.Reloaded, error) {
	if e.load == nil {
		return console.Reloaded{}, errNoFile
	}
	// What is written is in force before the next edit looks.
	e.reloads.editing.Lock()
	defer e.reloads.editing.Unlock()
	edit.Try = func(cfg *config.Config) error {
		if err := Check(cfg); err != nil {
			return fmt.Errorf("this cannot be used, nothing was changed: %w", err)
		}
		return nil
	}
	written, err := write(e.config(), edit)
	if err != nil {
		return console.Reloaded{}, refused(err)
	}
	return e.taken(ctx, written)
}

// taken takes over what was written, or takes it back: what is not in force now
// must not be so after the next start. It does so even if who asked is gone.
func (e edits) taken(ctx context.Context, written *config.Written) (console.Reloaded, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	done, err := e.reloadForConsole(ctx)
	done.Changes = written.Changes
	if err == nil || e.config().Overlay().Version == written.Version { // a reload beside this one was faster
		return done, nil
	}
	if back := written.TakeBack(); back != nil {
		return done, fmt.Errorf("%w, and could not be taken back (%w): %w", console.ErrSaved, back, err)
	}
	if ctx.Err() == nil {
		_, _ = e.Reload(ctx) // the status says how it is now
	}
	const said = "it could not be taken over, and " + config.ConsoleFileName + " is as it was before: "
	var refusal *console.Refusal
	if errors.As(err, &refusal) {
		return done, &console.Refusal{Message: said + refusal.Message, Hint: refusal.Hint, Problems: refusal.Problems}
	}
	return done, fmt.Errorf("%s%w", said, err)
}

// refused says for the console why settings cannot be used.
func refused(err error) error {
	var problems config.Problems
	switch {
	case errors.Is(err, config.ErrOutdated):
		return fmt.Errorf("%w: %w", console.ErrOutdated, err)
	case errors.Is(err, config.ErrByHand):
		return fmt.Errorf("%w: %w", console.ErrByHand, err)
	case errors.As(err, &problems):
		list, what := toConsole(problems), "this"
		for i, p := range problems { // there are two files
			if list[i].File, list[i].Line = p.File, p.Line; p.Line > 0 {
				what = "a file on disk"
			}
		}
		return &console.Refusal{Message: what + " cannot be used; nothing was changed", Hint: "mend what is listed", Problems: list}
	}
	return &console.Refusal{Message: err.Error()}
}

// inForce returns the settings in force, and a sentence on what on disk is
// something else; "" if that is the same, or somebody is just writing it.
func (e edits) inForce() (*config.Config, string) {
	if e.load == nil || !e.reloads.editing.TryRLock() {
		return e.config(), ""
	}
	defer e.reloads.editing.RUnlock()
	cfg := e.config()
	note := cfg.OnDisk()
	for _, w := range cfg.Ignored() {
		if note == "" {
			note = w.Fact + "; " + w.Hint
		}
	}
	return cfg, note
}

func (e edits) Device(_ context.Context, address netip.Addr) (console.DeviceSettings, error) {
	cfg, note := e.inForce()
	overlay := cfg.Overlay()
	d, _ := overlay.Below().Device(address)
	under, over := d.Keys(), overlay.Device(address)
	s := console.DeviceSettings{Settings: map[string]console.DeviceSetting{}, Version: overlay.Version, Note: note}
	for _, key := range []string{"name", "site", "timezone", "encoding", "silent_after"} {
		var v console.DeviceSetting
		if text, ok := under[key].(string); ok {
			v = console.DeviceSetting{Value: text, From: config.FileName}
		}
		if text, ok := over[key].(string); ok {
			v = console.DeviceSetting{Value: text, From: config.ConsoleFileName, Below: v.Value}
		}
		s.Settings[key] = v
	}
	return s, nil
}

func (e edits) SetDevice(ctx context.Context, address netip.Addr, keys map[string]*string, version *string) (console.Reloaded, error) {
	return e.edit(ctx, version, func(o *config.Overlay) error {
		settings := map[string]any{}
		for key, v := range keys {
			if settings[key] = nil; v != nil {
				settings[key] = *v
			}
		}
		o.SetDevice(address.Unmap(), settings)
		return nil
	})
}

// week is how far back incidents of a rule are counted.
const week = 7 * 24 * time.Hour

func (e edits) Rules(ctx context.Context) (console.RuleBook, error) {
	cfg, note := e.inForce()
	overlay := cfg.Overlay()
	counts, err := e.state.RuleCounts(ctx, time.Now().Add(-week))
	if err != nil {
		return console.RuleBook{}, err
	}
	book := console.RuleBook{Version: overlay.Version, File: overlay.Path, Undo: config.MayRestore(overlay.Path), Undoes: overlay.Undoes(), Note: note}
	for i := range cfg.Alerts.Rule {
		r := &cfg.Alerts.Rule[i]
		rule := console.Rule{Name: r.Name, Enabled: r.Enabled, From: config.FileName, Keys: r.Keys(), Open: counts[r.Name].Open, Week: counts[r.Name].Since}
		if overlay.Rule(r.Name) != nil {
			rule.From = config.ConsoleFileName
			rule.Below = inFile(overlay, r.Name)
		}
		book.Rules = append(book.Rules, rule)
	}
	for _, name := range alert.Packs() {
		title, rules := alert.DescribePack(name)
		book.Packs = append(book.Packs, console.Pack{
			Name: name, Title: title, On: slices.Contains(cfg.Alerts.Packs, name), From: cfg.Origin("alerts.packs"), Rules: rules, Examples: config.WordExamples(name),
		})
	}
	for _, p := range cfg.VendorPacks() {
		book.Vendors = append(book.Vendors, console.Pack{
			Name: p.Name, Title: p.Title, On: p.On, From: cfg.Origin("alerts.vendors"), Rules: p.Rules, Coverage: string(p.Coverage), Examples: p.Examples,
		})
	}
	book.Keywords = console.Words{List: cfg.Alerts.Keywords, From: cfg.Origin("alerts.keywords")}
	return book, nil
}

func (e edits) SetRule(ctx context.Context, name string, rule map[string]any, version *string) (console.Reloaded, error) {
	return e.edit(ctx, version, func(o *config.Overlay) error {
		called, _ := rule["name"].(string)
		switch {
		case rule == nil && o.Rule(name) == nil && inFile(o, name):
			return fmt.Errorf("there is no rule %q in %s; one of %s can be switched off", name, config.ConsoleFileName, config.FileName)
		case name != "" && o.Rule(name) == nil && !inFile(o, name):
			return fmt.Errorf("there is no rule %q; without a name of one, another is made", name)
		case rule != nil && name != "" && called != name && inFile(o, name):
			return wrongName(o, called, "a rule of config.toml keeps its name here, "+strconv.Quote(name), "switch it off and make another")
		case rule != nil && called != name && inFile(o, called):
			return wrongName(o, called, "config.toml has a rule of this name", "change that one, or take another name")
		}
		o.SetRule(name, rule)
		return nil
	})
}

// inFile reports whether config.toml has a rule of this name.
func inFile(o *config.Overlay, name string) bool {
	return slices.ContainsFunc(o.Below().Alerts.Rule, func(r config.Rule) bool { return r.Name == name })
}

// wrongName says what is wrong with the name of a rule.
func wrongName(o *config.Overlay, name, want, hint string) error {
	return config.Problems{{File: o.Path, Key: "alerts.rule " + strconv.Quote(name) + ", name", Have: strconv.Quote(name), Want: want, Hint: hint}}
}

func (e edits) SetLists(ctx context.Context, lists map[string][]string, version *string) (console.Reloaded, error) {
	return e.edit(ctx, version, func(o *config.Overlay) error {
		for name, list := range lists {
			o.SetList(name, list)
		}
		return nil
	})
}

func (e edits) Restore(ctx context.Context, version *string) (console.Reloaded, error) {
	return e.write(ctx, func(of *config.Config, edit config.Edit) (*config.Written, error) {
		written, err := config.RestoreOverlay(of, edit)
		if errors.Is(err, os.ErrNotExist) {
			return nil, errors.New("there is no version before this one")
		}
		return written, err
	}, config.Edit{Version: version})
}
