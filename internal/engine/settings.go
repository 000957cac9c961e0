package engine

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/collect"
	"github.com/logboom/logboom/internal/console"
)

// settings returns what is in force, for people.
func (e *Engine) settings() console.SettingsList {
	cfg := e.config()
	all, left := cfg.List()
	out := console.SettingsList{Path: absolute(cfg.Path), Left: left}
	for _, s := range all {
		v := console.Setting{
			Section: s.Section, Key: s.Key, Value: s.Value, Default: s.Default, Origin: s.Origin, Changed: s.Changed, Help: s.Help,
			Restart: !within(s.Key, live) || s.Key == "log.level" && e.level == nil,
		}
		switch { // where "" stands for a place, that place
		case s.Key == "store.directory" && cfg.Store.Directory == "":
			v.Value = strconv.Quote(cfg.DataDirectory())
		case s.Key == "log.file" && cfg.Log.File == "" && e.logFile != "":
			v.Value = strconv.Quote(absolute(e.logFile))
		}
		out.Settings = append(out.Settings, v)
	}
	return out
}

// marks are those of [Finding], in the words of the console.
var marks = map[byte]string{Good: "ok", Worth: "warn", Bad: "bad"}

// examine looks at everything, as "logboom doctor" does; what is found stands in
// the order of the flow.
func (e *Engine) examine(ctx context.Context) []console.Finding {
	d := &Doctor{Config: e.config()}
	s := e.status(ctx)
	switch {
	case s.Settings.BrokenSince != 0: // said below
	case d.Config.Path == "":
		d.Say(Good, "settings", "no file, the shipped ones are used", "logboom config init writes one with every key explained")
	default:
		d.Say(Good, "settings", absolute(d.Config.Path)+" is in force", "")
	}
	d.Warnings()
	d.Server(&s, "version "+e.version+", runs for "+time.Since(e.startedAt).Round(time.Second).String())
	d.listeners(e.collector.Listeners())
	d.Buffers(s.Listeners)
	now := time.Now()
	if rows, err := e.state.Ledger(ctx, now.Add(-24*time.Hour).UnixMicro(), now.Add(time.Hour).UnixMicro()); err != nil {
		d.Say(Worth, "losses", "the ledger cannot be read: "+err.Error(), "")
	} else {
		d.Losses(rows)
	}
	d.Disk()
	d.Clock()
	// Side by side: one that does not answer takes no time from the others.
	chat, ways := &Doctor{Config: d.Config}, &Doctor{Config: d.Config}
	var asking sync.WaitGroup
	asking.Go(func() { chat.Telegram(ctx, true) })
	asking.Go(func() { ways.Ways(ctx, true) })
	asking.Wait()
	d.Found = append(append(d.Found, chat.Found...), ways.Found...)

	hide := d.Config.Hide()
	out := make([]console.Finding, len(d.Found))
	for i, f := range d.Found {
		out[i] = console.Finding{State: marks[f.Mark], What: f.What, Fact: hide.Replace(f.Fact), Todo: hide.Replace(f.Todo)}
	}
	return out
}

// listeners says how each of them is.
func (d *Doctor) listeners(all []collect.ListenerStatus) {
	for _, l := range all {
		switch {
		case l.Removed:
		case !l.Open:
			d.Say(Bad, l.Name, "is not open: "+cmp.Or(l.Error, "it is being tried"), "stop the program that holds the port, or listen on another one: listen."+strings.ToLower(l.Proto))
		case l.Received == 0:
			d.Say(Good, l.Name, "is open; nothing has come yet", "")
		default:
			d.Say(Good, l.Name, fmt.Sprintf("is open; %s received since the start", several(l.Received)), "")
		}
	}
}
