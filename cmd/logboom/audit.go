package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/state"
)

func newConsoleAuditCommand(a *app) *cobra.Command {
	var w wanted
	var limit int
	var format string
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "List who changed what",
		Long: `Audit lists who acknowledged, muted, noted and tested, in the console, by a token or
in a chat, who signed in, and which passwords and tokens were set. The newest
10,000 lines are kept. It reads the files directly, whether or not the service
runs; what was done with "logboom console" is in it a few seconds later, or when
the service runs again.`,
		Example: `  sudo logboom console audit
  sudo logboom console audit --limit 1000 --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format, "text", "json"); err != nil {
				return err
			}
			if limit < 1 || limit > 10_000 {
				return usage("--limit %d: must be from 1 to 10000", limit)
			}
			var list []state.Change
			err := w.readState(a, func(st *state.State) (err error) {
				list, err = st.Changes(cmd.Context(), 0, limit)
				return err
			})
			if err != nil {
				return err
			}
			return a.printChanges(list, format, w.zone)
		},
	}
	w.directoryFlag(cmd)
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many `lines`, the newest")
	cmd.Flags().StringVar(&format, "format", "text", "how lines are written: text, json")
	return cmd
}

// printChanges writes lines of the audit log, given newest first, oldest first.
func (a *app) printChanges(list []state.Change, format string, zone *time.Location) error {
	if len(list) == 0 {
		fmt.Fprintln(a.stderr, "nobody has changed anything yet")
		return nil
	}
	out := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	rows := newJSON(a.stdout)
	if format == "text" {
		fmt.Fprintln(out, "TIME\tWHO\tFROM\tWHAT")
	}
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		if format == "json" {
			if err := rows.Encode(console.Change{ID: c.ID, At: c.At, Who: c.Who, Address: c.Address, Action: c.Action, Detail: c.Detail}); err != nil {
				return err
			}
			continue
		}
		what := c.Action
		if c.Detail != "" {
			what += ": " + c.Detail
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", time.UnixMicro(c.At).In(zone).Format(time.DateTime), visible(c.Who), visible(c.Address), visible(what))
	}
	return out.Flush()
}
