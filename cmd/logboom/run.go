package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/engine"
	"github.com/logboom/logboom/internal/service"
)

// Ports of the shipped configuration, and those taken instead by a program
// that may not open ports below 1024.
var (
	shippedPorts      = []string{":514", ":1514"}
	unprivilegedPorts = []string{":5514", ":11514"}
)

func newRunCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the server until it is interrupted",
		Long: `Run receives syslog, stores it and sends alerts, until it is interrupted.

In the foreground its own log goes to the terminal, under a service manager to
a file. Without the right to open port 514 the shipped ports are replaced by
5514 and 11514, and without the right to write the system's folder for data a
folder of the user's is taken; both are said in the log.`,
		Example: `  logboom run
  logboom run --config /etc/logboom/config.toml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg := service.Config{Name: serviceName}
			return service.Run(cfg, a.serve)
		},
	}
}

// serve runs the server until ctx is done; ready is called once it receives.
func (a *app) serve(ctx context.Context, ready func()) (err error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
	cfg, err := a.loadToRun()
	if err != nil {
		return err
	}
	notes := makeDo(cfg)
	own := selfLog{config: cfg.Log, service: service.Managed(), dir: cfg.DataDirectory(), stderr: a.stderr}
	log, level, file, err := own.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	log = slog.New(engine.NewOwnLog(log.Handler())) // from the first line on

	if cfg.Path == "" {
		log.Info("no configuration file, the shipped settings are used", "hint", "logboom config init writes one")
	}
	for _, n := range notes {
		log.Warn(n.text, "hint", n.hint)
	}
	for _, w := range slices.Concat(cfg.LeftOut(), cfg.Exposed(), cfg.Proxied(), cfg.Ignored()) {
		if w.Key != "listen.tls_key" { // the listener says so, whenever it reads the file
			log.Warn(w.Fact, "hint", w.Hint)
		}
	}
	err = a.runEngine(ctx, cfg, engine.Options{Log: log, LogFile: own.name(), Level: level, Version: a.version, Load: a.loadAgain(cfg.DataDirectory())}, ready)
	if err != nil {
		log.Error("stopped", "error", err)
		return err
	}
	log.Info("stopped")
	return nil
}

// loadToRun reads the settings for a server. What was set in the console never
// keeps it from receiving: where it cannot run with console.toml, it does without,
// and says so.
func (a *app) loadToRun() (*config.Config, error) {
	cfg, err := a.loadChecked(directoryToWrite)
	if err == nil {
		return cfg, nil
	}
	path, found := config.Find(a.configPath)
	if !found {
		path = ""
	}
	without, failed := config.LoadWithout(path, directoryToWrite, err)
	if failed != nil || engine.Check(without) != nil {
		return nil, err
	}
	return without, nil
}

// garbage is how far the heap may grow, in per cent of what is in use, before
// it is collected. Go's own 100 would let it double; under full load a third of
// that saves some 60 MB, for a hundredth of the processor's time.
const garbage = 35

// memory is how many bytes Go should take, SQLite's not among them: near to it the
// heap is collected more often. That is above all that is in use at once, some
// 110 MB under full load, 50 more while the queue is full and 64 for a thousand
// connections in the middle of large messages: beyond it collecting would take
// the time that storing needs.
const memory = 256 << 20

func (a *app) runEngine(ctx context.Context, cfg *config.Config, o engine.Options, ready func()) error {
	e, err := engine.New(cfg, o)
	if errors.Is(err, syscall.EROFS) && service.Managed() {
		return hint(err, "a service may write to its own directories only; this makes %s one of them: sudo logboom service install", cfg.DataDirectory())
	}
	if err != nil {
		return hint(err, "%s", engine.Advice(err, cfg.DataDirectory()))
	}
	ctx, cancel := context.WithCancel(ctx)
	hung := make(chan struct{})
	go func() { // ends with ctx
		defer close(hung)
		reloadOnHangup(ctx, e, cancel)
	}()
	told := make(chan struct{})
	go func() { // ends when the engine is ready or stopped
		defer close(told)
		select {
		case <-e.Ready():
			ready()
		case <-ctx.Done():
		}
	}()
	err = e.Run(ctx)
	cancel()
	<-told
	<-hung
	return err
}

// A concession is something that was done differently for lack of rights.
type concession struct{ text, hint string }

// makeDo replaces shipped settings that need rights which this process does
// not have, so that trying Logboom out needs none. What the user has set
// himself is left alone: there, a missing right is an error.
func makeDo(cfg *config.Config) []concession {
	var out []concession
	if cfg.ListenDefault() && !mayOpenShippedPorts() {
		cfg.Listen.UDP = unprivilegedPorts
		out = append(out, concession{
			fmt.Sprintf("no right to open UDP %s: listening on %s instead", shippedPorts, unprivilegedPorts),
			"run it as root, as a service (logboom service install), or allow it: sudo setcap cap_net_bind_service=+ep " + executable(),
		})
	}
	if directory := directoryToWrite(cfg); directory != cfg.DataDirectory() {
		cfg.Store.Directory = directory
		out = append(out, concession{
			fmt.Sprintf("no right to write %s: messages are kept in %s", config.SystemDataDirectory(), cfg.Store.Directory),
			"set store.directory, or install the service",
		})
	}
	return out
}

func executable() string {
	exe, err := os.Executable()
	if err != nil {
		return "logboom"
	}
	return exe
}

// directoryToWrite returns where a server keeps messages: where the settings say,
// but for the system's place that it may not write.
func directoryToWrite(cfg *config.Config) string {
	if cfg.Store.Directory == "" && !mayWrite(config.SystemDataDirectory()) {
		return config.UserDirectory()
	}
	return cfg.DataDirectory()
}

// mayWrite reports whether files can be made in dir, which is made if it is
// missing.
func mayWrite(dir string) bool {
	if os.MkdirAll(dir, 0o750) != nil {
		return false
	}
	f, err := os.CreateTemp(dir, ".may-write-*")
	if err != nil {
		return false
	}
	name := f.Name()
	return errors.Join(f.Close(), os.Remove(filepath.Clean(name))) == nil
}
