package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/engine"
	"github.com/logboom/logboom/internal/login"
)

// doctor looks at one machine, with a server that runs or without.
type doctor struct {
	*app
	engine.Doctor
	running bool            // a server answers on the console's address
	status  *console.Status // what it says; nil if none runs
	silence error           // why none was heard
}

func newDoctorCommand(a *app) *cobra.Command {
	var quick bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong on this machine and what to do about it",
		Long: `Doctor looks at the settings, the service, ports and who holds them, rights,
receive buffers, the disk, the clock and the ways to tell people. It changes
nothing. The exit code is 1 if something does not work.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			d := &doctor{app: a}
			d.settings()
			if d.Config == nil {
				d.askAnyway(ctx)
			} else {
				d.ask(ctx)
				d.service(ctx)
				d.ports()
				d.buffers()
				d.losses(ctx)
				d.Disk()
				d.Clock()
				d.Telegram(ctx, !quick)
				d.Ways(ctx, !quick)
			}
			return d.report(a.stdout)
		},
	}
	cmd.Flags().BoolVar(&quick, "offline", false, "do not ask Telegram and the other ways to tell people")
	return cmd
}

// report writes the findings and returns an error if one is bad.
func (d *doctor) report(w io.Writer) error {
	most, wrong := 0, 0
	for _, f := range d.Found {
		most = max(most, len(f.What))
	}
	for _, f := range d.Found {
		fmt.Fprintf(w, "[%c] %-*s  %s\n", f.Mark, most, f.What, strings.ReplaceAll(visible(f.Fact), `\n`, "; "))
		if f.Todo != "" {
			fmt.Fprintf(w, "    %-*s  -> %s\n", most, "", f.Todo)
		}
		if f.Mark == engine.Bad {
			wrong++
		}
	}
	switch wrong {
	case 0:
		return nil
	case 1:
		return errors.New("one thing needs you")
	}
	return fmt.Errorf("%d things need you", wrong)
}

func (d *doctor) settings() {
	cfg, err := d.loadConfig()
	if err == nil {
		err = checkToRun(cfg)
	}
	var problems config.Problems
	switch {
	case errors.As(err, &problems):
		d.Say(engine.Bad, "settings", fmt.Sprintf("%d mistakes in %s", len(problems), problems[0].File), "logboom config check")
	case err != nil:
		d.Say(engine.Bad, "settings", err.Error(), "logboom config check")
	case cfg.Path == "":
		d.Say(engine.Good, "settings", "no file, the shipped ones are used", "logboom config init writes one with every key explained")
	default:
		d.Say(engine.Good, "settings", fine(cfg), "")
	}
	d.Config = cfg
	if cfg != nil {
		d.Warnings()
	}
	if cfg != nil && cfg.Store.Directory == "" {
		d.Config.Store.Directory = dataDirectory(cfg)
	}
	if cfg != nil && cfg.Console.Listen != "" && cfg.Console.PasswordOnLoopback {
		// Who may not read the file is not told what is in it.
		users, err := login.Read(filepath.Join(cfg.DataDirectory(), login.FileName))
		if err == nil && len(users.Users) == 0 {
			d.Say(engine.Worth, "console", "it lets nobody in: console.password_on_loopback is set, and there is no password", "sudo logboom console password")
		}
	}
}
