package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/syslog"
)

func newAlertsCommand(a *app) *cobra.Command {
	return group(&cobra.Command{Use: "alerts", Short: "See what was wrong, what people were told or would be, test the way to them, mute them"},
		newAlertsListCommand(a), newAlertsIncidentsCommand(a), newAlertsShowCommand(a), newAlertsAckCommand(a), newAlertsRehearseCommand(a),
		newAlertsPacksCommand(a), newAlertsTestCommand(a), newAlertsMuteCommand(a))
}

func newAlertsListCommand(a *app) *cobra.Command {
	var w wanted
	var format string
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the newest alerts and whether they were delivered",
		Example: `  logboom alerts list
  logboom alerts list --limit 1000 --format csv > alerts.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format, console.Formats...); err != nil {
				return err
			}
			if limit < 1 {
				return usage("--limit %d: must be at least 1", limit)
			}
			alerts, err := w.alerts(cmd.Context(), a, limit)
			if err != nil {
				return err
			}
			if len(alerts) == 0 {
				fmt.Fprintln(a.stderr, "no alert yet")
			}
			return a.printAlerts(alerts, format, &w)
		},
	}
	w.directoryFlag(cmd)
	formatFlag(cmd, &format, "text")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most this many `alerts`, the newest")
	return cmd
}

// alerts returns the newest alerts, oldest first.
func (w *wanted) alerts(ctx context.Context, a *app, limit int) (list []state.Alert, err error) {
	err = w.readState(a, func(st *state.State) error {
		list, err = st.RecentAlerts(ctx, limit)
		return err
	})
	slices.Reverse(list)
	return list, err
}

func (a *app) printAlerts(alerts []state.Alert, format string, w *wanted) error {
	names := []string{"id", "at", "kind", "rule", "device", "device_name", "site", "severity", "count", "delivery", "message_id", "text"}
	cells := func(n state.Alert) []string {
		return []string{
			fmt.Sprint(n.ID), w.stamp(n.At), string(n.Kind), n.Rule, address(n), n.DeviceName, n.Site, syslog.SeverityName(n.Severity),
			fmt.Sprint(n.Count), n.Delivery(), n.Position.String(), n.Text,
		}
	}
	switch format {
	case "csv":
		return a.csv(names, len(alerts), func(i int) []string { return cells(alerts[i]) })
	case "json":
		enc := newJSON(a.stdout)
		for _, n := range alerts {
			row := map[string]any{}
			for i, c := range cells(n) {
				row[names[i]] = c
			}
			row["id"], row["severity"], row["count"] = n.ID, n.Severity, n.Count
			if err := enc.Encode(row); err != nil {
				return err
			}
		}
		return nil
	}
	return writeAlerts(a.stdout, alerts, w)
}

// writeAlerts writes a line for each alert and, where one was not delivered,
// the reason below it, unless it is that of the one before.
func writeAlerts(out io.Writer, alerts []state.Alert, w *wanted) error {
	var table bytes.Buffer
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	reasons := make([]string, len(alerts))
	for i, n := range alerts {
		var delivery string
		delivery, reasons[i], _ = strings.Cut(cell(n.Delivery()), ": ")
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", short(w.stamp(n.At)), cell(whatOf(n))+kindSuffix(n), cmp.Or(cell(n.DeviceName), address(n)), delivery, cell(n.Text))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	last := ""
	for i, reason := range reasons {
		line, err := table.ReadString('\n')
		if err != nil {
			return err
		}
		if reason != "" && reason != last {
			line += "    -> " + reason + "\n"
		}
		last = reasons[i]
		if _, err := io.WriteString(out, line); err != nil {
			return err
		}
	}
	return nil
}

// whatOf says what an alert is about, without where.
func whatOf(n state.Alert) string {
	if n.Incident != nil {
		return n.Incident.What()
	}
	return n.Rule
}

// kindSuffix says what a notice is, if it is not an alert itself.
func kindSuffix(n state.Alert) string { return ofKind(n.Kind, n.Count) }

// ofKind says what a notice of a kind, which stands for so many messages, is if
// it is not an alert itself.
func ofKind(kind alert.Kind, count int) string {
	switch kind {
	case alert.KindMore:
		return fmt.Sprintf(": %d more", count)
	case alert.KindClear:
		return " is over"
	}
	return ""
}

func address(n state.Alert) string { return addressOf(n.Device) }

// addressOf returns the address of a device; "-" for none, or several.
func addressOf(a netip.Addr) string {
	if !a.IsValid() {
		return "-"
	}
	return a.String()
}

// ifSlow calls say if done is not called for so long. When done returns, say is
// not running.
func ifSlow(after time.Duration, say func()) (done func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() { // ends with done
		defer close(ended)
		timer := time.NewTimer(after)
		defer timer.Stop()
		select {
		case <-over:
		case <-timer.C:
			say()
		}
	}()
	return func() { close(over); <-ended }
}
