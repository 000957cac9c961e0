package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot"
)

// A Desk knows what people ask for. Its texts are plain lines; they may hold
// what devices say, and are made safe by who shows them. Errors are for the log.
type Desk interface {
	Status(ctx context.Context) (string, error)
	Incidents(ctx context.Context) (string, error)
	Devices(ctx context.Context) (string, error)
	Tail(ctx context.Context, device string) (string, error) // newest messages of a device, by name or address

	// Mute has all alerts wait for d, 0 = no longer.
	Mute(ctx context.Context, d time.Duration, by string) (until time.Time, err error)

	// Handle does what somebody wants about an incident, and has its messages
	// show how it is. The error wraps [ErrNoIncident] if there is none.
	Handle(ctx context.Context, incident int64, h Handling) (Handled, error)
}

// ErrNoIncident is wrapped where there is no incident of a number.
var ErrNoIncident = errors.New("there is no such incident")

// Handling is what somebody does about an incident; what is zero stays.
type Handling struct {
	By   string
	Ack  bool
	Mute *time.Duration // 0 = not any more
}

// How often people may ask, of a chat. Of the 20 messages that Telegram takes
// for a group in a minute, alerts have those that answers do not; see
// [CommandsLimit].
var (
	answersOfGroup = budget{5, time.Minute}
	answersOfOne   = budget{15, time.Minute} // where only one person is
	refusals       = budget{1, time.Minute}  // of who may not
	pressesOfUser  = budget{20, time.Minute}
	obeyed         = budget{60, time.Minute} // commands that do something, beyond those that are answered
	pressesOfAll   = budget{60, time.Minute} // of those who may not: nobody is to wait for them
)

// CommandsLimit is how often alerts may be written to a chat where commands are
// answered, shared by so many topics.
func CommandsLimit(commands bool, topics int) Limit {
	l := telegramLimit
	if commands {
		l.Burst -= answersOfGroup.most
	}
	topics = min(max(topics, 1), l.Burst/2)
	return Limit{Every: l.Every * time.Duration(topics), Burst: l.Burst / topics, Within: l.Within}
}

const help = `/status how everything is
/incidents what is wrong now
/devices who sends, silent ones first
/tail DEVICE the last 10 messages of a device, by name or address
/ack ID take an incident on; or answer its message with /ack
/mute 1h, /mute 8h no alerts for so long; they come afterwards
/mute off alerts come again
/help this`

// obey does what an update says.
func (p *Poller) obey(ctx context.Context, u *update) {
	ctx, cancel := context.WithTimeout(ctx, deskTime+requestTime)
	defer cancel()
	switch {
	case u.Callback != nil:
		p.press(ctx, u.Callback)
	case u.Message != nil:
		p.command(ctx, u.Message)
	}
}

// chats returns the notifiers that write to a chat.
func (p *Poller) chats(r room) (list []*Telegram) {
	for _, t := range p.Chats {
		if t.serves(r) {
			list = append(list, t)
		}
	}
	return list
}

// say logs what may come often, once a minute for each kind.
func (p *Poller) say(what string, args ...any) {
	if now := time.Now(); now.Sub(p.logged[what]) >= time.Minute {
		p.logged[what] = now
		p.Log.Warn(what, args...)
	}
}

// may reports whether somebody is allowed to ask.
func (p *Poller) may(who sender, chat room, what string) bool {
	if len(p.allowed) == 0 || who.in(p.allowed) {
		return true
	}
	p.say("somebody who is not in telegram.allowed_users wanted something", "who", who.String(), "user_id", who.ID, "chat_id", chat.ID, "what", fmt.Sprintf("%.100q", what))
	return false
}

const (
	notHere    = "Commands are answered in the main chat; here only who is in telegram.allowed_users may give them."
	notAllowed = "You are not in telegram.allowed_users, so this does nothing."
)

