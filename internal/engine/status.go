package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/logboom/logboom/internal/collect"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/store"
)

func (e *Engine) consoleOptions(version string) console.Options {
	cfg := e.config()
	o := console.Options{
		Listen: cfg.Console.Listen, Version: version,
		Archive: archive{e.store.Archive()}, Tail: func() console.Tail { return e.store.Tail() },
		Status: e.status, Devices: e.devices, OneDevice: e.device, Targets: e.reachedAt, Alerts: e.alerts, Incidents: incidents{e},
		Metrics: e.metrics.registry, Directory: e.directory, Location: cfg.Location(),
		CheckConfig: checkConfig, Mute: e.mute, Rehearse: e.rehearse, TestTelegram: e.TestTelegram, Holder: holder, Log: e.log,
		Guard: e.guard, Audit: audit{e.state}, Edits: edits{e}, PasswordOnLoopback: cfg.Console.PasswordOnLoopback, Names: cfg.Console.Names,
		TLSCert: cfg.Console.TLSCert, TLSKey: cfg.Console.TLSKey, PlainHTTP: !cfg.Console.TLS, DataDirectory: cfg.DataDirectory(),
	}
	o.Settings, o.Doctor, o.OwnLog, o.TelegramSetup = e.settings, e.examine, e.ownLog, telegramSetup{e}
	o.Welcome, o.SendTestMessage, o.FirstPassword = e.welcome, e.sendTestMessage, e.firstPassword
	if e.load != nil {
		o.Reload = e.reloadForConsole
	}
	return o
}

// holder names the program that holds an address, "" if that cannot be told.
func holder(proto, address string) string {
	name, pid, ok := collect.Holder(proto, address)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%q (pid %d)", name, pid)
}

// TestTelegram sends a test message; the error says what to do.
func (e *Engine) TestTelegram(ctx context.Context) error {
	chats := e.ways.Load().chats
	if len(chats) == 0 {
		return errors.New("telegram is not set up: set telegram.token and telegram.chat_id, and load the settings again")
	}
	for _, t := range chats {
		if err := t.Test(ctx); err != nil {
			return err
		}
	}
	e.dispatcher.Retry() // it works: what waits need not wait longer
	return nil
}

func checkConfig(text string) []console.Problem {
	_, err := config.Parse("config.toml", []byte(text))
	var problems config.Problems
	if err != nil && !errors.As(err, &problems) {
		return []console.Problem{{Key: "config.toml", Want: err.Error()}}
	}
	return toConsole(problems)
}

func toConsole(problems config.Problems) []console.Problem {
	out := make([]console.Problem, len(problems))
	for i, p := range problems {
		out[i] = console.Problem{Key: p.Key, Have: p.Have, Want: p.Want, Hint: p.Hint}
	}
	return out
}

// status gathers how everything is. It reads counters only, no message.
func (e *Engine) status(ctx context.Context) console.Status {
	day, sum, rate := e.ledger.sumOfDay()
	st := e.store.Stats()
	queue := e.collector.Queue()
	s := console.Status{
		Version: e.version, Now: time.Now().UnixMicro(), StartedAt: e.startedAt.UnixMicro(),
		Rate: console.Rate{Received: rate.perSecond, Stored: rate.storedPer, Dropped: rate.droppedPer},
		Past: e.ledger.past(),
		Ledger: console.Ledger{
			Day: day, Received: sum.received, Stored: sum.stored, Dropped: sum.sum(), DroppedBy: sum.dropped,
			InFlight: sum.received - sum.stored - sum.sum(),
		},
		Queue:     console.Queue{Length: queue.Len(), Capacity: queue.Cap(), Bytes: queue.Bytes()},
		Listeners: e.listenerStatus(),
		Store:     e.storeStatus(st),
		Devices:   st.Devices,
		Settings:  e.reloads.status(),
		Files:     console.Files{Config: absolute(e.config().Path), Log: absolute(e.logFile)},
	}
	s.Alerts, s.Incidents = e.alertStatus(ctx)
	s.Health = health(&s, e.signs(st, rate))
	return s
}

// absolute returns path so that others find the file, too; "" stays "".
func absolute(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func (e *Engine) listenerStatus() []console.Listener {
	var out []console.Listener
	st := e.store.Stats()
	for i, l := range e.collector.Listeners() {
		if l.Removed {
			continue
		}
		c := console.Listener{
			Name: l.Name, Protocol: l.Proto, Address: l.Address, Open: l.Open, Error: l.Error, Received: l.Received,
			Dropped: map[string]int64{"disk": at(st.DroppedBy, i)}, BufferAsked: l.BufferAsked, BufferGranted: l.BufferGranted, Connections: l.Connections,
		}
		l.Dropped.Each(func(reason string, n int64) { c.Dropped[reason] = n })
		out = append(out, c)
	}
	return out
}

func (e *Engine) storeStatus(st store.Stats) console.Store {
	out := console.Store{
		State: st.State, Detail: st.Detail, Directory: e.config().DataDirectory(), Stored: st.Stored, Commits: st.Commits, Free: -1,
	}
	if free, known := store.FreeSpace(out.Directory); known {
		out.Free = free
	}
	days, err := e.store.Archive().Days()
	if err != nil {
		return out // the state says that the directory is unwell
	}
	for _, d := range days {
		out.Bytes += d.Size
		if out.OldestDay == 0 {
			out.OldestDay = d.Day
		}
	}
	out.Days = len(days)
	return out
}

// alertStatus also returns how many incidents are open.
func (e *Engine) alertStatus(ctx context.Context) (a console.Alerts, open int) {
	a.Rules = int(e.rules.Load())
	if until := e.dispatcher.MutedUntil(); !until.IsZero() {
		a.MutedUntil = until.UnixMicro()
	}
	waiting, err := e.state.Pending(ctx)
	if err != nil {
		e.log.Debug("counting the outbox", "error", err)
	}
	for _, n := range waiting {
		a.Waiting += n
	}
	today, told, err := e.state.Tally(ctx, startOfDay(time.Now(), e.config().Location()).UnixMicro())
	if err != nil {
		e.log.Debug("counting alerts", "error", err)
	}
	a.Today = today
	for _, h := range e.dispatcher.Health() {
		n := console.Notifier{Name: h.Notifier, Waiting: waiting[h.Notifier], Sent: h.Sent, Failed: h.Refused, LastError: h.Error}
		if !h.LastSent.IsZero() {
			n.LastOK = h.LastSent.UnixMicro()
		}
		a.Notifiers = append(a.Notifiers, n)
	}
	return a, int(told)
}
