package main

import (
	"context"
	"strings"

	"github.com/logboom/logboom/internal/engine"
)

// otherWays reports whether people are told by something other than Telegram.
func (d *doctor) otherWays() bool {
	return d.cfg.Email.Enabled() || d.cfg.SNMP.Enabled() || len(d.cfg.Webhooks) > 0
}

// ways says whether people can be told by something other than Telegram; ask =
// try the way there, without a message.
func (d *doctor) ways(ctx context.Context, ask bool) {
	ways, err := engine.Ways(d.cfg, nil)
	if err != nil {
		d.say(bad, "alerts", err.Error(), "logboom config check")
		return
	}
	for _, w := range ways {
		if !ask {
			d.say(good, w.Name(), "is set up; it was not asked (--offline)", "")
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, testTime)
		err := w.Reach(ctx)
		cancel()
		todo := "logboom alerts test " + w.Name() + " sends a message"
		switch {
		case err != nil:
			d.say(bad, w.Name(), strings.TrimPrefix(err.Error(), w.Name()+": "), todo)
		case w.Name() == "snmp":
			d.say(good, w.Name(), "is set up; whether "+d.cfg.SNMP.Target+" listens cannot be asked", todo)
		default:
			d.say(good, w.Name(), "can be reached", todo)
		}
	}
}
