package notify

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/logboom/logboom/internal/alert"
)

// TelegramAPI is where the Bot API of Telegram is.
const TelegramAPI = "https://api.telegram.org"

// telegramLimit is what a group may be written: 20 messages a minute, and about
// one a second. Bot FAQ, "My bot is hitting limits, how do I avoid this?".
var telegramLimit = Limit{Every: time.Second, Burst: 20, Within: time.Minute}

// TelegramOptions say to whom alerts go, and which way.
type TelegramOptions struct {
	Name     string         // "" = "telegram"
	Token    string         // of the bot, from @BotFather
	ChatID   string         // number, or @name of a public group or channel
	ThreadID int            // topic of a group with topics; 0 = none
	APIURL   string         // "" = TelegramAPI
	Proxy    string         // http, https, socks5 or socks5h URL; "" = that of the environment
	Limit    Limit          // of the chat; zero = what a group may be written
	Book     Book           // of incidents; nil = each notice is a message of its own
	Buttons  bool           // under messages of incidents, for a [Poller]
	Location *time.Location // of the times in messages; nil = UTC
	Log      *slog.Logger   // nil = nothing is logged
}

// Telegram is a [Notifier] that writes to one chat through the Bot API.
type Telegram struct {
	bot     *bot.Bot
	name    string
	place   string // the chat as it was set
	limit   Limit
	thread  int
	buttons bool
	pages   *pages // nil = none are kept
	token   string
	proxy   *url.URL // nil = that of the environment
	api     string   // for people: without token
	zone    *time.Location
	log     *slog.Logger
	secret  *strings.Replacer

	mu   sync.Mutex
	chat string // changes when the group becomes a supergroup
}

var (
	tokenPattern = regexp.MustCompile(`^[A-Za-z0-9_:-]+$`)
	chatPattern  = regexp.MustCompile(`^(-?[0-9]{1,19}|@[A-Za-z0-9_]{1,64})$`)
)

// NewTelegram checks o and returns a notifier. It does not use the network:
// whether token and chat are right, [Telegram.Test] tells. Errors are for
// people and hold no secret.
func NewTelegram(o TelegramOptions) (*Telegram, error) {
	token, chat := strings.TrimSpace(o.Token), strings.TrimSpace(o.ChatID)
	switch {
	case token == "":
		return nil, fmt.Errorf("telegram: the token is empty; @BotFather gives one for a new bot")
	case !tokenPattern.MatchString(token):
		return nil, fmt.Errorf(`telegram: the token holds characters that no token has; it looks like "123456789:AAF-xyz", copy it again from @BotFather`)
	case !chatPattern.MatchString(chat):
		return nil, fmt.Errorf("telegram: chat_id %q is neither a number, such as -1001234567890, nor the @name of a public group or channel", chat)
	}
	api, err := apiURL(o.APIURL)
	if err != nil {
		return nil, err
	}
	proxy, err := proxyURL(o.Proxy)
	if err != nil {
		return nil, err
	}
	t := &Telegram{
		name: cmp.Or(o.Name, "telegram"), place: chat, limit: o.Limit, thread: o.ThreadID, buttons: o.Buttons,
		token: token, proxy: proxy, api: api, zone: o.Location, log: o.Log, chat: chat, secret: secrets(token, proxy),
	}
	if t.limit == (Limit{}) {
		t.limit = telegramLimit
	}
	if o.Book != nil {
		t.pages = newPages(o.Book, t.name, t.place)
	}
	if t.zone == nil {
		t.zone = time.UTC
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	t.bot, err = bot.New(token,
		bot.WithSkipGetMe(),
		bot.WithServerURL(api),
		bot.WithHTTPClient(0, newTelegramClient(proxy)),
		// The library reports here what it also returns, and would else write
		// it to the standard log.
		bot.WithErrorsHandler(func(error) {}),
	)
	if err != nil {
		return nil, fmt.Errorf("telegram: %s", t.secret.Replace(err.Error()))
	}
	return t, nil
}

// Name returns the name that the options gave.
func (t *Telegram) Name() string { return t.name }

// Target says where messages go, for people.
func (t *Telegram) Target() string {
	if t.thread != 0 {
		return fmt.Sprintf("chat %s, topic %d", t.chatID(), t.thread)
	}
	return "chat " + t.chatID()
}

// Limit returns how often the chat may be written to.
func (t *Telegram) Limit() Limit { return t.limit }

// Send writes one message for the notes, or changes the one that tells of the
// incident of a note.
func (t *Telegram) Send(ctx context.Context, notes []alert.Note) (retry bool, after time.Duration, err error) {
	switch len(notes) {
	case 0:
		return false, 0, nil
	case 1:
		if n := &notes[0].Notice; n.Incident != nil && t.pages != nil {
			return t.sendIncident(ctx, n)
		}
		return t.send(ctx, alertHTML(&notes[0].Notice, time.Now(), t.zone))
	default:
		return t.send(ctx, digestHTML(notes, time.Now(), t.zone))
	}
}

// Fit returns how many of the notes one message can tell with their texts. It
// implements [Fitter].
func (t *Telegram) Fit(notes []alert.Note) int { return fitDigest(notes, time.Now(), t.zone) }

// Test writes a message to see whether alerts would arrive. The error says what
// to do.
func (t *Telegram) Test(ctx context.Context) error {
	_, after, err := t.send(ctx, "✅ <b>Logboom can reach you here.</b>\nAlerts will come to this chat.\n"+
		time.Now().In(t.zone).Format(fullTime))
	if err != nil && after > 0 {
		return fmt.Errorf("%w; it asks to wait %v", err, after)
	}
	return err
}

// send writes html to the chat.
func (t *Telegram) send(ctx context.Context, html string) (retry bool, after time.Duration, err error) {
	_, f := t.deliver(ctx, page{html: html, thread: t.thread})
	return f.outcome()
}

// A page is what a message is to show.
type page struct {
	html     string
	keyboard any    // nil = none
	message  string // that is to be changed; "" = a new one
	silent   bool   // nobody's phone rings
	thread   int    // topic of a new one; 0 = none
}

// deliver writes or changes a message: as plain text if Telegram cannot read
// it, and in the group's new place if it has moved. It returns the number of
// the message, or why there is none.
func (t *Telegram) deliver(ctx context.Context, p page) (message string, _ *failure) {
	chat, mode := t.chatID(), models.ParseModeHTML
	moved, html := false, p.html
	for {
		id, f := t.attempt(ctx, chat, p, mode)
		switch {
		case f == nil:
			return id, nil
		case f.moved != "" && f.moved != chat && !moved:
			t.move(chat, f.moved)
			chat, moved = f.moved, true
		case f.unreadable && mode != "":
			t.log.Warn("Telegram could not read a message, it goes as plain text", "error", f.err)
			p.html, mode = plain(html), ""
		default:
			return "", f
		}
	}
}

// attempt makes one request.
func (t *Telegram) attempt(ctx context.Context, chat string, p page, mode models.ParseMode) (message string, _ *failure) {
	var a answer
	var err error
	ctx = context.WithValue(ctx, answerKey{}, &a)
	preview := &models.LinkPreviewOptions{IsDisabled: bot.True()}
	if p.message == "" {
		_, err = t.bot.SendMessage(ctx, &bot.SendMessageParams{
			ChatID: chat, MessageThreadID: p.thread, Text: p.html, ParseMode: mode, LinkPreviewOptions: preview,
			DisableNotification: p.silent, ReplyMarkup: p.keyboard,
		})
	} else {
		id, _ := strconv.Atoi(p.message)
		_, err = t.bot.EditMessageText(ctx, &bot.EditMessageTextParams{
			ChatID: chat, MessageID: id, Text: p.html, ParseMode: mode, LinkPreviewOptions: preview, ReplyMarkup: p.keyboard,
		})
	}
	if err == nil || a.taken() {
		// The library also fails when it does not know something in the
		// message that was made; it was made all the same.
		return a.message(), nil
	}
	f := t.explain(&a, err)
	f.err = &safeError{text: t.name + ": " + shown(t.secret.Replace(f.err.Error())), refused: f.refused}
	return "", f
}

// outcome is what a [Notifier] returns; f may be nil.
func (f *failure) outcome() (retry bool, after time.Duration, err error) {
	if f == nil {
		return false, 0, nil
	}
	return f.retry, f.after, f.err
}

func (t *Telegram) chatID() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.chat
}

