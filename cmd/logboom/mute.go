package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/notify"
)

// muteTime is how long the server may take to answer.
const muteTime = 10 * time.Second

func newAlertsMuteCommand(a *app) *cobra.Command {
	var off bool
	var address string
	cmd := &cobra.Command{
		Use:   "mute DURATION",
		Short: "Tell nobody of alerts for a while; they are kept and told afterwards",
		Long: `Mute keeps alerts back for a minute to a day, for planned work on the network.
They are listed as always, and what has waited is told when the mute ends, by
itself or with --off. It outlives a restart of the server. Trouble of Logboom
itself, such as lost messages or a full disk, is told all the same.

It asks the running server through its console, so the service must run.`,
		Example: `  logboom alerts mute 1h
  logboom alerts mute 1h30m
  logboom alerts mute --off`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			minutes, err := muteMinutes(args, off)
			if err != nil {
				return err
			}
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			if address, err = consoleAddress(address, cfg, "alerts are muted through it"); err != nil {
				return err
			}
			until, err := mute(cmd.Context(), address, minutes)
			if err != nil {
				return err
			}
			if until.IsZero() {
				fmt.Fprintln(a.stdout, "alerts are told again")
				return nil
			}
			fmt.Fprintf(a.stdout, "alerts are muted until %s; they are kept and told then\n", until.In(cfg.Location()).Format("2006-01-02 15:04"))
			return nil
		},
	}
	cmd.Flags().BoolVar(&off, "off", false, "end the mute now")
	cmd.Flags().StringVar(&address, "console", "", "`host:port` of the console (default: console.listen of the settings)")
	return cmd
}

// muteMinutes returns how long is meant, 0 = no longer.
func muteMinutes(args []string, off bool) (int, error) {
	switch {
	case off && len(args) > 0:
		return 0, usage("either %s or --off, not both", args[0])
	case off:
		return 0, nil
	case len(args) == 0:
		return 0, usage(`say for how long, as in "logboom alerts mute 1h", or --off`)
	}
	d, err := time.ParseDuration(args[0])
	if err != nil || d < time.Minute || d > notify.MaxMute || d%time.Minute != 0 {
		return 0, usage("%q: must be from 1m to 24h, in whole minutes, such as 90m or 1h30m", args[0])
	}
	return int(d / time.Minute), nil
}

// mute asks the server and returns until when alerts are muted, the zero time
// if they are not.
func mute(ctx context.Context, console string, minutes int) (time.Time, error) {
	var answer struct {
		MutedUntil int64 `json:"muted_until"`
	}
	if err := askServer(ctx, console, "/api/v1/alerts/mute", fmt.Sprintf(`{"minutes":%d}`, minutes), &answer); err != nil {
		return time.Time{}, err
	}
	if answer.MutedUntil == 0 {
		return time.Time{}, nil
	}
	return time.UnixMicro(answer.MutedUntil), nil
}
