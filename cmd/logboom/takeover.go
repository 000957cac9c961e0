package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/state"
)

// newTakeoverCommand is for the packages: before they stop the version that
// runs, they ask the new one whether it can take its place.
func newTakeoverCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "takeover", Short: "Say whether this version can work with the settings and files that are here",
		Hidden: true, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			if err := state.Usable(filepath.Join(cfg.DataDirectory(), state.FileName)); err != nil {
				return err
			}
			fmt.Fprintln(a.stdout, "this version can take over")
			return nil
		},
	}
}
