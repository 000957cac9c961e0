package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/engine"
)

// reloadTime is how long the server may take to answer: its own bound, and a
// little.
const reloadTime = 70 * time.Second

func newReloadCommand(a *app) *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Have the running server take over changed settings",
		Long: `Reload has the running server read its settings again and take over what has
changed: listeners, who may send, rules, devices, the ways to tell people,
retention. No message and no connection is lost that the change is not about.
What takes a restart is said.

Settings that cannot be used change nothing: what is wrong is listed, the exit
code is 1, and the server goes on with the settings it has. On Linux a SIGHUP
does the same, and so does systemctl reload logboom.

It asks the server through its console; after a change of console.listen say
with --console where that is now.`,
		Example: `  logboom config check && logboom reload
  logboom reload --console 127.0.0.1:8514`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var broken config.Problems
			if address == "" {
				var err error
				if address, broken, err = a.reloadAddress(); err != nil {
					return err
				}
			}
			done, err := askReload(cmd.Context(), address)
			if broken != nil && err != nil && !errors.As(err, new(config.Problems)) {
				return hint(broken, "the server could not be asked on %s: if it runs, it goes on with the settings it has; --console says where it answers", address)
			}
			if err != nil {
				return err
			}
			a.sayReloaded(done)
			return nil
		},
	}
	cmd.Flags().StringVar(&address, "console", "", "`host:port` of the console (default: console.listen of the settings)")
	return cmd
}

// reloadAddress returns where the console is asked. The server is to be asked with
// settings that cannot be used, too, and tells what is wrong with them.
func (a *app) reloadAddress() (address string, broken config.Problems, err error) {
	cfg, err := a.loadConfig()
	switch {
	case errors.As(err, &broken):
		path, _ := config.Find(a.configPath)
		cfg = config.Default()
		cfg.Console.Listen = config.ConsoleListen(path)
	case err != nil:
		return "", nil, err
	}
	address, err = consoleAddress("", cfg, "the settings are loaded again through it; on Linux, systemctl reload logboom works without")
	if broken != nil && err != nil { // what is wrong comes first
		return "", nil, hint(broken, "%s", err.Error())
	}
	return address, broken, err
}

// sayReloaded tells what became of the settings.
func (a *app) sayReloaded(done console.Reloaded) {
	switch {
	case len(done.Applied) > 0:
		fmt.Fprintf(a.stdout, "in force now: %s\n", visible(strings.Join(done.Applied, ", ")))
	case len(done.Restart) == 0:
		fmt.Fprintln(a.stdout, "nothing has changed")
	}
	if len(done.Restart) > 0 {
		fmt.Fprintf(a.stdout, "not in force before a restart: %s\n", visible(strings.Join(done.Restart, ", ")))
		fmt.Fprintln(a.stdout, "  restart it: sudo logboom service restart")
	}
	for _, n := range done.Notes {
		fmt.Fprintf(a.stderr, "logboom: warning: %s\n", visible(n))
	}
}

// askReload has the server whose console is at an address load its settings. The
// error is [config.Problems] if they cannot be used.
func askReload(ctx context.Context, address string) (done console.Reloaded, err error) {
	ctx, cancel := context.WithTimeout(ctx, reloadTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/api/v1/reload", strings.NewReader("{}"))
	if err != nil {
		return done, err
	}
	r.Header.Set("Content-Type", "application/json")
	// Not through a proxy: the server is on this machine.
	client := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{}).DialContext, DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return done, hint(fmt.Errorf("asking the server: %w", cause(err)), "does it run? logboom service status, or start it with logboom run")
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return done, fmt.Errorf("reading the answer of the server: %w", err)
	}
	if resp.StatusCode == http.StatusUnprocessableEntity {
		if problems := problemsOf(body); len(problems) > 0 {
			return done, hint(problems, "the server goes on with the settings it has")
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err := refused(resp); err != nil {
		return done, err
	}
	if err := json.Unmarshal(body, &done); err != nil {
		return done, fmt.Errorf("reading the answer of the server: %w", err)
	}
	return done, nil
}

// problemsOf returns what the server says is wrong with the settings.
func problemsOf(answer []byte) (all config.Problems) {
	var a struct{ Problems []console.Problem }
	if json.Unmarshal(answer, &a) != nil {
		return nil
	}
	for _, p := range a.Problems {
		all = append(all, config.Problem{File: p.File, Line: p.Line, Key: p.Key, Have: p.Have, Want: p.Want, Hint: p.Hint})
	}
	return all
}

// loadAgain returns what reads the settings as serve does, for a server that
// keeps its messages in a directory until it is started again.
func (a *app) loadAgain(directory string) func() (*config.Config, error) {
	return func() (*config.Config, error) {
		cfg, err := a.loadConfigFor(func(*config.Config) string { return directory })
		if err != nil {
			return nil, err
		}
		makeDo(cfg)
		return cfg, nil
	}
}

// reloadOnHangup has the settings loaded again at each SIGHUP, until ctx is done.
// On Windows there is none. One that comes because the terminal is gone ends the
// server, as without us.
func reloadOnHangup(ctx context.Context, e *engine.Engine, end func()) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	onTerminal := !terminalGone(os.Stdin) // a service has none: there is /dev/null
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		}
		if onTerminal && terminalGone(os.Stdin) {
			end()
			return
		}
		// The log has what comes of it.
		_, _ = e.Reload(ctx)
	}
}
