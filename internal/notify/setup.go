package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Setup asks Telegram for somebody who sets it up. It keeps nothing: the
// token is gone with it. Errors are for people and do not show it.
type Setup struct{ poller *Poller }

// NewSetup returns what asks with a token, the way that is configured.
func NewSetup(token, apiURL, proxy string) (*Setup, error) {
	t, err := NewTelegram(TelegramOptions{Token: token, ChatID: "0", APIURL: apiURL, Proxy: proxy})
	if err != nil {
		return nil, err
	}
	return &Setup{NewPoller(PollerOptions{Chats: []*Telegram{t}})}, nil
}

// A Bot is whom a token belongs to.
type Bot struct {
	Name     string // for people
	Username string // without @; t.me/Username opens a chat with it
	Groups   bool   // it may be added to groups
}

// Bot asks whose token it is.
func (s *Setup) Bot(ctx context.Context) (Bot, error) {
	var me struct {
		First    string `json:"first_name"`
		Username string `json:"username"`
		Groups   bool   `json:"can_join_groups"`
	}
	if _, err := s.poller.call(ctx, "getMe", nil, &me); err != nil {
		return Bot{}, err
	}
	return Bot{cutName(me.First), cutName(me.Username), me.Groups}, nil
}

// A Chat is where somebody has written to a bot, or has added it.
type Chat struct {
	ID     string // for chat_id
	Kind   string // "private", "group", "supergroup" or "channel"
	Title  string // of the group, or who it is; what people call it themselves
	Thread int    // topic; 0 = none
}

// mostChats bounds what is kept and told of chats.
const mostChats = 20

// Chats asks who has written to the bot, and waits for so long, at most about
// 20 s, if nobody has. Nothing is taken: who asks for commands afterwards gets
// them all the same.
func (s *Setup) Chats(ctx context.Context, wait time.Duration) ([]Chat, error) {
	var list []json.RawMessage
	_, err := s.poller.call(ctx, "getUpdates", map[string]any{
		"offset": -50, "limit": 50, "timeout": int(wait.Seconds()), // the newest 50
		"allowed_updates": []string{"message", "channel_post", "my_chat_member"},
	}, &list)
	if err != nil {
		return nil, err
	}
	var seen chatList
	for _, text := range list[:min(len(list), 50)] {
		seen.note(text)
	}
	return seen.newest(), nil
}

// Try sends a test message to a chat.
func (s *Setup) Try(ctx context.Context, chat string, thread int) error {
	main := s.poller.main
	t, err := NewTelegram(TelegramOptions{Token: main.token, ChatID: chat, ThreadID: thread, APIURL: main.api})
	if err != nil {
		return err
	}
	t.bot, t.proxy, t.secret = main.bot, main.proxy, main.secret // the same way
	return t.Test(ctx)
}

// A chatList keeps where a bot was written to, the newest last.
type chatList struct{ chats []Chat }

// note reads where an update comes from. All of it may be anything.
func (l *chatList) note(text []byte) {
	type place struct {
		Chat struct {
			ID       int64  `json:"id"`
			Type     string `json:"type"`
			Title    string `json:"title"`
			Username string `json:"username"`
			First    string `json:"first_name"`
			Last     string `json:"last_name"`
		} `json:"chat"`
		Thread  int  `json:"message_thread_id"`
		IsTopic bool `json:"is_topic_message"`
		Now     *struct {
			Status string `json:"status"`
		} `json:"new_chat_member"`
	}
	var u struct {
		Message *place `json:"message"`
		Post    *place `json:"channel_post"`
		Member  *place `json:"my_chat_member"`
	}
	if json.Unmarshal(text, &u) != nil {
		return
	}
	p := cmp.Or(u.Message, u.Post, u.Member) // the one that there is
	if p == nil || p.Chat.ID == 0 || !slices.Contains([]string{"private", "group", "supergroup", "channel"}, p.Chat.Type) {
		return
	}
	c := Chat{ID: strconv.FormatInt(p.Chat.ID, 10), Kind: p.Chat.Type, Title: cutName(cmp.Or(p.Chat.Title, strings.TrimSpace(p.Chat.First+" "+p.Chat.Last)))}
	if p.Chat.Username != "" {
		c.Title = strings.TrimSpace(c.Title + " (@" + cutName(p.Chat.Username) + ")")
	}
	if p.IsTopic && p.Thread > 0 {
		c.Thread = p.Thread
	}
	gone := p == u.Member && p.Now != nil && (p.Now.Status == "left" || p.Now.Status == "kicked")
	l.chats = slices.DeleteFunc(l.chats, func(o Chat) bool { return o.ID == c.ID && (gone || o.Thread == c.Thread) })
	if gone {
		return
	}
	l.chats = append(l.chats, c)
	l.chats = l.chats[max(0, len(l.chats)-mostChats):]
}

// newest returns the chats, the one that was written to last first.
func (l *chatList) newest() []Chat {
	out := slices.Clone(l.chats)
	slices.Reverse(out)
	return out
}

// cutName is what people call something, on one line and not too long.
func cutName(s string) string {
	const most = 80
	s = strings.Join(strings.Fields(shown(s)), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Sees reports whether the poller takes the updates of the bot of a token, so
// that nobody else can ask for them.
func (p *Poller) Sees(token string) bool {
	return p != nil && p.main.token == strings.TrimSpace(token)
}

// WrittenFrom returns where the bot was written to since the start, the newest first:
// also chats that it does not listen to.
func (p *Poller) WrittenFrom() []Chat {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.newest()
}

// saw keeps where an update comes from.
func (p *Poller) saw(text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen.note(text)
}
