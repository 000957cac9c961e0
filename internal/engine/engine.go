// Package engine builds the parts of Logboom from a configuration, runs them,
// and stops them in the order of the flow. It is the only package that knows
// every other, and what connects them stands here: which follower reads what,
// which counter becomes which metric, which trouble becomes an alert.
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/collect"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/login"
	"github.com/logboom/logboom/internal/notify"
	"github.com/logboom/logboom/internal/silence"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/store"
)

// drain is how long one part may take to stop. Windows gives a service ten
// seconds at shutdown, systemd thirty (our unit); what is not done by then is
// safe all the same, since it was committed or is counted as not stored.
const drain = 8 * time.Second

// These hold the edges together: what one declares, the other must give.
var (
	_ notify.Outbox = (*state.State)(nil)
	_ store.Source  = (*collect.Queue)(nil)
)

// Options are what an Engine needs beside the configuration.
type Options struct {
	Log     *slog.Logger
	LogFile string // that Log writes to; "" = none
	Version string

	// Load reads the settings again, for [Engine.Reload]; nil = there are none to
	// read. Level is that of Log, if it can be changed; nil = it cannot.
	Load  func() (*config.Config, error)
	Level *slog.LevelVar
}

// An Engine is a whole server. Make it with [New].
type Engine struct {
	current   atomic.Pointer[config.Config] // in force
	log       *slog.Logger
	own       *OwnLog // what log says
	level     *slog.LevelVar
	load      func() (*config.Config, error) // nil = there is nothing to read again
	directory *directory
	startedAt time.Time
	version   string
	logFile   string
	rules     atomic.Int64 // that are looked for

	lock       *directoryLock
	collector  *collect.Collector
	store      *store.Store
	state      *state.State
	ways       atomic.Pointer[ways] // to tell people
	commands   commands
	reloads    reloads
	dispatcher *notify.Dispatcher
	silenced   silenced
	watcher    *watcher
	herald     *herald
	ledger     *ledger
	census     *census
	names      *names
	silences   *silences
	inventory  inventory
	recent     *recent // messages by device and hour
	unseen     behind  // the alerts
	metrics    *metrics
	console    *console.Console // nil = switched off
	guard      *login.Guard     // who may come into it; nil = it is switched off
	ready      chan struct{}
	ended      atomic.Bool // network and store have ended, what is not stored will not be
}

// New builds the parts and opens the files; ports are opened by [Engine.Run].
// The error says, for people, what cannot be used and what to do.
func New(cfg *config.Config, o Options) (_ *Engine, err error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	own, kept := log.Handler().(*OwnLog)
	if !kept {
		own = NewOwnLog(log.Handler())
		log = slog.New(own)
	}
	e := &Engine{
		log: log, own: own, level: o.Level, load: o.Load, directory: newDirectory(cfg.Directory()), startedAt: time.Now(), version: o.Version, logFile: o.LogFile,
		herald: newHerald(), ready: make(chan struct{}), names: newNames(cfg.DNS.Reverse, log),
	}
	e.current.Store(cfg)
	e.commands, e.reloads = newCommands(), newReloads()
	w, err := e.buildWays(cfg, nil, nil)
	if err != nil {
		return nil, err
	}
	e.use(w)
	if err := e.openStore(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
		}
	}()
	if err := e.buildCollector(); err != nil {
		return nil, err
	}
	if err := e.buildAlerts(); err != nil {
		return nil, err
	}
	if e.ledger, err = newLedger(e); err != nil {
		return nil, err
	}
	e.metrics = newMetrics(e)
	if cfg.Console.Listen != "" {
		if err := e.buildGuard(); err != nil {
			return nil, err
		}
		e.console, err = console.New(e.consoleOptions(o.Version))
		if err != nil {
			return nil, fmt.Errorf("setting up the console: %w", err)
		}
	}
	return e, nil
}

// config returns the settings in force.
func (e *Engine) config() *config.Config { return e.current.Load() }

func (e *Engine) openStore() (err error) {
	dir := e.config().DataDirectory()
	if e.lock, err = lockDirectory(dir); err != nil {
		return err
	}
	e.store, err = store.Open(store.Options{
		Directory:  dir,
		BatchSize:  e.config().Store.BatchSize,
		BatchWait:  e.config().Store.BatchWait,
		Sync:       e.config().Store.Sync,
		Location:   e.config().Location(),
		MaxDevices: e.config().Store.MaxDevices,
		Log:        e.log,
		Zone:       e.directory.Zone,
		Charset:    e.directory.Charset,
		Event:      e.herald.storeEvent,
		Sealed:     e.sealed,
		IsSealed:   e.isSealed,
		Busy:       e.behind,
		Committed:  func(_ int, took time.Duration) { e.metrics.observeBatch(took) },
		Retention:  retentionOf(e.config()),
	})
	if err != nil {
		return errors.Join(fmt.Errorf("opening the messages in %s: %w", dir, err), e.lock.Close())
	}
	e.state, err = state.Open(state.Options{Path: filepath.Join(dir, state.FileName), Notifiers: e.ways.Load().names(), Targets: e.targets, Log: e.log})
	if err != nil {
		return errors.Join(err, e.store.Close(), e.lock.Close())
	}
	for _, file := range e.state.Damaged() {
		e.herald.say("damaged", fmt.Sprintf("%s was damaged and is now %s; alerts that were waiting are lost, messages are not",
			state.FileName, file), alert.KindAlert, severityCritical)
	}
	return nil
}

