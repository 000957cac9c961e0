package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/engine"
	"github.com/logboom/logboom/internal/query"
)

// Exit codes.
const (
	exitError = 1 // could not do it
	exitUsage = 2 // was not asked properly
)

// app is one run of the command.
type app struct {
	version    string
	configPath string // --config; "" = where it is looked for
	stdin      io.Reader
	stdout     io.Writer
	stderr     io.Writer

	begun bool // a command has taken over: what fails from here is not its usage
}

// hinted is an error with what to do about it.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// hint adds to err what to do about it; nil stays nil.
func hint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// misuse is an error in how a command was called.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

func usage(format string, args ...any) error { return misuse{fmt.Errorf(format, args...)} }

// main runs the command with its arguments and returns the exit code.
func (a *app) main(args []string) int {
	// A double click on Windows is how the installer and demo are started.
	cobra.MousetrapHelpText = ""
	root := newRoot(a)
	root.SetArgs(wordsLast(root, args))
	ran, err := root.ExecuteC()
	if err == nil {
		return 0
	}
	code := exitError
	var wrong misuse
	if errors.As(err, &wrong) || !a.begun {
		code = exitUsage
		err = hint(err, "%s --help", ran.CommandPath())
	}
	a.explain(err)
	return code
}

// explain writes err for people: what, and what to do.
func (a *app) explain(err error) {
	var problems config.Problems
	if errors.As(err, &problems) {
		fmt.Fprintln(a.stderr, visibleLines(problems.Error()))
		a.hints(err)
		return
	}
	var q *query.Error
	if errors.As(err, &q) {
		fmt.Fprintf(a.stderr, "logboom: the query cannot be read: %s\n", visible(q.Message))
		before := q.Text[:min(q.Offset, len(q.Text))]
		part := q.Text[len(before):min(len(before)+q.Length, len(q.Text))]
		fmt.Fprintf(a.stderr, "    %s\n    %s%s\n", visible(q.Text), strings.Repeat(" ", width(before)), strings.Repeat("^", max(1, width(part))))
		if q.Hint != "" {
			fmt.Fprintf(a.stderr, "  hint: %s\n", visible(q.Hint))
		}
		return
	}
	fmt.Fprintf(a.stderr, "logboom: %s\n", visibleLines(err.Error()))
	a.hints(err)
}

// hints writes what to do about err and the errors within.
func (a *app) hints(err error) {
	if h, ok := err.(*hinted); ok && h.hint != "" {
		fmt.Fprintf(a.stderr, "  hint: %s\n", visibleLines(h.hint))
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		a.hints(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			a.hints(part)
		}
	}
}

// newRoot returns the command with all its commands.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "logboom",
		Short: "A syslog server for people who run networks",
		Long: `Logboom receives syslog, keeps it in SQLite files, one per day, and tells
people on Telegram when something happens that they must act on.`,
		Example: `  logboom run                                  receive, in the foreground
  sudo logboom service install                 receive, as a service, from now on
  logboom search "link down" --from -1h        find messages
  logboom tail severity:warning+               watch them as they come
  logboom doctor                               what is wrong, and what to do`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRun: func(*cobra.Command, []string) {
			a.begun = true
		},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.PersistentFlags().StringVar(&a.configPath, "config", "", "the settings `file` (default: $"+config.EnvPath+", beside the program, or "+config.SystemDirectory()+")")
	root.AddCommand(
		newRunCommand(a), newReloadCommand(a), newServiceCommand(a), newConfigCommand(a),
		newSearchCommand(a), newTailCommand(a), newExportCommand(a), newDevicesCommand(a), newAlertsCommand(a), newConsoleCommand(a),
		newParseCommand(a), newSendCommand(a), newDoctorCommand(a), newDemoCommand(a), newVersionCommand(a), newManCommand(a), newTakeoverCommand(a),
	)
	return root
}

// group makes a command that only holds others: called without one of them it
// says so.
func group(cmd *cobra.Command, sub ...*cobra.Command) *cobra.Command {
	cmd.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("%s: there is no %q", c.CommandPath(), args[0])
		}
		return nil
	}
	cmd.RunE = func(c *cobra.Command, _ []string) error {
		var names []string
		for _, s := range sub {
			if !s.Hidden {
				names = append(names, s.Name())
			}
		}
		return usage("%s: say which: %s", c.CommandPath(), strings.Join(names, ", "))
	}
	cmd.AddCommand(sub...)
	return cmd
}

// interruptible returns a context that ends with Ctrl-C or when the system asks
// the program to end.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ctx = context.Background()
	}
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}

// loadConfig reads the settings, or takes the shipped ones if there is no file.
func (a *app) loadConfig() (*config.Config, error) { return a.loadConfigFor(dataDirectory) }

// loadChecked is loadConfigFor of who is to run with the settings: rules, keywords
// and packs must be usable together, and so must the ways to tell people.
func (a *app) loadChecked(directory func(*config.Config) string) (*config.Config, error) {
	cfg, err := a.loadConfigFor(directory)
	if err == nil {
		err = checkToRun(cfg)
	}
	if err != nil {
		return nil, err
	}
	return cfg, nil
}

// checkToRun says why no server could run with settings that were read well.
func checkToRun(cfg *config.Config) error {
	err := engine.Check(cfg)
	if err == nil {
		return nil
	}
	what := cmp.Or(cfg.Path, "the shipped settings")
	if o := cfg.Overlay(); o.Version != "" {
		what += " with " + o.Path
	}
	return hint(fmt.Errorf("%s cannot be used: %w", what, err), "take back what was added last; a server that runs goes on with the settings it has")
}

// loadConfigFor is loadConfig of who keeps messages where directory says.
func (a *app) loadConfigFor(directory func(*config.Config) string) (*config.Config, error) {
	path, found := config.Find(a.configPath)
	if !found {
		path = ""
	}
	cfg, err := config.LoadFor(path, directory)
	var problems config.Problems // name the file themselves
	if err != nil && a.configPath == "" && os.Getenv(config.EnvPath) != "" && !errors.As(err, &problems) {
		err = fmt.Errorf("%w (the path is that of the environment variable %s)", err, config.EnvPath)
	}
	if errors.Is(err, os.ErrPermission) {
		return nil, hint(err, "the settings may hold secrets, so not everybody may read them: use sudo, or join the group of the file")
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, hint(err, "logboom config init writes one with all settings explained")
	}
	return cfg, err
}
