package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/engine"
)

func newDemoCommand(a *app) *cobra.Command {
	var duration time.Duration
	var listen string
	var rate float64
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show Logboom with a made-up network",
		Long: `Demo runs a whole server on free high ports with its files in a temporary
folder, and lets made-up devices send to it: an OLT that loses a PON port,
switches whose ports flap, a router, a firewall. It needs no rights, touches
nothing of an installed Logboom, sends no Telegram, and leaves nothing behind.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if rate <= 0 || rate > 10_000 {
				return usage("--rate %g: must be above 0 and at most 10000", rate)
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			if duration > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, duration)
				defer cancel()
			}
			return a.demo(ctx, listen, rate)
		},
	}
	cmd.Flags().DurationVar(&duration, "for", 0, "end after this `time` (default: with Ctrl-C)")
	cmd.Flags().StringVar(&listen, "console", "127.0.0.1:0", "`host:port` of the console")
	cmd.Flags().Float64Var(&rate, "rate", 20, "`messages` a second")
	return cmd
}

func (a *app) demo(ctx context.Context, listen string, rate float64) (err error) {
	dir, err := os.MkdirTemp("", "logboom-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	port, err := freePort()
	if err != nil {
		return err
	}
	cfg, err := demoConfig(dir, port, listen)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	e, err := engine.New(cfg, engine.Options{Log: log, Version: a.version})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }() // ends with ctx
	select {
	case <-e.Ready():
	case err := <-ended:
		return err
	}
	// The file now says where the console really is, so that the other commands
	// find everything through --config.
	if err := os.WriteFile(cfg.Path, []byte(demoSettings(dir, port, e.ConsoleAddr())), 0o600); err != nil {
		cancel()
		return errors.Join(err, <-ended)
	}
	fmt.Fprintf(a.stdout, "A made-up network sends to 127.0.0.1:%d.\n\n  Console   http://%s/\n  Watch     logboom --config %s tail\n  Files     %s\n\nCtrl-C ends it and removes everything.\n",
		port, e.ConsoleAddr(), cfg.Path, cfg.Store.Directory)
	sending := make(chan error, 1)
	go func() { sending <- play(ctx, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port), rate) }() // ends with ctx
	select {
	case err = <-ended:
		cancel()
		return errors.Join(err, <-sending)
	case err = <-sending:
		cancel()
		return errors.Join(err, <-ended)
	}
}

// demoSettings returns the settings of the demo: as they are shipped, but in a
// folder and on ports of its own, and with names for the made-up devices.
func demoSettings(dir string, port uint16, console string) string {
	text := fmt.Sprintf("[listen]\nudp = [\"127.0.0.1:%d\"]\n[store]\ndirectory = '%s'\n[console]\nlisten = %q\n", port, filepath.Join(dir, "data"), console)
	for i, d := range demoDevices {
		text += fmt.Sprintf("[[device]]\naddress = %q\nname = %q\nsite = %q\n", deviceAddr(i), d.name, d.site)
	}
	return text
}

// demoConfig writes the settings to the folder and reads them. The console
// may be on any free port, which settings of people may not say.
func demoConfig(dir string, port uint16, listen string) (*config.Config, error) {
	path, text := filepath.Join(dir, config.FileName), []byte(demoSettings(dir, port, "127.0.0.1:8514"))
	cfg, err := config.Parse(path, text)
	if err != nil {
		return nil, err
	}
	cfg.Path, cfg.Console.Listen = path, listen
	return cfg, os.MkdirAll(cfg.Store.Directory, 0o700)
}

// freePort returns a UDP port that nobody has open.
func freePort() (uint16, error) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("finding a free port: %w", err)
	}
	port := c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	return port, c.Close()
}

// play lets the made-up devices send until ctx is done.
func play(ctx context.Context, to netip.AddrPort, rate float64) error {
	w, err := dialUDP(to, len(demoDevices))
	if err != nil {
		return fmt.Errorf("sending to the demo: %w", err)
	}
	random := rand.New(rand.NewPCG(1, 2)) // the same show every time
	s := newShow(random)
	for ctx.Err() == nil {
		text, device := s.next(time.Now())
		if _, err := w.send([][]byte{text}, []int{device}); err != nil && !passing(err) {
			return errors.Join(fmt.Errorf("sending to the demo: %w", err), w.Close())
		}
		// Traffic comes in irregular steps: exponential gaps.
		pause(ctx, time.Duration(random.ExpFloat64()/rate*float64(time.Second)))
	}
	return w.Close()
}
