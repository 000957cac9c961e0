package notify

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// An update is what somebody did in a chat with the bot: as much of the Bot
// API's Update as Logboom looks at. All of it may be anything.
type update struct {
	ID       int64     `json:"update_id"`
	Message  *incoming `json:"message"`
	Callback *callback `json:"callback_query"`
}

// A callback is the press of a button.
type callback struct {
	ID      string    `json:"id"`
	From    sender    `json:"from"`
	Message *incoming `json:"message"` // that the button is under
	Data    string    `json:"data"`
}

type incoming struct {
	ID      int64  `json:"message_id"`
	Thread  int    `json:"message_thread_id"`
	IsTopic bool   `json:"is_topic_message"`
	Date    int64  `json:"date"` // s since 1970 UTC
	Chat    room   `json:"chat"`
	From    sender `json:"from"`
	Text    string `json:"text"`
	Reply   *struct {
		ID int64 `json:"message_id"`
	} `json:"reply_to_message"`
}

type room struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
}

type sender struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	First    string `json:"first_name"`
	Last     string `json:"last_name"`
}

// readUpdate reads an update; where only its number can be read, ok is false.
func readUpdate(text []byte) (u update, ok bool) {
	if json.Unmarshal(text, &u) == nil {
		return u, u.ID > 0
	}
	var number struct {
		ID int64 `json:"update_id"`
	}
	_ = json.Unmarshal(text, &number)
	return update{ID: number.ID}, false
}

// String returns who it is, for people and the log: "Ann Lee (@ann)". Names are
// what people call themselves; the part in brackets is Telegram's.
func (s sender) String() string {
	const most = 60
	name := strings.Join(strings.Fields(shown(s.First+" "+s.Last)), " ")
	if r := []rune(name); len(r) > most {
		name = string(r[:most]) + "…"
	}
	id := "id " + strconv.FormatInt(s.ID, 10)
	if s.Username != "" {
		id = "@" + shown(s.Username[:min(len(s.Username), most)])
	}
	return strings.TrimSpace(name + " (" + id + ")")
}

// in reports whether the set of ids and names holds s.
func (s sender) in(allowed map[string]bool) bool {
	return allowed[strconv.FormatInt(s.ID, 10)] || s.Username != "" && allowed["@"+strings.ToLower(s.Username)]
}

// A command is "/tail@bot OLT North": what, for which bot, and the rest.
type command struct{ what, bot, rest string }

// maxCommand is the longest rest of a command, in bytes.
const maxCommand = 200

// parseCommand reads the first line of a message; ok is false if it is none.
func parseCommand(text string) (c command, ok bool) {
	line, _, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(line, "/") || len(line) > maxCommand {
		return c, false
	}
	word, rest, _ := strings.Cut(line[1:], " ")
	c.what, c.bot, _ = strings.Cut(word, "@")
	c.what, c.rest = strings.ToLower(c.what), strings.Join(strings.Fields(rest), " ")
	return c, c.what != ""
}

// serves reports whether the notifier writes to the chat of a message.
func (t *Telegram) serves(r room) bool {
	chat := t.chatID()
	return chat == strconv.FormatInt(r.ID, 10) || r.Username != "" && strings.EqualFold(chat, "@"+r.Username)
}

// A budget is how often something may happen.
type budget struct {
	most   int
	within time.Duration
}

// budgets count what was done in the time that counts.
type budgets map[string][]time.Time

// maxBudgets bounds who is counted apart.
const maxBudgets = 1000

// take reports whether what is called so may happen once more, and counts it.
func (b budgets) take(what string, of budget, now time.Time) bool {
	times := b[what]
	for len(times) > 0 && (now.Sub(times[0]) >= of.within || times[0].After(now)) {
		times = times[1:]
	}
	if len(times) >= of.most {
		b[what] = times
		return false
	}
	if len(b) >= maxBudgets {
		clear(b)
	}
	b[what] = append(append([]time.Time(nil), times...), now)
	return true
}
