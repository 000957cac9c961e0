package config

import (
	"fmt"
	"strings"

	"github.com/logboom/logboom/internal/syslog"
)

const (
	maxUsers = 1000
	// maxRoutes bounds the chats: each is asked for every alert, and has a
	// connection of its own.
	maxRoutes = 20
	// maxTopics bounds the topics of one chat, which share the 20 messages a
	// minute that Telegram takes for a group.
	maxTopics = 7
	maxNamed  = 100 // rules or sites of a route
)

// chat tells a chat_id that cannot be one.
func (c checker) chat(pl place, id string) {
	if isNumber(id) || chatPattern.MatchString(id) {
		return
	}
	p := Problem{Have: quote(id), Want: `must be a number such as "-1001234567890", or "@name" of a public group or channel`}
	if chatPattern.MatchString("@" + id) {
		p.Hint = fmt.Sprintf(`did you mean "@%s"?`, id)
	} else if i := strings.Index(id, "t.me/"); i >= 0 && chatPattern.MatchString("@"+id[i+5:]) {
		p.Hint = fmt.Sprintf(`did you mean "@%s"?`, id[i+5:])
	}
	c.add(pl, "chat_id", "", p)
}

// users checks telegram.allowed_users.
func (c checker) users(pl place, users []string) {
	if len(users) > maxUsers {
		c.add(pl, "allowed_users", "", Problem{Have: fmt.Sprintf("%d users", len(users)), Want: fmt.Sprintf("must be at most %d", maxUsers),
			Hint: "with none, everybody in the chats may press buttons"})
		return
	}
	for i, u := range users {
		if isNumber(u) && u[0] != '-' && u[0] != '+' || chatPattern.MatchString(u) {
			continue
		}
		p := Problem{Have: quote(u), Want: `must be the number of a user, such as "123456789", or a name such as "@ann_lee"`}
		switch {
		case chatPattern.MatchString("@" + u):
			p.Hint = fmt.Sprintf(`did you mean "@%s"?`, u)
		case isNumber(u):
			p.Hint = "numbers below 0 are groups; a group is no user"
		}
		c.add(pl, "allowed_users", fmt.Sprintf("#%d", i+1), p)
	}
}

// routes checks the [[telegram.route]].
func (c checker) routes(t *Telegram) {
	if len(t.Route) > maxRoutes {
		c.add(section("telegram"), "route", "", Problem{Have: fmt.Sprintf("%d routes", len(t.Route)), Want: fmt.Sprintf("must be at most %d", maxRoutes),
			Hint: "one route may name several rules and sites"})
		return
	}
	topics := map[string]map[int]bool{t.ChatID: {t.ThreadID: true}}
	for i, r := range t.Route {
		pl := entryPlace("telegram.route", "telegram.route", r.ChatID, i)
		chat := r.ChatID
		switch {
		case chat != "":
			c.chat(pl, chat)
		case r.ThreadID == 0:
			c.add(pl, "chat_id", "", Problem{Want: "must say which chat is told; without it, thread_id must name a topic of telegram.chat_id", missing: true})
		default:
			chat = t.ChatID
		}
		if r.ThreadID < 0 {
			c.add(pl, "thread_id", "", Problem{Have: fmt.Sprint(r.ThreadID), Want: "must be the number of a topic, or 0 for none"})
		}
		if topics[chat] == nil {
			topics[chat] = map[int]bool{}
		}
		if topics[chat][r.ThreadID] = true; len(topics[chat]) == maxTopics+1 {
			c.add(pl, "thread_id", "", Problem{Have: fmt.Sprint(r.ThreadID), Want: fmt.Sprintf("is one topic too many: at most %d of a chat, which share what Telegram takes for it", maxTopics),
				Hint: "use a chat of its own"})
		}
		if len(r.Rules) == 0 && len(r.Sites) == 0 && r.Severity == "" {
			c.add(pl, "rules", "", Problem{Want: "must say what goes there: rules, sites or severity", missing: true,
				Hint: "what fits no route goes to telegram.chat_id"})
		}
		c.named(pl, "rules", r.Rules)
		c.named(pl, "sites", r.Sites)
		if _, ok := syslog.ParseSeverity(r.Severity); r.Severity != "" && !ok {
			c.add(pl, "severity", "", Problem{Have: quote(r.Severity), Want: "must be emerg, alert, crit, err, warning, notice, info or debug"})
		}
	}
}

// named checks a list of names.
func (c checker) named(pl place, key string, names []string) {
	if len(names) > maxNamed {
		c.add(pl, key, "", Problem{Have: fmt.Sprintf("%d names", len(names)), Want: fmt.Sprintf("must be at most %d", maxNamed)})
	}
	for i, n := range names[:min(len(names), maxNamed)] {
		if strings.TrimSpace(n) == "" {
			c.add(pl, key, fmt.Sprintf("#%d", i+1), Problem{Have: quote(n), Want: "must not be empty", Hint: "take it out of the list"})
		}
	}
}