// behind reports whether more than an eighth of the queue is full.
func (e *Engine) behind() bool {
	if e.collector == nil {
		return false // not built yet
	}
	q := e.collector.Queue()
	return q.Len() > q.Cap()/8
}

func (e *Engine) buildCollector() (err error) {
	e.collector, err = collect.New(e.collectOptions(e.config()))
	return err
}

func (e *Engine) collectOptions(cfg *config.Config) collect.Options {
	l := cfg.Listen
	return collect.Options{
		UDP: l.UDP, TCP: l.TCP, TLS: l.TLS,
		Allow:       l.Allow,
		Certificate: l.TLSCert, Key: l.TLSKey, ClientCA: l.TLSClientCA,
		ReceiveBuffer: int(l.ReceiveBuffer),
		MaxMessage:    int(l.MaxMessage),
		QueueSize:     cfg.Store.QueueSize,
		Log:           e.log,
	}
}

// buildAlerts makes what decides that people are told, and what tells them.
func (e *Engine) buildAlerts() (err error) {
	set, err := alertSet(e.config(), e.config().Directory(), e.names.called)
	if err != nil {
		return err
	}
	e.dispatcher = notify.NewDispatcher(notify.Options{Outbox: e.state, Notifiers: e.ways.Load().notifiers(), Held: e.silenced.now, Log: e.log})
	e.census = newCensus(e.state, e.names, newNewcomers(e.config().Alerts.NewDevices), e.log)
	engine := alert.NewEngine(set)
	e.silences = &silences{watch: silence.New(e.directory.SilentAfter), engine: engine, state: e.state, log: e.log, hearing: e.hearing, expected: e.directory.Expected()}
	e.recent = newRecent()
	e.watcher = newWatcher(watcherOptions{
		engine: engine, state: e.state, store: e.store, census: e.census, silences: e.silences, recent: e.recent,
		wake: e.dispatcher.Wake, log: e.log,
	})
	e.rules.Store(int64(len(set.Watches())))
	if err := e.restoreMute(context.Background()); err != nil {
		return err
	}
	if err := e.restoreHeld(context.Background()); err != nil {
		return err
	}
	return e.watcher.restore(context.Background(), store.DayOf(time.Now().UnixMicro(), e.config().Location()))
}

// Ready is closed once every listener has tried to open its port and the
// console answers.
func (e *Engine) Ready() <-chan struct{} { return e.ready }

// ConsoleAddr returns the host and port of the console, "" if it is switched
// off or its port could not be opened yet.
func (e *Engine) ConsoleAddr() string {
	if e.console == nil {
		return ""
	}
	if a := e.console.Addr(); a.IsValid() {
		return a.String()
	}
	return ""
}

// consoleState says where the console is, for the log.
func (e *Engine) consoleState() string {
	if e.console == nil {
		return "off"
	}
	return cmp.Or(e.ConsoleAddr(), "waits for "+e.config().Console.Listen)
}

// Listeners tells how each listener is doing.
func (e *Engine) Listeners() []collect.ListenerStatus { return e.collector.Listeners() }

// Run runs the server until ctx is done, and then stops it: what was taken
// from the network is stored before Run returns nil. It must be called once.
func (e *Engine) Run(ctx context.Context) error {
	queue := e.collector.Queue()
	parts := []part{
		{"collect", e.collector.Run},
		{"store", func(ctx context.Context) error { return e.store.Run(ctx, queue) }},
		{"alerts", e.watcher.run},
		{"ledger", e.ledger.run},
		{"herald", func(ctx context.Context) error { return e.herald.run(ctx, e.tell) }}, // also what the ledger says last
		{"prune", e.prune},
		{"commands", e.commands.run},
		{"notify", e.dispatcher.Run},
		{"names", e.names.run},
	}
	if e.console != nil {
		parts = append(parts, part{"users", e.guard.Run}, part{"console", e.console.Run})
	}
	parts = append(parts, part{"ready", e.announce})
	err := flow(ctx, parts, drain)
	return errors.Join(err, e.close())
}

// announce says that the server runs, once it does.
func (e *Engine) announce(ctx context.Context) error {
	select {
	case <-e.collector.Ready():
	case <-ctx.Done():
		return nil
	}
	var open, closed int
	for _, l := range e.collector.Listeners() {
		if l.Open {
			open++
		} else {
			closed++
		}
	}
	e.log.Info("started", "data", e.config().DataDirectory(), "listeners", open, "not_open", closed,
		"console", e.consoleState(), "config", cmp.Or(e.config().Path, "shipped defaults"))
	close(e.ready)
	<-ctx.Done()
	return nil
}

func (e *Engine) close() error {
	var errs []error
	if err := e.store.Close(); err != nil {
		errs = append(errs, fmt.Errorf("closing the messages: %w", err))
	}
	if err := e.state.Close(); err != nil {
		errs = append(errs, fmt.Errorf("closing %s: %w", state.FileName, err))
	}
	if err := e.lock.Close(); err != nil {
		errs = append(errs, fmt.Errorf("closing %s: %w", lockName, err))
	}
	return errors.Join(errs...)
}
