package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/engine"
	"github.com/logboom/logboom/internal/service"
)

func newConfigCommand(a *app) *cobra.Command {
	check := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say everything that is wrong with the settings",
		Example: `  logboom config check
  logboom config check /tmp/new.toml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.configPath = args[0]
			}
			cfg, err := a.loadChecked(dataDirectory)
			if err != nil {
				return err
			}
			if cfg.Path == "" {
				where, _ := config.Find("")
				fmt.Fprintf(a.stdout, "no file at %s: the shipped settings are used, and they are fine\n", where)
				if o := cfg.Overlay(); o.Version != "" {
					fmt.Fprintf(a.stdout, "%s, which is laid over them, is fine\n", o.Path)
				}
				return nil
			}
			fmt.Fprintf(a.stdout, "%s. Addresses to listen on: %d. Devices it names: %d. Rules of its own: %d\n",
				fine(cfg), len(cfg.Listen.UDP)+len(cfg.Listen.TCP)+len(cfg.Listen.TLS), len(cfg.Devices), len(cfg.Alerts.Rule))
			for _, w := range slices.Concat(cfg.Exposed(), cfg.Proxied(), cfg.Ignored(), cfg.Expiring(time.Now()), engine.Unreached(cfg)) {
				fmt.Fprintf(a.stderr, "logboom: warning: %s\n  hint: %s\n", visible(w.Fact), visible(w.Hint))
			}
			return nil
		},
	}
	show := &cobra.Command{
		Use:   "show",
		Short: "Print the settings in force, secrets left out",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			return cfg.Show(a.stdout)
		},
	}
	var output, answers string
	initialize := &cobra.Command{
		Use:   "init",
		Short: "Write a settings file with every key explained",
		Example: `  sudo logboom config init
  logboom config init --output ./config.toml
  logboom config init --with answers.toml      a few settings, the rest as shipped`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			path := cmp.Or(output, a.configPath, os.Getenv(config.EnvPath))
			if path == "" {
				path = filepath.Join(config.SystemDirectory(), config.FileName)
			}
			text := logboom.ConfigTOML
			if answers != "" {
				given, err := os.ReadFile(answers)
				if err == nil {
					text, err = config.Fill(text, answers, given)
				}
				if err != nil {
					return err
				}
			}
			var err error
			if filepath.Dir(path) == config.SystemDirectory() { // a token will be in it
				err = service.SettingsFolder(serviceName, config.SystemDirectory())
			}
			if err == nil {
				err = config.Init(path, text)
			}
			switch {
			case errors.Is(err, os.ErrExist):
				return hint(fmt.Errorf("%s is there already, and is left as it is", path), "logboom config init --output another.toml writes a fresh one to compare with")
			case errors.Is(err, os.ErrPermission):
				return hint(err, "use sudo, or write it elsewhere with --output")
			case err != nil:
				return err
			}
			check := "logboom config check"
			if used, _ := config.Find(""); used != path { // it would look at another one
				check += " " + shellWord(path)
			}
			fmt.Fprintf(a.stdout, "wrote %s; edit it, then: %s\n", path, check)
			return nil
		},
	}
	initialize.Flags().StringVarP(&output, "output", "o", "", "write this `file` (default: --config, else $"+config.EnvPath+", else the system's place)")
	initialize.Flags().StringVar(&answers, "with", "", "fill in the settings of this `file`")
	return group(&cobra.Command{Use: "config", Short: "Check, show or begin the settings"}, check, show, initialize)
}

// fine says which files were read and can be used.
func fine(cfg *config.Config) string {
	if o := cfg.Overlay(); o.Version != "" {
		return fmt.Sprintf("%s is fine, and so is %s, which is laid over it", cfg.Path, o.Path)
	}
	return cfg.Path + " is fine"
}

// shellWord returns s as one word of a command line.
func shellWord(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n'\"\\$`&|;<>()*?[]{}~#!") {
		return s
	}
	if runtime.GOOS == "windows" {
		return `"` + s + `"` // no name holds a quote
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
