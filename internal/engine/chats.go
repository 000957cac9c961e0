package engine

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/notify"
	"github.com/logboom/logboom/internal/syslog"
)

// telegramName is what rules call Telegram. A chat or topic of a route is a
// part of it, with its own pace and health: "telegram:-100123/5".
const telegramName = "telegram"

// A telegramRoute sends a part of the alerts to another chat.
type telegramRoute struct {
	notifier     string
	rules, sites []string
	severity     uint8 // this or worse
}

// takes reports whether the route is for n.
func (r *telegramRoute) takes(n *alert.Notice) bool {
	severity := n.Severity
	rules := []string{n.Rule}
	if n.Incident != nil {
		severity = min(severity, n.Incident.Severity)
		rules = append(rules, n.Incident.Rule)
	}
	named := func(list []string, names ...string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(s string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(s, n) })
		})
	}
	return severity <= r.severity && named(r.rules, rules...) && named(r.sites, n.Site)
}

// A telegramPlace is a chat, or a topic of it.
type telegramPlace struct {
	chat   string
	thread int
}

func placeName(p, main telegramPlace) string {
	switch {
	case p == main:
		return telegramName
	case p.thread == 0:
		return telegramName + ":" + p.chat
	}
	return fmt.Sprintf("%s:%s/%d", telegramName, p.chat, p.thread)
}

// telegramPlaces returns the chats and topics of t, the main one first, and the
// routes to them.
func telegramPlaces(t config.Telegram) (places []telegramPlace, routes []telegramRoute) {
	main := telegramPlace{t.ChatID, t.ThreadID}
	places = []telegramPlace{main}
	for _, r := range t.Route {
		p := telegramPlace{cmp.Or(r.ChatID, t.ChatID), r.ThreadID}
		if !slices.Contains(places, p) {
			places = append(places, p)
		}
		route := telegramRoute{notifier: placeName(p, main), rules: r.Rules, sites: r.Sites, severity: 7}
		if s, ok := syslog.ParseSeverity(r.Severity); ok {
			route.severity = s
		}
		routes = append(routes, route)
	}
	return places, routes
}

// Chats makes a notifier for each chat or topic of Telegram that the settings
// name, the main one first; none if Telegram is not set up.
func Chats(cfg *config.Config, log *slog.Logger) ([]*notify.Telegram, error) {
	return chats(cfg, nil, log)
}

// chats makes the notifiers of [Chats] with a book of incidents.
func chats(cfg *config.Config, b notify.Book, log *slog.Logger) (list []*notify.Telegram, err error) {
	t := cfg.Telegram
	if !t.Enabled() {
		return nil, nil
	}
	places, _ := telegramPlaces(t)
	topics := map[string]int{}
	for _, p := range places {
		topics[p.chat]++
	}
	for _, p := range places {
		n, err := notify.NewTelegram(notify.TelegramOptions{
			Name:  placeName(p, places[0]),
			Token: string(t.Token), ChatID: p.chat, ThreadID: p.thread, APIURL: string(t.APIURL), Proxy: string(t.Proxy),
			Limit: notify.CommandsLimit(t.Commands, topics[p.chat]), Book: b, Buttons: t.Commands,
			Location: cfg.Location(), Log: log,
		})
		if err != nil {
			return nil, fmt.Errorf("setting up Telegram, chat %s: %w", p.chat, err)
		}
		list = append(list, n)
	}
	return list, nil
}

// targets returns the notifiers that a notice is for: those that its rule
// names, or all, and of Telegram the chats whose route takes it, or else the
// main one.
func (e *Engine) targets(n alert.Notice) (names []string) {
	w := e.ways.Load()
	wanted := n.Notify
	if len(wanted) == 0 {
		for _, o := range w.notifiers() {
			if name := o.Name(); !strings.HasPrefix(name, telegramName+":") {
				wanted = append(wanted, name)
			}
		}
	}
	for _, name := range wanted {
		if name != telegramName {
			names = append(names, name)
			continue
		}
		before := len(names)
		for i := range w.routes {
			if w.routes[i].takes(&n) {
				names = append(names, w.routes[i].notifier)
			}
		}
		if len(names) == before {
			names = append(names, telegramName)
		}
	}
	return names
}
