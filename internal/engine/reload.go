package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/store"
)

// live are the settings that are taken over while the server runs: keys, and
// sections of which every key is one. All others take a restart.
var live = []string{
	"listen.udp", "listen.tcp", "listen.tls", "listen.tls_cert", "listen.tls_key", "listen.tls_client_ca", "listen.allow", "listen.receive_buffer",
	"store.batch_size", "store.batch_wait", "retention", "telegram", "email", "webhook", "snmp", "alerts", "device", "dns", "packs", "log.level",
}

// takeoverTime is how long a reload waits for the alerts to take over other
// rules. They may be busy with a disk that is full; then they do it later.
const takeoverTime = 10 * time.Second

// ErrNoSettings is the error of [Engine.Reload] of a server that has no settings
// to read again.
var ErrNoSettings = errors.New("this server has no settings to read again")

// Reloaded says what became of settings that were read again.
type Reloaded struct {
	Applied []string // keys that changed and are in force
	Restart []string // keys that differ from what is in force and take a restart
	Notes   []string // what people should know of those that were applied
}

// reloads are the attempts to read the settings again.
type reloads struct {
	turn    chan struct{} // holds one word while a reload is at work
	editing sync.RWMutex  // held while console.toml is written and until that is in force

	mu      sync.Mutex
	last    time.Time // of the last that worked; zero = never
	broken  time.Time // since when they cannot be used; zero = they can
	why     error
	restart []string
}

func newReloads() reloads { return reloads{turn: make(chan struct{}, 1)} }

// Reload reads the settings again and takes over what has changed. No message
// and no connection is lost that the change is not about; incidents and what
// waits to be told go on. Settings that cannot be used change nothing: the error
// is [config.Problems], or says why they cannot be read. It waits for one that is
// at work, and for the start of the server. Any goroutine may call it.
func (e *Engine) Reload(ctx context.Context) (Reloaded, error) {
	if e.load == nil {
		return Reloaded{}, ErrNoSettings
	}
	select {
	case <-e.ready:
	case <-ctx.Done():
		return Reloaded{}, ctx.Err()
	}
	select {
	case e.reloads.turn <- struct{}{}:
	case <-ctx.Done():
		return Reloaded{}, ctx.Err()
	}
	defer func() { <-e.reloads.turn }()
	wanted, err := e.load()
	var done Reloaded
	if err == nil {
		done, err = e.apply(wanted)
	}
	e.reloads.note(done, err)
	if err != nil {
		e.log.Error("the settings cannot be used, those of before stay in force", "error", err.Error(), "hint", "logboom config check says what to mend; then logboom reload")
		return Reloaded{}, err
	}
	args := []any{"config", wanted.Path, "changed", strings.Join(done.Applied, " ")}
	if len(done.Restart) > 0 {
		e.log.Warn("some settings take a restart", "keys", strings.Join(done.Restart, " "))
	}
	for _, n := range done.Notes {
		e.log.Warn("the settings were applied, but for this: " + n)
	}
	e.log.Info("settings were loaded", args...)
	return done, nil
}

