package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/notify"
)

// A Way is a way to tell people that can be tried.
type Way interface {
	notify.Notifier

	// Test sends a message that says it is a test; the error says what to do.
	Test(ctx context.Context) error

	// Reach tries the way there without sending a message.
	Reach(ctx context.Context) error

	// Target says where messages go, for people.
	Target() string
}

// Ways makes the ways to tell people that the settings ask for, but for
// Telegram. A new one is one line here.
func Ways(cfg *config.Config, log *slog.Logger) ([]Way, error) {
	var all []Way
	var failed error
	add := func(w Way, err error) {
		if err != nil && failed == nil {
			failed = err
		}
		all = append(all, w)
	}
	if e := cfg.Email; e.Enabled() {
		add(notify.NewEmail(notify.EmailOptions{
			Host: e.Host, Port: e.Port, From: e.From, To: e.To, Username: e.Username, Password: string(e.Password), TLS: e.TLS,
			Location: cfg.Location(), Log: log,
		}))
	}
	server, _ := os.Hostname() // without one, receivers do without
	for _, w := range cfg.Webhooks {
		headers := make([]string, len(w.Headers))
		for i, h := range w.Headers {
			headers[i] = string(h)
		}
		add(notify.NewWebhook(notify.WebhookOptions{
			Name: w.Name, URL: string(w.URL), Format: w.Format, Secret: string(w.Secret), Headers: headers, Proxy: string(w.Proxy), Server: server,
			Location: cfg.Location(), Log: log,
		}))
	}
	if s := cfg.SNMP; s.Enabled() {
		add(notify.NewSNMP(notify.SNMPOptions{
			Target: s.Target, Version: s.Version, Inform: s.Send == "inform", Community: string(s.Community),
			User: string(s.User), Auth: s.Auth, AuthPassword: string(s.AuthPassword), Priv: s.Priv, PrivPassword: string(s.PrivPassword),
			EngineID: s.EngineID, Location: cfg.Location(), Log: log,
		}))
	}
	if failed != nil {
		return nil, failed
	}
	return all, nil
}

// ways are all ways to tell people. They do not change: others take their place.
type ways struct {
	chats  []*notify.Telegram // the main one first; none = Telegram is not set up
	others []Way
	routes []telegramRoute // to chats
	poller *notify.Poller  // nil = no commands
}

func (w *ways) notifiers() (all []notify.Notifier) {
	for _, c := range w.chats {
		all = append(all, c)
	}
	for _, o := range w.others {
		all = append(all, o)
	}
	return all
}

func (w *ways) names() (names []string) {
	for _, n := range w.notifiers() {
		names = append(names, n.Name())
	}
	return names
}

// buildWays makes the ways to tell people that settings ask for. Those of which
// no setting is among the keys that have changed are taken from before.
func (e *Engine) buildWays(cfg *config.Config, before *ways, changed []string) (*ways, error) {
	stays := func(section string) bool {
		return before != nil && !slices.ContainsFunc(changed, func(key string) bool {
			return key == section || strings.HasPrefix(key, section+".")
		})
	}
	w := new(ways)
	if stays("telegram") {
		w.chats, w.routes, w.poller = before.chats, before.routes, before.poller
	} else if t := cfg.Telegram; t.Enabled() {
		var err error
		if w.chats, err = chats(cfg, book{e}, e.log); err != nil {
			return nil, err
		}
		if _, w.routes = telegramPlaces(t); t.Commands {
			w.poller = notify.NewPoller(notify.PollerOptions{
				Chats: w.chats, Allowed: t.AllowedUsers, Desk: desk{e}, Offsets: offsets{e}, Log: e.log,
			})
		}
	}
	others, err := Ways(cfg, e.log)
	if err != nil {
		return nil, fmt.Errorf("setting up the ways to tell people: %w", err)
	}
	for _, o := range others {
		section := o.Name()
		if section != "email" && section != "snmp" {
			section = "webhook"
		}
		if stays(section) {
			i := slices.IndexFunc(before.others, func(b Way) bool { return b.Name() == o.Name() })
			o = before.others[i]
		}
		w.others = append(w.others, o)
	}
	return w, nil
}

// use tells people in these ways from now on.
func (e *Engine) use(w *ways) {
	e.ways.Store(w)
	e.commands.use(w.poller)
	if e.dispatcher != nil {
		e.dispatcher.Use(w.notifiers())
	}
}