func (p *Poller) command(ctx context.Context, m *incoming) {
	c, ok := parseCommand(m.Text)
	if !ok || c.bot != "" && !strings.EqualFold(c.bot, p.name) {
		return // people talk with each other, or to another bot
	}
	chats := p.chats(m.Chat)
	if len(chats) == 0 {
		p.say("a command came from a chat that is not in the configuration", "chat_id", m.Chat.ID, "who", m.From.String())
		return
	}
	now := time.Now()
	if age := now.Sub(time.Unix(m.Date, 0)); age > staleAfter {
		p.say("a command came late and was not obeyed", "what", fmt.Sprintf("%.40q", c.what), "age", age.Truncate(time.Second))
		return
	}
	chat := strconv.FormatInt(m.Chat.ID, 10)
	if !p.may(m.From, m.Chat, m.Text) {
		if p.budgets.take("no "+chat, refusals, now) {
			p.answer(ctx, chats[0], m, notAllowed)
		}
		return
	}
	if len(p.allowed) == 0 && !slices.ContainsFunc(chats, func(t *Telegram) bool { return t.place == p.main.place }) {
		// They may be told of a part of the network only.
		if p.budgets.take("no "+chat, refusals, now) {
			p.answer(ctx, chats[0], m, notHere)
		}
		return
	}
	limit := answersOfGroup
	if m.Chat.ID > 0 {
		limit = answersOfOne
	}
	quiet := !p.budgets.take("answer "+chat, limit, now)
	if quiet && (c.what != "ack" && c.what != "mute" || !p.budgets.take("obey "+chat, obeyed, now)) {
		p.refused.Add(1)
		p.say("too many commands come from a chat; they are not answered", "chat_id", m.Chat.ID, "most_in_a_minute", limit.most)
		return
	}
	work, cancel := context.WithTimeout(ctx, deskTime)
	defer cancel()
	text, err := p.desk(work, chats, c, m)
	if err != nil {
		p.Log.Error("a command from Telegram failed", "what", fmt.Sprintf("%.40q", c.what), "error", err)
		text = "That did not work; the log of Logboom says why."
	}
	if !quiet {
		p.answer(ctx, chats[0], m, text)
	}
}

// desk returns what is to be answered.
func (p *Poller) desk(ctx context.Context, chats []*Telegram, c command, m *incoming) (string, error) {
	switch c.what {
	case "status":
		return p.Desk.Status(ctx)
	case "incidents":
		return p.Desk.Incidents(ctx)
	case "devices":
		return p.Desk.Devices(ctx)
	case "tail":
		if c.rest == "" {
			return "Which device? /tail OLT-North or /tail 192.0.2.1; /devices lists them.", nil
		}
		return p.Desk.Tail(ctx, c.rest)
	case "mute":
		return p.mute(ctx, c.rest, m.From)
	case "ack":
		return p.ack(ctx, chats, c.rest, m)
	case "help", "start":
		return help, nil
	}
	return "There is no such command.\n" + help, nil
}

func (p *Poller) mute(ctx context.Context, rest string, who sender) (string, error) {
	d, err := time.ParseDuration(rest)
	if rest == "off" {
		d, err = 0, nil
	} else if err != nil || d < time.Minute || d > MaxMute {
		return "For how long? /mute 1h or /mute 8h, up to 24h; /mute off ends it.", nil
	}
	until, err := p.Desk.Mute(ctx, d, who.String())
	switch {
	case err != nil:
		return "", err
	case until.IsZero():
		return "Alerts are not muted any more; what has waited comes now.", nil
	}
	return "Alerts are muted until " + until.In(p.main.zone).Format("2006-01-02 15:04") + "; they wait and come then. /mute off ends it.", nil
}

func (p *Poller) ack(ctx context.Context, chats []*Telegram, rest string, m *incoming) (string, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(rest, "#"), 10, 64)
	if rest == "" && m.Reply != nil {
		for _, t := range chats {
			if t.pages == nil || id != 0 {
				continue
			}
			if id, err = t.pages.book.IncidentTold(ctx, t.name, t.place, strconv.FormatInt(m.Reply.ID, 10)); err != nil {
				return "", err
			}
		}
	}
	if err != nil || id < 1 {
		return "Which incident? /ack 12, or answer the message of the incident with /ack; /incidents lists them.", nil
	}
	h, err := p.Desk.Handle(ctx, id, Handling{Ack: true, By: m.From.String()})
	switch {
	case errors.Is(err, ErrNoIncident):
		return fmt.Sprintf("There is no incident %d; /incidents lists them.", id), nil
	case err != nil:
		return "", err
	}
	return fmt.Sprintf("Incident %d, %s: acknowledged by %s.", id, h.What(), h.AckedBy), nil
}

