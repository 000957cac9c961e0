package config

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/pack"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

const (
	maxKeyword  = 200 // bytes of one keyword
	maxKeywords = 1000
	maxRules    = 500 // of a file; each costs every message a look
	maxCooldown = 7 * 24 * time.Hour
)

func (c checker) alerts(a *Alerts) {
	pl := section("alerts")
	if len(a.Keywords) > maxKeywords {
		c.add(pl, "keywords", "", Problem{Have: fmt.Sprintf("%d words", len(a.Keywords)), Want: fmt.Sprintf("must be at most %d", maxKeywords),
			Hint: "a rule with a regex finds many words at once"})
		a.Keywords = nil
	}
	problems := len(c.problems)
	for i, word := range a.Keywords {
		element := fmt.Sprintf("#%d", i+1)
		switch {
		case strings.TrimSpace(word) == "":
			c.add(pl, "keywords", element, Problem{Have: quote(word), Want: "must not be empty: it would be found in every message", Hint: "take it out of the list"})
		case len(word) > maxKeyword:
			c.add(pl, "keywords", element, Problem{Have: quote(word), Want: fmt.Sprintf("must be at most %d bytes", maxKeyword)})
		case strings.IndexFunc(word, unicode.IsControl) >= 0:
			c.add(pl, "keywords", element, Problem{Have: quote(word), Want: "must be one line of plain words", Hint: `regexes go into [[alerts.rule]]: query = '/…/'`})
		default:
			if err := alert.CheckKeyword(word); err != nil {
				c.add(pl, "keywords", element, Problem{Have: quote(word), Want: err.Error()})
			}
		}
	}
	// The default keywords are good, and this takes milliseconds.
	if problems == len(c.problems) && !slices.Equal(a.Keywords, alert.DefaultKeywords()) {
		if err := alert.CheckKeywords(a.Keywords); err != nil {
			c.add(pl, "keywords", "", Problem{Have: fmt.Sprintf("%d words", len(a.Keywords)), Want: err.Error(), Hint: "fewer or shorter ones; a rule with a regex finds many words at once"})
		}
	}
	c.packs(pl, "packs", a.Packs, alert.Packs())
	c.packs(pl, "vendors", a.Vendors, append([]string{allVendors}, pack.Names()...))
	c.duration(pl, "cooldown", a.Cooldown, time.Second, maxCooldown)
}

// rules checks the [[alerts.rule]] of one file.
func (c checker) rules(rules []Rule) {
	names := map[string]int{}
	if len(rules) > maxRules {
		c.add(section("alerts"), "rule", "", Problem{Have: fmt.Sprintf("%d rules", len(rules)), Want: fmt.Sprintf("must be at most %d", maxRules),
			Hint: "OR in a query makes one rule of several"})
		return
	}
	for i, r := range rules {
		pl := entryPlace("alerts.rule", "alerts.rule", r.Name, i)
		if strings.TrimSpace(r.Name) == "" {
			c.add(pl, "name", "", Problem{Want: "must be given: alerts are shown under it", missing: true})
		} else if first, ok := names[r.Name]; ok {
			c.add(pl, "name", "", Problem{Have: quote(r.Name), Want: c.nth("rule", "alerts.rule", first) + " has this name already", Hint: "each rule needs a name of its own"})
		} else {
			names[r.Name] = i + 1
			c.label(pl, "name", r.Name)
		}
		if strings.TrimSpace(r.Query) == "" {
			c.add(pl, "query", "", Problem{Want: "must say which messages are meant", Hint: `for example query = '"link down" severity:err+'`, missing: true})
		} else {
			c.query(pl, "query", r.Query)
		}
		c.incidentKeys(pl, &r)
		c.number(pl, "threshold", r.Threshold, 1, 10_000, "messages")
		c.duration(pl, "within", r.Within, time.Second, 24*time.Hour)
		if _, id := pl.key("cooldown"); c.origin[id] != "" {
			c.duration(pl, "cooldown", r.Cooldown, time.Second, maxCooldown)
		}
		for j, n := range r.Notify {
			c.way(pl, fmt.Sprintf("#%d", j+1), n)
		}
	}
}

// way checks a name that a rule gives as notify.
func (c checker) way(pl place, element, name string) {
	if slices.Contains(c.ways, name) {
		return
	}
	p := Problem{Have: quote(name), Want: "nobody is told this way; there are " + strings.Join(c.ways, ", ")}
	if len(c.ways) == 1 {
		p.Want = "nobody is told this way; there is " + c.ways[0]
	}
	switch near := nearest(name, c.ways); {
	case name == "email":
		p.Hint = "[email] is not set up: it has no host"
	case name == "snmp":
		p.Hint = "[snmp] is not set up: it has no target"
	case near != "":
		p.Hint = fmt.Sprintf("did you mean %q?", near)
	case name == "webhook":
		p.Hint = "a webhook goes by the name that its [[webhook]] has"
	}
	c.add(pl, "notify", element, p)
}

// query tells what package query says of text, with the place.
func (c checker) query(pl place, key, text string) {
	if strings.IndexFunc(text, unicode.IsControl) >= 0 {
		c.add(pl, key, "", Problem{Have: quote(text), Want: `holds a control character: in double quotes \b, \t and others are such`, Hint: `use single quotes: '/\bword\b/'`})
		return
	}
	_, err := query.ParseRule(text)
	if err == nil {
		return
	}
	p := Problem{Have: quote(text), Want: err.Error()}
	var e *query.Error
	if errors.As(err, &e) {
		at := 1 + utf8.RuneCountInString(text[:min(max(e.Offset, 0), len(text))])
		p.Want, p.Hint = fmt.Sprintf("at character %d: %s", at, e.Message), e.Hint
	}
	c.add(pl, key, "", p)
}

// devices checks the [[device]] of one file.
func (c checker) devices(devices []Device) {
	addresses := map[netip.Addr]int{}
	for i, d := range devices {
		called := ""
		if d.Address.IsValid() {
			called = d.Address.String()
		}
		pl := entryPlace("device", "device", called, i)
		if !d.Address.IsValid() {
			c.add(pl, "address", "", Problem{Want: `must be given: the IP address that its messages come from, such as "10.0.0.1"`, missing: true})
		} else if first, ok := addresses[d.Address]; ok {
			c.add(pl, "address", "", Problem{Have: quote(called), Want: c.nth("device", "device", first) + " has this address already", Hint: "put what is known of a device into one [[device]]"})
		} else {
			addresses[d.Address] = i + 1
		}
		c.label(pl, "name", d.Name)
		c.label(pl, "site", d.Site)
		if d.Timezone != "" {
			if p := zoneProblem(d.Timezone); p != nil {
				c.add(pl, "timezone", "", *p)
			}
		}
		if d.Encoding != "" {
			if _, err := syslog.LookupCharset(d.Encoding); err != nil {
				c.add(pl, "encoding", "", Problem{Have: quote(d.Encoding), Want: `must be an encoding such as "gbk", "gb18030", "windows-1251", "koi8-r" or "latin1"`})
			}
		}
		if d.SilentAfter > 0 {
			c.duration(pl, "silent_after", d.SilentAfter, time.Minute, 365*24*time.Hour)
		}
	}
}
