package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func newAlertsPacksCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "packs",
		Short: "List whose equipment Logboom understands, and how well",
		Long: `Packs lists the packs of vendors, whether the settings use them, and how much of
what the equipment says they know: "full" where its lines are known, "partly"
where some are, "words" where only plain words can be looked for.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			for _, p := range cfg.VendorPacks() {
				use := "off"
				if p.On {
					use = "on"
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%d rules\t%s\n", p.Name, use, p.Coverage, p.Rules, cell(p.Title))
			}
			return t.Flush()
		},
	}
}
