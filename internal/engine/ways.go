package engine

import (
	"context"
	"log/slog"
	"os"

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
