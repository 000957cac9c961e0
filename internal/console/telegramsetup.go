package console

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// A TelegramSetup asks Telegram for somebody who sets it up. A token is that of
// somebody's bot: it is kept nowhere, and is in no error. Errors are for people.
type TelegramSetup interface {
	// Bot says whose token it is.
	Bot(ctx context.Context, token string) (TelegramBot, error)
	// Chats says where the bot was written to; it may wait some seconds for the
	// first.
	Chats(ctx context.Context, token string) ([]TelegramChat, error)
	// Try sends a test message.
	Try(ctx context.Context, token, chat string, thread int) error
}

// A TelegramBot is whom a token belongs to.
type TelegramBot struct {
	Name     string `json:"name"`
	Username string `json:"username"` // https://t.me/USERNAME opens a chat with it
	Groups   bool   `json:"groups"`   // it may be added to groups
	InUse    bool   `json:"in_use"`   // its token is the one in force
}

// A TelegramChat is where a bot was written to.
type TelegramChat struct {
	ID     string `json:"id"`    // for telegram.chat_id
	Kind   string `json:"kind"`  // "private", "group", "supergroup" or "channel"
	Title  string `json:"title"` // what people call it
	Thread int    `json:"thread"`
}

// Limits of the set-up: setupTime for one question, of which setupEvery may be
// asked in a minute. A page that waits for a chat asks seven or eight times.
const (
	setupTime  = 20 * time.Second
	setupEvery = 20
)

// setUp answers a step of the set-up: {"token": "...", ...}.
func (c *Console) setUp(ask func(ctx context.Context, w setupWish) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var wish setupWish
		if err := json.NewDecoder(r.Body).Decode(&wish); err != nil || wish.Token == "" {
			fail(w, http.StatusBadRequest, `expected a JSON object with the "token" of a bot`, "@BotFather gives it in exchange for /newbot")
			return
		}
		if !c.spend(w, &c.setups, setupEvery) {
			return
		}
		free, err := take(r.Context(), c.settingUp, c.limits.searchWait)
		if err != nil {
			c.busy(w, "%d question to Telegram is being asked already", cap(c.settingUp))
			return
		}
		defer free()
		ctx, cancel := context.WithTimeout(r.Context(), setupTime)
		defer cancel()
		said, err := ask(ctx, wish)
		if err != nil {
			fail(w, http.StatusBadGateway, err.Error(), "")
			return
		}
		answer(w, http.StatusOK, said)
	}
}

type setupWish struct {
	Token  string `json:"token"`
	ChatID string `json:"chat_id"`
	Thread int    `json:"thread_id"`
}

func (c *Console) postTelegramBot(ctx context.Context, w setupWish) (any, error) {
	return c.opts.TelegramSetup.Bot(ctx, w.Token)
}

func (c *Console) postTelegramChats(ctx context.Context, w setupWish) (any, error) {
	chats, err := c.opts.TelegramSetup.Chats(ctx, w.Token)
	return map[string]any{"chats": list(chats)}, err
}

// postTelegramTry is a message to somebody: it is in the audit log.
func (c *Console) postTelegramTry(w http.ResponseWriter, r *http.Request) {
	c.setUp(func(ctx context.Context, wish setupWish) (any, error) {
		if err := c.opts.TelegramSetup.Try(ctx, wish.Token, wish.ChatID, wish.Thread); err != nil {
			return nil, err
		}
		c.record(r, whoAsks(r), "Telegram tried", "chat "+cutText(wish.ChatID, 80))
		return map[string]bool{"sent": true}, nil
	})(w, r)
}

// cutText returns the first n bytes or so of s.
func cutText(s string, n int) string {
	b, _ := cut([]byte(s), n)
	return string(b)
}
