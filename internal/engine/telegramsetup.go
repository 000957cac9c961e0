package engine

import (
	"context"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/notify"
)

// setupWait is how long a question for chats waits for somebody to write to the
// bot.
const setupWait = 8 * time.Second

// telegramSetup asks Telegram for somebody who sets it up, the way that is
// configured.
type telegramSetup struct{ e *Engine }

func (s telegramSetup) with(token string) (*notify.Setup, error) {
	t := s.e.config().Telegram
	return notify.NewSetup(token, string(t.APIURL), string(t.Proxy))
}

// inUse reports whether a token is the one in force.
func (s telegramSetup) inUse(token string) bool {
	t := s.e.config().Telegram
	return t.Enabled() && strings.TrimSpace(token) == strings.TrimSpace(string(t.Token))
}

func (s telegramSetup) Bot(ctx context.Context, token string) (console.TelegramBot, error) {
	ask, err := s.with(token)
	if err != nil {
		return console.TelegramBot{}, err
	}
	b, err := ask.Bot(ctx)
	return console.TelegramBot{Name: b.Name, Username: b.Username, Groups: b.Groups, InUse: s.inUse(token)}, err
}

// Chats asks Telegram, or the poller of this server where that takes what is
// written to the bot: two who ask get in each other's way.
func (s telegramSetup) Chats(ctx context.Context, token string) (out []console.TelegramChat, err error) {
	var chats []notify.Chat
	if p := s.e.commands.poller.Load(); p.Sees(token) {
		chats = s.seen(ctx, p)
	} else {
		ask, err := s.with(token)
		if err != nil {
			return nil, err
		}
		if chats, err = ask.Chats(ctx, setupWait); err != nil {
			return nil, err
		}
	}
	for _, c := range chats {
		out = append(out, console.TelegramChat{ID: c.ID, Kind: c.Kind, Title: c.Title, Thread: c.Thread})
	}
	return out, nil
}

// seen waits until a poller has seen a chat.
func (s telegramSetup) seen(ctx context.Context, p *notify.Poller) []notify.Chat {
	tick, limit := time.NewTicker(200*time.Millisecond), time.After(setupWait)
	defer tick.Stop()
	for {
		if chats := p.WrittenFrom(); len(chats) > 0 {
			return chats
		}
		select {
		case <-tick.C:
		case <-limit:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

func (s telegramSetup) Try(ctx context.Context, token, chat string, thread int) error {
	ask, err := s.with(token)
	if err != nil {
		return err
	}
	return ask.Try(ctx, chat, thread)
}

var _ console.TelegramSetup = telegramSetup{}
