package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/engine"
	"github.com/logboom/logboom/internal/service"
)

// ask asks the server how it is, if one answers on the console's address.
func (d *doctor) ask(ctx context.Context) {
	if d.Config.Console.Listen == "" {
		d.silence = errors.New("the console is switched off, so the server cannot be asked")
		return
	}
	d.status, d.silence = askStatus(ctx, localConsole(d.Config.Console.Listen))
	d.running = d.silence == nil || errors.Is(d.silence, errNeedsToken)
}

// askAnyway asks a server that runs with settings that were good before, where
// those on disk are not: at the address that they have all the same, or the
// usual one.
func (d *doctor) askAnyway(ctx context.Context) {
	path, _ := config.Find(d.configPath)
	status, err := askStatus(ctx, localConsole(config.ConsoleListen(path)))
	if err != nil {
		return
	}
	for _, p := range status.Health.Problems {
		d.Say(engine.Worth, p.What, p.Fact, p.Hint)
	}
	if status.Settings.BrokenSince == 0 {
		d.Say(engine.Good, "server", "runs, with the settings that it has read before", "")
	}
}

// service says whether the service is installed, and how the server is.
func (d *doctor) service(ctx context.Context) {
	state, err := service.Query(ctx, service.Config{Name: serviceName})
	switch {
	case err != nil:
		d.Say(engine.Worth, "service", "the service manager does not answer: "+err.Error(), "")
	case state == service.Running:
		d.Say(engine.Good, "service", "is installed and runs", "")
	case state == service.NotInstalled && d.running:
		d.Say(engine.Worth, "service", "is not installed; a server was started by hand and ends with its terminal", "sudo logboom service install")
	case state == service.NotInstalled:
		d.Say(engine.Worth, "service", "is not installed: nothing receives", "sudo logboom service install")
	default:
		d.Say(engine.Bad, "service", "is "+state.String(), "sudo logboom service start")
	}
	switch {
	case d.status != nil:
		d.Server(d.status, "answers on http://"+localConsole(d.Config.Console.Listen)+"/")
	case errors.Is(d.silence, errNeedsToken):
		d.Say(engine.Worth, "server", d.silence.Error(), "sudo logboom console token add doctor, and put it into the environment as "+envToken)
	case state == service.Running:
		d.Say(engine.Bad, "server", d.silence.Error(), "the log of Logboom says why: logboom service status names it")
	}
}

// askStatus asks the server whose console is at an address.
func askStatus(ctx context.Context, address string) (*console.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/api/v1/status", nil)
	if err != nil {
		return nil, err
	}
	authorize(r)
	client := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{}).DialContext, DisableKeepAlives: true}} // without a proxy
	resp, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("its console does not answer: %w", cause(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized {
		return nil, hint(errNeedsToken, "sudo logboom console token add doctor, and put it into the environment as %s", envToken)
	}
	var s console.Status
	if resp.StatusCode != http.StatusOK || json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&s) != nil || s.Version == "" {
		return nil, fmt.Errorf("on %s something answers that is no Logboom (%s)", address, resp.Status)
	}
	return &s, nil
}

// errNeedsToken is what askStatus returns where console.password_on_loopback is
// set.
var errNeedsToken = errors.New("its console wants a token, from this machine too")

// healthy asks a running server whether it stores messages.
func healthy(ctx context.Context, address string) error {
	s, err := askStatus(ctx, address)
	if errors.Is(err, errNeedsToken) {
		return nil // it runs, and says no more without one
	}
	if err != nil || s.Health.State != console.StateFailing {
		return err
	}
	var facts []string
	for _, p := range s.Health.Problems {
		if p.State == console.StateFailing {
			facts = append(facts, p.What+": "+p.Fact)
		}
	}
	return hint(fmt.Errorf("it says that it is failing: %s", cmp.Or(strings.Join(facts, "; "), "it does not say why")), "logboom doctor says what to do")
}