// answer writes text to the chat and topic of m. If that fails, people ask
// again.
func (p *Poller) answer(ctx context.Context, t *Telegram, m *incoming, text string) {
	pg := page{html: foreign(text, maxTelegram), silent: true}
	if m.IsTopic {
		pg.thread = m.Thread
	}
	if _, f := t.deliver(ctx, pg); f != nil && ctx.Err() == nil {
		p.say("a command from Telegram could not be answered", "error", f.err)
	}
}

// press does what a button says.
func (p *Poller) press(ctx context.Context, c *callback) {
	if c.Message == nil {
		return
	}
	chats := p.chats(c.Message.Chat)
	if len(chats) == 0 {
		p.say("a button was pressed in a chat that is not in the configuration", "chat_id", c.Message.Chat.ID, "who", c.From.String())
		return
	}
	now := time.Now()
	if !p.may(c.From, c.Message.Chat, c.Data) {
		if p.budgets.take("no press", pressesOfAll, now) {
			p.toast(ctx, c, notAllowed)
		} else {
			p.refused.Add(1)
		}
		return
	}
	if !p.budgets.take("press "+strconv.FormatInt(c.From.ID, 10), pressesOfUser, now) {
		p.refused.Add(1)
		p.say("somebody presses buttons too fast", "who", c.From.String())
		return
	}
	text, h := p.pressed(ctx, chats, c, now)
	if !p.toast(ctx, c, text) || h == nil {
		return
	}
	pr, _ := parsePress(c.Data)
	if _, err := p.Desk.Handle(ctx, pr.incident, *h); err != nil {
		p.Log.Error("a button under an alert did nothing", "incident", pr.incident, "error", err)
	}
}

// pressed returns what to say to who pressed a button, and what is to be done;
// nil = nothing.
func (p *Poller) pressed(ctx context.Context, chats []*Telegram, c *callback, now time.Time) (string, *Handling) {
	pr, ok := parsePress(c.Data)
	if !ok {
		return "Logboom does not know this button.", nil
	}
	var t *Telegram
	for _, o := range chats {
		if o.pages == nil {
			continue
		}
		if _, told, err := o.pages.book.Told(ctx, o.name, pr.incident, o.place); err == nil && told {
			t = o
		}
	}
	if t == nil {
		return "Nothing is known of this incident any more.", nil
	}
	h, there, err := t.pages.book.Handled(ctx, pr.incident)
	switch {
	case err != nil:
		p.Log.Error("a button under an alert did nothing", "incident", pr.incident, "error", err)
		return "That did not work; the log of Logboom says why.", nil
	case !there:
		return "Nothing is known of this incident any more.", nil
	case h.Over():
		return "It is over.", &Handling{} // the message does not know that yet
	}
	do := &Handling{By: c.From.String()}
	for what, d := range map[string]time.Duration{pressMute1: time.Hour, pressMute8: 8 * time.Hour, pressUnmute: 0} {
		if pr.what == what {
			do.Mute = &d
		}
	}
	switch {
	case pr.what == pressAck && h.AckedAt != 0:
		return "Taken on by " + h.AckedBy + " already.", nil
	case pr.what == pressAck:
		do.Ack = true
		return "Acknowledged.", do
	case *do.Mute > 0:
		return "Muted until " + now.Add(*do.Mute).In(p.main.zone).Format("15:04") + ", unless it is over before.", do
	}
	return "Not muted any more.", do
}

// toast shows text to who pressed a button. It reports false if the press was
// long ago: nobody expects it to do something now.
func (p *Poller) toast(ctx context.Context, c *callback, text string) (fresh bool) {
	const most = 200 // Bot API, answerCallbackQuery: 0-200 characters
	if r := []rune(shown(text)); len(r) > most {
		text = string(r[:most-1]) + "…"
	}
	var a answer
	_, err := p.main.bot.AnswerCallbackQuery(context.WithValue(ctx, answerKey{}, &a), &bot.AnswerCallbackQueryParams{
		CallbackQueryID: c.ID, Text: text, ShowAlert: text == notAllowed,
	})
	if err == nil || a.taken() {
		return true
	}
	return !strings.Contains(strings.ToLower(a.Description), "query is too old")
}
