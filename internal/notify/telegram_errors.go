package notify

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot"
)

// A failure is why a message was not taken, and what can be done about it.
type failure struct {
	err        error         // for people; may still hold secrets
	retry      bool          // it may pass by itself
	after      time.Duration // how long we are asked to wait; 0 = not said
	refused    bool          // the message is at fault
	unreadable bool          // its HTML is
	moved      string        // the chat has this number now
	same       bool          // the message that was to be changed says that already
	gone       bool          // the message that was to be changed cannot be anymore
}

// explain says what went wrong. The Bot API tells by code and, within a code,
// by words that have not changed in years.
func (t *Telegram) explain(a *answer, err error) *failure {
	said := strings.ToLower(a.Description)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(said, w) {
				return true
			}
		}
		return false
	}
	final := func(format string, args ...any) *failure { return &failure{err: fmt.Errorf(format, args...)} }
	again := func(format string, args ...any) *failure {
		return &failure{retry: true, after: a.retryAfter, err: fmt.Errorf(format, args...)}
	}
	quoted := fmt.Sprintf("%.200q", a.Description)

	var many *bot.TooManyRequestsError
	var moved *bot.MigrateError
	switch {
	case errors.As(err, &many):
		f := again("too many messages for this chat (429); they wait")
		if many.RetryAfter > 0 {
			f.after = time.Duration(min(many.RetryAfter, 1<<24)) * time.Second
		}
		return f
	case errors.As(err, &moved):
		f := final("the group became a supergroup with the number %d; write it into telegram.chat_id", moved.MigrateToChatID)
		f.moved = strconv.Itoa(moved.MigrateToChatID)
		return f
	case errors.Is(err, bot.ErrorUnauthorized):
		return final("the bot's token is not accepted (401); @BotFather shows the right one, which goes into telegram.token")
	case errors.Is(err, bot.ErrorNotFound):
		return final("%s knows no such bot (404); telegram.token is not complete, or telegram.api_url is wrong", t.host())
	case errors.Is(err, bot.ErrorForbidden):
		return final("the bot may not write to chat %s (403, %s); add it to the group or channel again, or press Start in a chat with it",
			t.chatID(), quoted)
	case errors.Is(err, bot.ErrorConflict):
		return again("another program uses the same bot in a way that keeps us out (409, %s)", quoted)
	case errors.Is(err, bot.ErrorBadRequest):
		f := final("the message was refused (400, %s)", quoted)
		switch {
		case has("can't parse entities", "can't find end"):
			f.unreadable, f.refused = true, true
		case has("message is not modified"):
			f.same = true
		case has("message to edit not found", "message can't be edited", "message_id_invalid", "message identifier"):
			f.gone = true
		case has("chat not found", "chat_id is empty", "peer_id_invalid"):
			f.err = fmt.Errorf("there is no chat %s for this bot (400); write to the bot first, or add it to the group, "+
				"and see that telegram.chat_id is right: groups have numbers below 0", t.chatID())
		case has("thread not found", "topic_deleted", "topic_closed"):
			f.err = fmt.Errorf("chat %s has no open topic %d (400); see telegram.thread_id", t.chatID(), t.thread)
		case has("not enough rights", "administrator rights", "chat_write_forbidden", "have no rights"):
			f.err = fmt.Errorf("the bot has no right to write to chat %s (400, %s); make it an administrator there", t.chatID(), quoted)
		default:
			f.refused = true
		}
		return f
	}
	switch {
	case a.status == http.StatusProxyAuthRequired, errors.Is(err, errProxyLogin):
		return final("the proxy asks for a user and a password (407); see telegram.proxy")
	case a.status == 0:
		return again("%s", t.unreachable(err))
	case a.status == http.StatusTooManyRequests:
		return again("too many messages for this chat (429); they wait")
	case a.status >= 500:
		return again("%s has a trouble of its own (%d)", t.host(), a.status)
	case a.status >= 300 && a.status < 400:
		return again("%s answers with a redirect (%d)%s", t.host(), a.status, interferes)
	case a.Description != "":
		return again("%s answers %s (%d)", t.host(), quoted, a.status)
	default:
		return again("%s does not answer like a Bot API (%d)%s", t.host(), a.status, interferes)
	}
}

const interferes = "; something on the way interferes, or telegram.api_url is wrong"

// unreachable says in words why there was no answer.
func (t *Telegram) unreachable(err error) string {
	switch {
	case errors.Is(err, errRedirect):
		return t.host() + " answers with a redirect" + interferes
	case errors.Is(err, errAnswerSize):
		return t.host() + " does not answer like a Bot API, but with more than a megabyte" + interferes
	}
	return unreachable(t.host(), "telegram.api_url and telegram.proxy", err)
}
