package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/syslog"
)

func newAlertsIncidentsCommand(a *app) *cobra.Command {
	var w wanted
	var format string
	var limit int
	var open bool
	cmd := &cobra.Command{
		Use:   "incidents",
		Short: "List what was wrong, and is: one line for each trouble, not for each message",
		Example: `  logboom alerts incidents --open
  logboom alerts incidents --limit 1000 --format csv > incidents.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format, console.Formats...); err != nil {
				return err
			}
			if limit < 1 {
				return usage("--limit %d: must be at least 1", limit)
			}
			if open && !cmd.Flags().Changed("limit") {
				limit = 100_000 // whoever asks what is wrong wants all of it
			}
			list, err := w.incidents(cmd.Context(), a, state.IncidentFilter{Open: open, Limit: limit + 1})
			if err != nil {
				return err
			}
			if len(list) > limit {
				list = list[1:]
				fmt.Fprintf(a.stderr, "there are older ones; --limit shows more than %d\n", limit)
			}
			if len(list) == 0 {
				fmt.Fprintln(a.stderr, "no incident"+map[bool]string{true: " is open", false: " yet"}[open])
			}
			return a.printIncidents(list, format, &w)
		},
	}
	w.directoryFlag(cmd)
	formatFlag(cmd, &format, "text")
	cmd.Flags().BoolVar(&open, "open", false, "only those that are not over")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most this many `incidents`, the newest; with --open all, if not given")
	return cmd
}

// incidents returns incidents, oldest first.
func (w *wanted) incidents(ctx context.Context, a *app, f state.IncidentFilter) (list []state.Incident, err error) {
	err = w.readState(a, func(st *state.State) error {
		list, err = st.Incidents(ctx, f)
		return err
	})
	slices.Reverse(list)
	return list, err
}

func (a *app) printIncidents(list []state.Incident, format string, w *wanted) error {
	names := []string{"id", "state", "opened_at", "updated_at", "cleared_at", "what", "rule", "device", "device_name", "site", "object", "severity", "cause", "count", "flaps", "total", "down", "acked_by", "text"}
	cells := func(i *state.Incident) []string {
		cleared := ""
		if i.ClearedAt != 0 {
			cleared = w.stamp(i.ClearedAt)
		}
		return []string{
			fmt.Sprint(i.ID), string(i.State), w.stamp(i.OpenedAt), w.stamp(i.UpdatedAt), cleared, i.What(), i.Rule, addressOf(i.Device), i.DeviceName, i.Site, i.Object,
			syslog.SeverityName(i.Severity), i.Cause, fmt.Sprint(i.Count), fmt.Sprint(i.Flaps), fmt.Sprint(i.Total), fmt.Sprint(i.Down), i.AckedBy, i.Text,
		}
	}
	switch format {
	case "csv":
		return a.csv(names, len(list), func(i int) []string { return cells(&list[i]) })
	case "json":
		enc := newJSON(a.stdout)
		for i := range list {
			if err := enc.Encode(&list[i]); err != nil {
				return err
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for i := range list {
		n := &list[i]
		how := string(n.State)
		if n.AckedBy != "" && !n.Over() {
			how = "taken on by " + n.AckedBy
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", n.ID, short(w.stamp(n.OpenedAt)), cell(how), cmp.Or(cell(n.DeviceName), addressOf(n.Device)), cell(n.What()))
	}
	return t.Flush()
}

func newAlertsShowCommand(a *app) *cobra.Command {
	var w wanted
	cmd := &cobra.Command{
		Use:     "show ID",
		Short:   "Show one incident: cause, list of ONUs, what was done",
		Example: "  logboom alerts show 17",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := incidentID(args[0])
			if err != nil {
				return err
			}
			list, err := w.incidents(cmd.Context(), a, state.IncidentFilter{Before: id + 1, Limit: 1})
			if err != nil {
				return err
			}
			if len(list) == 0 || list[0].ID != id {
				return hint(fmt.Errorf("incident %d: there is no such incident", id), `"logboom alerts incidents" lists them`)
			}
			return a.showIncident(&list[0], &w)
		},
	}
	w.directoryFlag(cmd)
	return cmd
}

func (a *app) showIncident(i *state.Incident, w *wanted) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "incident %d: %s\n", i.ID, cell(i.What()))
	where := addressOf(i.Device)
	if i.DeviceName != "" {
		where = cell(i.DeviceName) + " (" + where + ")"
	}
	if i.Site != "" {
		where += ", " + cell(i.Site)
	}
	fmt.Fprintf(&b, "  device    %s\n  state     %s, %s\n  opened    %s\n", where, i.State, syslog.SeverityName(i.Severity), w.stamp(i.OpenedAt))
	if i.ClearedAt != 0 {
		fmt.Fprintf(&b, "  ended     %s\n", w.stamp(i.ClearedAt))
	}
	for _, fact := range i.Facts() {
		fmt.Fprintf(&b, "  %s\n", cell(fact))
	}
	if i.AckedAt != 0 {
		fmt.Fprintf(&b, "  taken on  by %s at %s\n", cmp.Or(cell(i.AckedBy), "somebody"), w.stamp(i.AckedAt))
	}
	if i.MutedUntil != 0 {
		fmt.Fprintf(&b, "  muted     until %s\n", w.stamp(i.MutedUntil))
	}
	if i.Note != "" {
		fmt.Fprintf(&b, "  note      %s\n", cell(i.Note))
	}
	fmt.Fprintf(&b, "  newest    %s\n", cell(i.Text))
	if i.Last.ID != 0 {
		fmt.Fprintf(&b, "  messages  logboom search 'device:%s' --from '%s' --to '%s'\n", i.Device, w.stamp(i.OpenedAt-1e6), w.stamp(i.UpdatedAt+1e6))
	}
	_, err := a.stdout.Write(b.Bytes())
	return err
}

func newAlertsAckCommand(a *app) *cobra.Command {
	var by, address string
	var undo bool
	cmd := &cobra.Command{
		Use:   "ack ID",
		Short: "Say that you take an incident on",
		Long: `Ack says who takes an incident on, so that the others need not. It asks the
running server through its console, so the service must run.`,
		Example: `  logboom alerts ack 17
  logboom alerts ack 17 --by Ann
  logboom alerts ack 17 --undo`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := incidentID(args[0])
			if err != nil {
				return err
			}
			if by == "" {
				by = whoAmI()
			}
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			if address, err = consoleAddress(address, cfg, "incidents are taken on through it"); err != nil {
				return err
			}
			body, err := json.Marshal(map[string]any{"ack": !undo, "by": by})
			if err != nil {
				return err
			}
			var i struct {
				What string `json:"what"`
			}
			if err := askServer(cmd.Context(), address, fmt.Sprintf("/api/v1/incidents/%d/ack", id), string(body), &i); err != nil {
				return err
			}
			if undo {
				fmt.Fprintf(a.stdout, "incident %d (%s) waits for somebody\n", id, cell(i.What))
			} else {
				fmt.Fprintf(a.stdout, "incident %d (%s) is taken on by %s\n", id, cell(i.What), cell(by))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "`name` of who takes it on (default: the user of this session)")
	cmd.Flags().BoolVar(&undo, "undo", false, "give it back")
	cmd.Flags().StringVar(&address, "console", "", "`host:port` of the console (default: console.listen of the settings)")
	return cmd
}

func incidentID(text string) (int64, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64)
	if err != nil || id < 1 {
		return 0, usage(`%q is not the number of an incident; "logboom alerts incidents" lists them`, text)
	}
	return id, nil
}

// whoAmI returns the name of the user, as well as it can be told.
func whoAmI() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "somebody"
}

// askServer sends a JSON body to the console and reads its answer.
func askServer(ctx context.Context, console, path, body string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, muteTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+console+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	authorize(r)
	// Not through a proxy: the server is on this machine.
	client := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{}).DialContext, DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return hint(fmt.Errorf("asking the server: %w", cause(err)), "does it run? logboom service status, or start it with logboom run")
	}
	defer resp.Body.Close()
	if err := refused(resp); err != nil {
		return err
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(answer); err != nil {
		return fmt.Errorf("reading the answer of the server: %w", err)
	}
	return nil
}