// apply takes over what differs in wanted. Everything that may fail comes first.
func (e *Engine) apply(wanted *config.Config) (done Reloaded, err error) {
	before := e.config()
	for _, key := range before.Changes(wanted) {
		if e.isLive(key, wanted) {
			done.Applied = append(done.Applied, key)
		} else {
			done.Restart = append(done.Restart, key)
		}
	}
	now := wanted.Keeping(done.Restart, before)
	changed := done.has
	directory := now.Directory()
	ways, err := e.buildWays(now, e.ways.Load(), done.Applied)
	if err != nil {
		return Reloaded{}, err
	}
	set, err := alertSet(now, directory, e.names.called)
	if err != nil {
		return Reloaded{}, err
	}

	// The listeners come before all else: of these alone the collector may say
	// that it cannot use them. Devices come before the messages of new ones.
	if changed("device") {
		e.directory.now.Store(directory)
		e.store.Relearn()
	}
	if changed("listen") {
		if err := e.collector.Reload(e.collectOptions(now)); err != nil {
			e.directory.now.Store(before.Directory())
			return Reloaded{}, err
		}
	}
	e.current.Store(now)
	e.names.asks.Store(now.DNS.Reverse)
	if e.level != nil {
		e.level.Set(now.Log.SlogLevel())
	}
	e.store.SetRetention(retentionOf(now))
	e.store.SetBatches(now.Store.BatchSize, now.Store.BatchWait)
	if changed("telegram", "email", "webhook", "snmp") {
		e.use(ways)
		if err := e.state.SetNotifiers(ways.names()); err != nil {
			done.Notes = append(done.Notes, "alerts that wait for a chat that is not set up any more wait on: "+err.Error())
		}
	}
	if changed("alerts", "device", "packs") {
		s := &succession{set: set, newDevices: now.Alerts.NewDevices, expected: directory.Expected(), done: make(chan struct{})}
		e.watcher.next.Store(s)
		select {
		case <-s.done:
		case <-time.After(takeoverTime):
			done.Notes = append(done.Notes, "the alerts are busy and take over their rules as soon as they can")
		}
		e.rules.Store(int64(len(set.Watches())))
	}
	for _, l := range e.collector.Listeners() {
		if !l.Open && !l.Removed && changed("listen") {
			done.Notes = append(done.Notes, fmt.Sprintf("%s is not open, and is tried again: %s", l.Name, l.Error))
		}
	}
	if slices.Contains(done.Restart, "store.directory") {
		if note := now.Overlay().LeftBehind(wanted); note != "" {
			done.Notes = append(done.Notes, note)
		}
	}
	for _, w := range slices.Concat(now.Ignored(), Unreached(now)) {
		done.Notes = append(done.Notes, w.Fact)
	}
	return done, nil
}

// has reports whether any key of these sections was applied.
func (r *Reloaded) has(sections ...string) bool {
	return slices.ContainsFunc(r.Applied, func(key string) bool { return within(key, sections) })
}

// within reports whether a key is one of these, or of one of these sections.
func within(key string, sections []string) bool {
	section, _, _ := strings.Cut(key, ".")
	return slices.Contains(sections, key) || slices.Contains(sections, section)
}

// isLive reports whether the new value of a key can be taken over.
func (e *Engine) isLive(key string, wanted *config.Config) bool {
	switch {
	case key == "log.level":
		return e.level != nil
	case key == "listen.receive_buffer":
		return wanted.Listen.ReceiveBuffer > 0 // the system's own cannot be had back
	}
	return within(key, live)
}

func retentionOf(cfg *config.Config) store.Retention {
	r := cfg.Retention
	return store.Retention{Days: r.Days, MaxSize: int64(r.MaxSize), MinFree: int64(r.MinFree)}
}

// note keeps what became of an attempt.
func (r *reloads) note(done Reloaded, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.last, r.broken, r.why, r.restart = time.Now(), time.Time{}, nil, done.Restart
	case r.broken.IsZero():
		r.broken, r.why = time.Now(), err
	default:
		r.why = err
	}
}

// status returns how it stands with the settings.
func (r *reloads) status() console.Settings {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := console.Settings{Restart: append([]string{}, r.restart...)}
	if !r.last.IsZero() {
		s.LoadedAt = r.last.UnixMicro()
	}
	if !r.broken.IsZero() {
		s.BrokenSince, s.Error = r.broken.UnixMicro(), r.why.Error()
	}
	return s
}

// brokenSettings says since when the settings cannot be used, and why.
func brokenSettings(s *console.Settings, zone *time.Location) string {
	why := strings.Join(strings.Fields(s.Error), " ")
	const most = 300
	if runes := []rune(why); len(runes) > most {
		why = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("the settings on disk cannot be used since %s, the ones before are in force: %s",
		time.UnixMicro(s.BrokenSince).In(zone).Format(time.DateTime), why)
}

// reloadForConsole is what the console asks for.
func (e *Engine) reloadForConsole(ctx context.Context) (console.Reloaded, error) {
	done, err := e.Reload(ctx)
	var problems config.Problems
	switch {
	case errors.As(err, &problems):
		list := toConsole(problems)
		for i, p := range problems { // there are two files
			list[i].File, list[i].Line = p.File, p.Line
		}
		return console.Reloaded{}, &console.Refusal{
			Message: "the settings cannot be used, the ones before are in force", Hint: "mend what is listed and load them again", Problems: list,
		}
	case err != nil:
		return console.Reloaded{}, &console.Refusal{Message: "the settings cannot be loaded, the ones before are in force: " + err.Error()}
	}
	return console.Reloaded{Applied: done.Applied, Restart: done.Restart, Notes: done.Notes}, nil
}
