package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/config"
)

// Unreached says what of the settings of the alerts will never be of use: routes
// of rules and sites that there are not, alerts that nobody is told. It is empty
// if all is well. cfg must be one that can be used.
func Unreached(cfg *config.Config) []config.Warning {
	var out []config.Warning
	t := &cfg.Telegram
	on := t.Enabled()
	if !on && (t.ChatID != "" || len(t.Route) > 0) {
		out = append(out, config.Warning{Key: "telegram.token", Fact: "telegram has chats, but no token: nobody is told there",
			Hint: "set telegram.token or telegram.token_file, or take the chats out"})
	}
	for _, r := range cfg.Alerts.Rule {
		if !on && len(r.Notify) == 1 && r.Notify[0] == "telegram" {
			out = append(out, config.Warning{Key: "alerts.rule", Fact: fmt.Sprintf("rule %q tells by telegram alone, which is not set up: nobody is told", r.Name),
				Hint: "set telegram.token and telegram.chat_id, or take notify out of the rule"})
		}
	}
	rules, sites := nameable(cfg)
	for i, r := range t.Route {
		for _, name := range r.Rules {
			if !slices.Contains(rules, name) && !strings.HasPrefix(name, alert.OwnPrefix) {
				out = append(out, strange(i, "rule", name, rules))
			}
		}
		for _, name := range r.Sites {
			if !slices.Contains(sites, name) {
				out = append(out, strange(i, "site", name, sites))
			}
		}
	}
	return out
}

// nameable returns what alerts can be named, and the sites of devices.
func nameable(cfg *config.Config) (rules, sites []string) {
	rules = []string{ruleNew, ruleNewMany}
	if set, err := alertSet(cfg, cfg.Directory(), nil); err == nil {
		for _, w := range set.Watches() {
			rules = append(rules, w.Name)
		}
	}
	for _, d := range cfg.Devices {
		sites = append(sites, d.Site)
	}
	return rules, sites
}

func strange(route int, what, name string, all []string) config.Warning {
	w := config.Warning{Key: "telegram.route", Fact: fmt.Sprintf("route number %d of telegram is for the %s %q, which there is not: nothing goes there", route+1, what, name)}
	if near := config.Nearest(name, all); near != "" {
		w.Hint = fmt.Sprintf("did you mean %q?", near)
	} else if what == "site" {
		w.Hint = "a site is what the [[device]] have as site"
	} else {
		w.Hint = "logboom alerts packs and the names of your rules are what there is"
	}
	return w
}
