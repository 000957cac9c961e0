package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var (
	// A token as the Bot API documents it: core.telegram.org/bots/api#authorizing-your-bot.
	tokenPattern = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`)
	// A public name of a group or channel, core.telegram.org/method/account.checkUsername.
	chatPattern = regexp.MustCompile(`^@[A-Za-z][A-Za-z0-9_]{3,31}$`)
)

func (c checker) telegram(t *Telegram) {
	pl := section("telegram")
	if t.Token != "" && t.TokenFile != "" {
		c.add(pl, "token_file", "", Problem{Have: quote(t.TokenFile), Want: "telegram.token is set too; only one of the two may be",
			Hint: "the file is safer: others may read config.toml"})
	}
	if t.Token != "" {
		c.token(pl, "token", t.Token)
	}
	c.path(pl, "token_file", t.TokenFile)
	if t.ChatID != "" {
		c.chat(pl, t.ChatID)
	} else if t.Token != "" || t.TokenFile != "" || c.env != "" {
		c.add(pl, "chat_id", "", Problem{Want: `must say who is told: a number such as "-1001234567890", or "@name" of a public group or channel`,
			Hint: "write something to the bot, or in the group it is in, and open https://api.telegram.org/bot<token>/getUpdates: the number is in chat, id", missing: true})
	}
	if t.ThreadID < 0 {
		c.add(pl, "thread_id", "", Problem{Have: fmt.Sprint(t.ThreadID), Want: "must be the number of a topic, or 0 for none"})
	}
	if p := apiProblem(string(t.APIURL)); p != nil {
		c.add(pl, "api_url", "", *p)
	}
	if t.Proxy != "" {
		if p := proxyProblem(string(t.Proxy)); p != nil {
			c.add(pl, "proxy", "", *p)
		}
	}
	c.users(pl, t.AllowedUsers)
	c.routes(t)
}

// token tells a token that cannot be one, without repeating it.
func (c checker) token(pl place, key string, token Secret) {
	p := Problem{Have: token.String(), Want: "must be the bot's token as @BotFather gives it: digits, a colon, letters and digits"}
	switch text := string(token); {
	case tokenPattern.MatchString(text):
		return
	case text == redacted:
		p.Want, p.Hint = "this is only the mark that is shown in place of a token", "put the token itself there"
	case strings.TrimSpace(text) != text:
		p.Hint = "there are blanks around it"
	case strings.HasPrefix(text, "bot") && tokenPattern.MatchString(text[3:]):
		p.Hint = `leave out "bot" at its beginning`
	case strings.HasPrefix(text, "@"):
		p.Hint = "this is the name of the bot; /token in the chat with @BotFather shows its token"
	}
	c.add(pl, key, "", p)
}

func isNumber(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n != 0
}

// tokenWithin is a token in any text, or nearly one.
var tokenWithin = regexp.MustCompile(`[0-9]{5,}(:|%3[Aa])[A-Za-z0-9_-]{8,}`)

// apiProblem says what is wrong with the address of a Bot API. It does not repeat
// what a password or a token may be in: people paste the whole of
// https://api.telegram.org/bot<token>/getUpdates there.
func apiProblem(text string) *Problem {
	p := &Problem{Have: quote(text), Want: `must be a URL such as "https://api.telegram.org"`}
	_, rest, ok := strings.Cut(text, "://")
	if !ok {
		rest = text
	}
	switch {
	case strings.Contains(rest, "@"):
		p.Have, p.Hint = redacted, "no name and no password belong there"
	case strings.Contains(strings.ToLower(rest), "/bot") || tokenWithin.MatchString(text):
		p.Have, p.Hint = redacted, "the token and what follows it do not belong there: telegram.token is the place for it"
	case !isWebURL(text):
	default:
		return nil
	}
	return p
}

func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.RawQuery == "" && u.Fragment == "" && portOK(u.Port())
}

func portOK(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || err == nil && validPort(n)
}

// proxyProblem does not repeat what it cannot read: a password may be in it.
func proxyProblem(text string) *Problem {
	p := &Problem{Have: URL(text).String(), Want: `must be a URL such as "socks5://user:password@host:1080" or "http://host:3128"`}
	u, err := url.Parse(text)
	if err != nil {
		return p
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	case "socks", "socks4":
		p.Hint = "SOCKS is spoken in version 5: socks5://"
		return p
	default:
		if _, _, err := net.SplitHostPort(text); err == nil && !strings.Contains(text, "@") {
			p.Have, p.Hint = quote(text), fmt.Sprintf(`did you mean "http://%s" or "socks5://%s"?`, text, text)
		}
		return p
	}
	switch {
	case u.Hostname() == "" || !portOK(u.Port()):
	case u.Port() == "" && strings.HasPrefix(u.Scheme, "socks"):
		p.Hint = "the port is missing; usual is 1080"
	case u.Path != "" && u.Path != "/" || u.RawQuery != "":
		p.Hint = "nothing may follow the port"
	default:
		return nil
	}
	return p
}