func (t *Telegram) move(from, to string) {
	t.mu.Lock()
	t.chat = to
	t.mu.Unlock()
	t.log.Warn("the Telegram group became a supergroup and has a new number", "chat_id", from, "new_chat_id", to,
		"hint", fmt.Sprintf("write chat_id = %q into [telegram] of the configuration", to))
}

// A safeError has the text of an error without the secrets, and does not lead
// back to it.
type safeError struct {
	text    string
	refused bool
}

func (e *safeError) Error() string { return e.text }

func (e *safeError) Is(target error) bool { return e.refused && target == ErrRefused }

// plain returns the text of html as [alertHTML] and [digestHTML] make it.
func plain(html string) string {
	return strings.NewReplacer("<b>", "", "</b>", "", "<code>", "", "</code>", "", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(html)
}

// secrets returns what takes token and password out of a text, as they are and
// as they look in a URL.
func secrets(token string, proxy *url.URL) *strings.Replacer {
	const shown = "•••"
	var pairs []string
	hide := func(s string) {
		for _, form := range []string{s, url.PathEscape(s), url.QueryEscape(s)} {
			pairs = append(pairs, form, shown)
		}
	}
	hide(token)
	if _, key, ok := strings.Cut(token, ":"); ok && len(key) >= 8 {
		hide(key) // is as good as the whole
	}
	if proxy != nil && proxy.User != nil {
		hide(proxy.User.String())
		if password, ok := proxy.User.Password(); ok && password != "" {
			hide(password)
		}
	}
	return strings.NewReplacer(pairs...)
}

// host returns the address of the Bot API for texts: what follows the host may be
// nobody else's business.
func (t *Telegram) host() string {
	u, err := url.Parse(t.api)
	if err != nil {
		return "the Bot API"
	}
	return u.Scheme + "://" + u.Host
}

func apiURL(s string) (string, error) {
	if s = strings.TrimRight(strings.TrimSpace(s), "/"); s == "" {
		return TelegramAPI, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("telegram: api_url is not the address of a Bot API, as %q is", TelegramAPI) // a password may be in it
	}
	return s, nil
}

// proxyURL reads a proxy; nil = none. The error does not show it, as it may
// hold a password.
func proxyURL(s string) (*url.URL, error) {
	if s = strings.TrimSpace(s); s == "" {
		return nil, nil
	}
	u, err := url.Parse(s)
	if err == nil && u.Host != "" {
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
			return u, nil
		}
	}
	return nil, fmt.Errorf("telegram: the proxy is not a URL as in socks5://user:password@host:1080 or http://host:3128 " +
		"(characters such as @ : / in user or password are written %%40 %%3A %%2F)")
}

var _ Notifier = (*Telegram)(nil)
