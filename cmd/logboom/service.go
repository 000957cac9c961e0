package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/installer"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/service"
)

// serviceName is how the operating system calls the service.
const serviceName = "logboom"

func newServiceCommand(a *app) *cobra.Command {
	// each makes a command that does one thing to the service. What ends it must
	// work with settings that cannot be read, too: describe is then namedService.
	each := func(use, short, done string, describe func() (service.Config, error), do func(context.Context, service.Config) error) *cobra.Command {
		return &cobra.Command{
			Use: use, Short: short, Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				c, err := describe()
				if err != nil {
					return err
				}
				ctx, stop := interruptible(cmd.Context())
				defer stop()
				if err := do(ctx, c); err != nil {
					return a.serviceError(err)
				}
				fmt.Fprintln(a.stdout, done)
				return nil
			},
		}
	}
	run := &cobra.Command{
		Use: "run", Short: "Run as the service manager does", Hidden: true, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return service.Run(service.Config{Name: serviceName}, a.serve)
		},
	}
	return group(&cobra.Command{
		Use:   "service",
		Short: "Install, start and stop Logboom as a service of the operating system",
		Long: `Service makes Logboom start with the system and restart if it fails: under
systemd on Linux, under the service manager on Windows. Installing, starting
and stopping need the rights of an administrator; status needs none.`,
		Example: `  sudo logboom service install
  logboom service status
  sudo logboom service restart`,
	}, newServiceInstallCommand(a),
		each("uninstall", "Stop the service and remove it; messages and settings stay", "the service is removed; messages and settings are where they were", a.namedService, service.Uninstall),
		each("start", "Start the service and wait until it receives", "the service runs", a.serviceConfig, service.Start),
		each("stop", "Stop the service and wait until everything is stored", "the service is stopped", a.namedService, service.Stop),
		each("restart", "Stop and start the service", "the service runs", a.serviceConfig, service.Restart),
		newServiceStatusCommand(a), newServiceFolderCommand(a), run)
}

// newServiceFolderCommand is for setup.exe: before it reads settings that are
// there, and before it writes a program, it asks whose folder that is.
func newServiceFolderCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "folder [DIR]", Short: "Make the folder of the settings, or DIR for the program, and refuse one that is somebody else's",
		Hidden: true, Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return a.serviceError(service.ProgramFolder(serviceName, args[0]))
			}
			return a.serviceError(service.SettingsFolder(serviceName, config.SystemDirectory()))
		},
	}
}

func newServiceInstallCommand(a *app) *cobra.Command {
	var later bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Install the service, start it, and start it with the system",
		Example: `  sudo logboom service install
  sudo logboom service install --config /etc/logboom/config.toml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.serviceConfig()
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			// One that runs goes on with what it was started with until it is
			// started again.
			start := service.Start
			switch state, err := service.Query(ctx, c); {
			case err != nil:
			case state == service.Running, state == service.Starting, state == service.Stopping:
				start = service.Restart
			}
			if err := service.Install(ctx, c); err != nil {
				return a.serviceError(err)
			}
			if later {
				fmt.Fprintln(a.stdout, "the service is installed; logboom service start starts it")
				return nil
			}
			if err := start(ctx, c); err != nil {
				return a.serviceError(fmt.Errorf("the service is installed, but does not start: %w", err))
			}
			fmt.Fprintln(a.stdout, "the service is installed and runs")
			return nil
		},
	}
	cmd.Flags().BoolVar(&later, "no-start", false, "install it only")
	return cmd
}

func newServiceStatusCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say whether the service runs; exit code 1 if it does not",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			state, err := service.Query(cmd.Context(), service.Config{Name: serviceName})
			if err != nil {
				return a.serviceError(err)
			}
			if state == service.Running {
				fmt.Fprintln(a.stdout, state)
				return nil
			}
			next := "logboom service start"
			if state == service.NotInstalled {
				next = "logboom service install"
			}
			return hint(fmt.Errorf("the service is %s", state), "%s, as an administrator", next)
		},
	}
}

// namedService describes the service without its settings.
func (a *app) namedService() (service.Config, error) {
	return service.Config{
		Name: serviceName, DisplayName: "Logboom syslog server",
		Description: "Receives syslog, stores it, and tells people what matters.",
		Unit:        installer.Unit,
		Folder:      config.SystemDirectory(),
		Warn:        func(text string) { fmt.Fprintf(a.stderr, "logboom: %s\n", visibleLines(text)) },
	}, nil
}

// serviceConfig describes the service that the settings ask for.
func (a *app) serviceConfig() (service.Config, error) {
	c, _ := a.namedService() // cannot fail
	cfg, err := a.loadConfig()
	if err != nil {
		return c, err
	}
	if cfg.Path != "" {
		c.Arguments = []string{"--config", cfg.Path}
		c.Readable = append(c.Readable, cfg.Path)
	}
	c.Arguments = append(c.Arguments, "service", "run")
	logFile := cmp.Or(cfg.Log.File, config.SystemLogFile())
	c.Log = logFile
	c.Writable = []string{cfg.DataDirectory(), filepath.Dir(logFile)}
	for _, file := range []string{cfg.Telegram.TokenFile, cfg.Email.PasswordFile, cfg.Listen.TLSCert, cfg.Listen.TLSKey, cfg.Listen.TLSClientCA, cfg.Console.TLSCert, cfg.Console.TLSKey} {
		if file != "" {
			c.Readable = append(c.Readable, file)
		}
	}
	if cfg.Console.Listen != "" {
		c.Ready = func(ctx context.Context) error { return healthy(ctx, localConsole(cfg.Console.Listen)) }
	}
	return c, nil
}

// serviceError adds what to do.
func (a *app) serviceError(err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return hint(err, "this needs the rights of an administrator: sudo on Linux, \"Run as administrator\" on Windows")
	}
	return err
}
