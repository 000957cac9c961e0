package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/config"
)

// reachTime is how long it may take to find out whether somebody can be reached.
const reachTime = 30 * time.Second

// openToAll says so if anybody may press the buttons under alerts.
func (d *Doctor) openToAll() {
	t := d.Config.Telegram
	if !t.Commands || len(t.AllowedUsers) > 0 {
		return
	}
	chats := []string{t.ChatID}
	for _, r := range t.Route {
		chats = append(chats, r.ChatID)
	}
	for _, chat := range chats {
		if strings.HasPrefix(chat, "@") {
			d.Say(Worth, "telegram", fmt.Sprintf("everybody who finds the public chat %s may acknowledge and mute alerts", chat),
				"name those who may in telegram.allowed_users, or set telegram.commands = false")
			return
		}
	}
}

// Telegram says whether people can be told; ask = try the way there.
func (d *Doctor) Telegram(ctx context.Context, ask bool) {
	chats, err := Chats(d.Config, nil)
	switch {
	case err != nil:
		d.Say(Bad, "telegram", err.Error(), "logboom config check")
		return
	case len(chats) == 0 && d.otherWays():
		return
	case len(chats) == 0:
		d.Say(Worth, "telegram", "is not set up: nobody is told of alerts", "set telegram.token and telegram.chat_id; docs/alerts.md has the steps")
		return
	case !ask:
		d.openToAll()
		d.Say(Good, "telegram", "is set up; it was not asked (--offline)", "")
		return
	}
	d.openToAll()
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	way := ""
	if d.Config.Telegram.Proxy != "" {
		way = " through the proxy"
	}
	if err := reach(ctx, d.Config); err != nil {
		d.Say(Bad, "telegram", "cannot be reached"+way+": "+err.Error(), "check the network of this machine, telegram.proxy and telegram.api_url")
		return
	}
	d.Say(Good, "telegram", "can be reached"+way, "logboom alerts test sends a message")
}

// otherWays reports whether people are told by something other than Telegram.
func (d *Doctor) otherWays() bool {
	return d.Config.Email.Enabled() || d.Config.SNMP.Enabled() || len(d.Config.Webhooks) > 0
}

// Ways says whether people can be told by something other than Telegram; ask =
// try the way there, without a message.
func (d *Doctor) Ways(ctx context.Context, ask bool) {
	ways, err := Ways(d.Config, nil)
	if err != nil {
		d.Say(Bad, "alerts", err.Error(), "logboom config check")
		return
	}
	failed := make([]error, len(ways))
	if ask {
		all, cancel := context.WithTimeout(ctx, reachTime)
		defer cancel()
		var asking sync.WaitGroup
		for i, w := range ways {
			asking.Go(func() { failed[i] = w.Reach(all) })
		}
		asking.Wait()
	}
	for i, w := range ways {
		if !ask {
			d.Say(Good, w.Name(), "is set up; it was not asked (--offline)", "")
			continue
		}
		todo := "logboom alerts test " + w.Name() + " sends a message"
		switch {
		case failed[i] != nil:
			d.Say(Bad, w.Name(), strings.TrimPrefix(failed[i].Error(), w.Name()+": "), todo)
		case w.Name() == "snmp":
			d.Say(Good, w.Name(), "is set up; whether "+d.Config.SNMP.Target+" listens cannot be asked", todo)
		default:
			d.Say(Good, w.Name(), "can be reached", todo)
		}
	}
}

// reach asks the Bot API for anything, the configured way: every answer shows
// that it can be reached. The token is not sent.
func reach(ctx context.Context, cfg *config.Config) error {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second}
	if p := cfg.Telegram.Proxy; p != "" {
		proxy, err := url.Parse(string(p))
		if err != nil {
			return errors.New("telegram.proxy is no URL")
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, string(cfg.Telegram.APIURL), nil)
	if err != nil {
		return errors.New("telegram.api_url is no URL")
	}
	resp, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		var u *url.Error // in front of the reason stands the address
		if errors.As(err, &u) {
			err = u.Err
		}
		return err
	}
	if resp.StatusCode == http.StatusProxyAuthRequired {
		err = errors.New("the proxy asks for a user and a password (407)")
	}
	return errors.Join(err, resp.Body.Close())
}
