package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/query"
)

// draftHint tells what a draft may hold.
const draftHint = "a draft has [alerts] and [[alerts.rule]] only; all else is taken from the configuration"

// WithDraft returns c with the alerts of a draft in the place of its own: of
// text, the content of the file called name, which has [alerts] and
// [[alerts.rule]] only. Keywords, packs and rules that are not in it are not
// looked for; the cooldown is that of c if it has none. The error is [Problems].
func (c *Config) WithDraft(name string, text []byte) (*Config, error) {
	var r reader
	var draft struct {
		Alerts Alerts `toml:"alerts"`
	}
	draft.Alerts.Cooldown = c.Alerts.Cooldown
	tree, b, broken := r.tree(name, text)
	if tree != nil {
		b.table(place{}, tree, reflect.ValueOf(&draft).Elem())
		check := checker{binder: b}
		check.alerts(&draft.Alerts)
		check.rules(draft.Alerts.Rule)
		a := &draft.Alerts
		if len(b.problems) == 0 && len(a.Keywords)+len(a.Packs)+len(a.Vendors)+len(a.Rule) == 0 {
			b.add(place{}, "alerts", "", Problem{Want: "there is no rule in it, no keyword and no pack", Hint: draftHint, missing: true})
		}
	}
	r.done(b, broken)
	if len(r.problems) > 0 {
		for i := range r.problems {
			p := &r.problems[i]
			if section, _, _ := strings.Cut(p.id, "."); section != "alerts" && (known(section) || p.Hint == showHint) {
				p.Hint = draftHint
			}
		}
		return nil, r.problems
	}
	return c.withAlerts(draft.Alerts), nil
}

// ReadDraft is [Config.WithDraft] of the file at path. An error that is no
// [Problems] says why it could not be read.
func (c *Config) ReadDraft(path string) (*Config, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("opening the draft: %w", err)
	}
	return c.WithDraft(path, text)
}

// WithRule returns c with one of its [[alerts.rule]] and nothing else that
// raises alerts; false if there is none of that name.
func (c *Config) WithRule(name string) (*Config, bool) {
	i := slices.IndexFunc(c.Alerts.Rule, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return nil, false
	}
	rule := c.Alerts.Rule[i]
	rule.Enabled = true
	return c.withAlerts(Alerts{Cooldown: c.Alerts.Cooldown, Rule: []Rule{rule}}), true
}

// Nearest returns the name of names that one may have meant, "" if none is near.
func Nearest(name string, names []string) string { return nearest(name, names) }

// known reports whether config.toml has a section of that name.
func known(section string) bool { return sections()[section] != nil }

func (c *Config) withAlerts(a Alerts) *Config {
	with := *c
	with.Alerts, with.packs = a, nil
	return &with
}

// Wanted returns a query that finds every message which a rule of c may find or
// be cleared by, and others; nil if only all messages will do, as for keywords
// and packs.
func (c *Config) Wanted() *query.Query {
	if len(c.Alerts.Keywords)+len(c.Alerts.Packs)+len(c.Alerts.Vendors)+len(c.packs) > 0 {
		return nil
	}
	var texts []string
	for _, r := range c.Alerts.Rule {
		if !r.Enabled {
			continue
		}
		texts = append(texts, "("+r.Query+")")
		if _, quiet := clearTime(r.Clear); r.Clear != "" && !quiet {
			texts = append(texts, "("+r.Clear+")")
		}
	}
	q, err := query.ParseRule(strings.Join(texts, " OR "))
	if err != nil || len(texts) == 0 {
		return nil // too long for one query
	}
	return q
}
