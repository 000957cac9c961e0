package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A checker tells what is wrong with settings whose types are right. The
// binder that read the file keeps the problems, so that a key that could not be
// read is not complained about again.
type checker struct {
	*binder
	env  Secret   // token from the environment
	mail Secret   // password of the mail server from there
	ways []string // what a rule may name as notify
}

// config checks the sections that only config.toml has.
func (c checker) config(cfg *Config) {
	c.listen(&cfg.Listen)
	c.store(&cfg.Store)
	c.retention(&cfg.Retention)
	c.telegram(&cfg.Telegram)
	c.email(&cfg.Email)
	c.webhooks(cfg.Webhooks)
	c.snmp(&cfg.SNMP)
	c.alerts(&cfg.Alerts)
	c.console(&cfg.Console)
	c.log(&cfg.Log)
	c.overlaps(cfg)
}

func section(name string) place { return place{name, name} }

// within tells if n is not from low to high.
func within[N cmp.Ordered](c checker, pl place, key string, n, low, high N, words func(N) string) {
	if n < low || n > high {
		c.add(pl, key, "", Problem{Have: words(n), Want: fmt.Sprintf("must be from %s to %s", words(low), words(high))})
	}
}

// number writes n with a thing that is counted: "from 1 to 10000 messages".
func (c checker) number(pl place, key string, n, low, high int, things string) {
	if n < low || n > high {
		c.add(pl, key, "", Problem{Have: fmt.Sprint(n), Want: strings.TrimSpace(fmt.Sprintf("must be from %d to %d %s", low, high, things))})
	}
}

func (c checker) duration(pl place, key string, d, low, high time.Duration) {
	within(c, pl, key, d, low, high, func(d time.Duration) string { return `"` + formatDuration(d) + `"` })
}

func (c checker) size(pl place, key string, s, low, high Size) {
	within(c, pl, key, s, low, high, func(s Size) string { return `"` + cmp.Or(s.String(), "0") + `"` })
}

func (c checker) oneOf(pl place, key, have string, words ...string) {
	if slices.Contains(words, have) {
		return
	}
	hint := ""
	if near := nearest(have, words); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = fmt.Sprintf("%q", w)
	}
	last := len(quoted) - 1
	c.add(pl, key, "", Problem{Have: quote(have), Want: "must be " + strings.Join(quoted[:last], ", ") + " or " + quoted[last], Hint: hint})
}

// path tells what cannot be meant as the name of a file or directory.
func (c checker) path(pl place, key, path string) {
	p := Problem{Have: quote(path)}
	switch i := strings.IndexFunc(path, unicode.IsControl); {
	case i >= 0:
		p.Want = `must be a path: in double quotes \t, \n, \b and others are control characters`
		p.Hint = `use single quotes: 'C:\…'`
	case strings.HasPrefix(path, "~"):
		p.Want, p.Hint = "must be a path: ~ is known to the shell only", "write the whole path"
	case strings.HasPrefix(path, "$") || strings.HasPrefix(path, "%"):
		p.Want, p.Hint = "must be a path: variables of the environment are not filled in", "write the whole path"
	default:
		return
	}
	c.add(pl, key, "", p)
}

// label checks a text that people are shown: a name, a site.
func (c checker) label(pl place, key, text string) {
	const longest = 100
	switch {
	case len([]rune(text)) > longest:
		c.add(pl, key, "", Problem{Have: quote(text), Want: fmt.Sprintf("must be at most %d characters", longest)})
	case strings.IndexFunc(text, unicode.IsControl) >= 0:
		c.add(pl, key, "", Problem{Have: quote(text), Want: "must be one line of text"})
	}
}

func (c checker) store(s *Store) {
	pl := section("store")
	c.path(pl, "directory", s.Directory)
	c.number(pl, "batch_size", s.BatchSize, 1, 10_000, "messages")
	c.duration(pl, "batch_wait", s.BatchWait, time.Millisecond, 10*time.Second)
	c.number(pl, "queue_size", s.QueueSize, 1000, 10_000_000, "messages")
	if s.BatchSize >= 1000 && s.BatchSize <= 10_000 && s.QueueSize >= 1000 && s.QueueSize < s.BatchSize {
		c.add(pl, "queue_size", "", Problem{Have: fmt.Sprint(s.QueueSize), Want: fmt.Sprintf("must be at least store.batch_size, %d messages", s.BatchSize)})
	}
	c.oneOf(pl, "sync", s.Sync, "full", "normal")
	if p := zoneProblem(s.Timezone); p != nil {
		c.add(pl, "timezone", "", *p)
	}
	c.number(pl, "max_devices", s.MaxDevices, 1, 100_000, "devices")
}

func (c checker) retention(r *Retention) {
	pl := section("retention")
	c.number(pl, "days", r.Days, 0, 36_500, "days, 0 for ever")
	if r.MaxSize != 0 {
		c.size(pl, "max_size", r.MaxSize, 10<<20, 1<<50)
	}
	c.size(pl, "min_free", r.MinFree, 0, 1<<50)
}

func (c checker) log(l *Log) {
	pl := section("log")
	c.path(pl, "file", l.File)
	c.oneOf(pl, "level", l.Level, "debug", "info", "warn", "error")
	c.number(pl, "max_size_mb", l.MaxSizeMB, 1, 10_000, "MB")
	c.number(pl, "max_backups", l.MaxBackups, 0, 10_000, "files, 0 for all")
	c.number(pl, "max_age_days", l.MaxAgeDays, 0, 36_500, "days, 0 for ever")
}
