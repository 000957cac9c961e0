package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/engine"
)

// testTime is how long a test message may take.
const testTime = 30 * time.Second

func newAlertsTestCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "test [NAME...]",
		Short: "Send a test message to everybody who gets alerts",
		Long: `Test sends one message through each way that is configured, or through those
that are named, now and without the service, and says what is wrong if one does
not work. The names are telegram, email, snmp and those of webhooks.`,
		Example: `  logboom alerts test
  logboom alerts test email noc-chat`,
		RunE: func(cmd *cobra.Command, names []string) error {
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			ways, err := waysOf(cfg)
			if err != nil {
				return err
			}
			if ways, err = named(ways, names); err != nil {
				return err
			}
			if len(ways) == 0 {
				return hint(errors.New("nobody would be told of an alert: Telegram is not set up, nor is e-mail, a webhook or SNMP"),
					"set telegram.token and telegram.chat_id in the settings; docs/alerts.md has the steps, and those of the others")
			}
			var failed []error
			for _, w := range ways {
				if err := a.tryWay(cmd.Context(), w); err != nil {
					failed = append(failed, err)
				}
			}
			return errors.Join(failed...)
		},
	}
}

// tryWay sends a test message.
func (a *app) tryWay(ctx context.Context, w testable) error {
	ctx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	answered := func() {}
	if isTerminal(a.stderr) {
		answered = ifSlow(time.Second, func() { fmt.Fprintf(a.stderr, "asking %s …\n", w.asks) })
	}
	err := w.test(ctx)
	answered()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s: a test message was sent to %s\n", w.name, w.target)
	return nil
}

// A testable is a way to tell people, as this command sees it.
type testable struct {
	name   string
	asks   string // who is waited for
	target string // where messages go
	test   func(context.Context) error
}

// waysOf returns all ways that are configured, Telegram first.
func waysOf(cfg *config.Config) ([]testable, error) {
	var all []testable
	chats, err := engine.Chats(cfg, nil)
	if err != nil {
		return nil, err
	}
	for _, c := range chats {
		all = append(all, testable{c.Name(), apiHost(cfg), c.Target(), c.Test})
	}
	others, err := engine.Ways(cfg, nil)
	if err != nil {
		return nil, err
	}
	for _, w := range others {
		asks, _, _ := strings.Cut(w.Target(), " ")
		all = append(all, testable{w.Name(), strings.TrimRight(asks, ","), w.Target(), w.Test})
	}
	return all, nil
}

// named returns those of ways that have one of the names; no names = all.
func named(ways []testable, names []string) ([]testable, error) {
	if len(names) == 0 {
		return ways, nil
	}
	var chosen []testable
	for _, name := range names {
		i := slices.IndexFunc(ways, func(w testable) bool { return w.name == name })
		if i < 0 {
			known := make([]string, len(ways))
			for j, w := range ways {
				known[j] = w.name
			}
			if len(known) == 0 {
				known = []string{"none"}
			}
			return nil, hint(fmt.Errorf("no way to tell people called %q is set up", name), "those that are: %s", strings.Join(known, ", "))
		}
		chosen = append(chosen, ways[i])
	}
	return chosen, nil
}

// apiHost returns the host that messages to Telegram are given to.
func apiHost(cfg *config.Config) string {
	u, err := url.Parse(string(cfg.Telegram.APIURL))
	if err != nil || u.Host == "" {
		return "Telegram"
	}
	return u.Host
}
