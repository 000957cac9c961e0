package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/engine"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

func newAlertsRehearseCommand(a *app) *cobra.Command {
	var w wanted
	var rule, file, since, format string
	var limit int
	cmd := &cobra.Command{
		Use:   "rehearse",
		Short: "Show what rules would have sent for the messages of the past days",
		Long: `Rehearse runs the alert rules over stored messages and says what would have
been sent, and when: how many notices each day, which devices, rules and texts
are the noisiest (numbers in texts are shown as #), and the newest notices.

It reads the files of the days directly, whether or not the service runs, sends
nothing and changes nothing. Without --rule and --file, everything is rehearsed
as it is configured. A draft is a file with [alerts] and [[alerts.rule]] alone:
what is not in it is not looked for.

The rehearsal begins without a memory: what was muted, or told before its first
message, is not taken into account. Alerts call people; what is added to
them, and that they are over, are notices that change what was sent. Of a storm
of alerts, some would be sent together, as a digest.`,
		Example: `  logboom alerts rehearse --since 7d
  logboom alerts rehearse --rule "Uplink errors" --since 30d
  logboom alerts rehearse --file draft.toml --since yesterday --limit 1000
  logboom alerts rehearse --since 24h --format json | jq '.rules[0]'
  logboom alerts rehearse --since 7d --format csv > would-be.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := checkFormat(format, console.Formats...); err != nil {
				return err
			}
			if limit < 0 || limit > searchMost {
				return usage("--limit %d: must be from 0 to %d", limit, searchMost)
			}
			if rule != "" && file != "" {
				return hint(usage("either --rule or --file, not both"), "a draft is rehearsed as a whole")
			}
			cfg, err := a.rehearsed(file)
			if err != nil {
				return err
			}
			archive, err := w.open(a)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, archive.Close()) }()
			o := engine.Rehearsal{Rule: rule, Notices: limit}
			if o.From, o.To, err = w.time(since); err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			r, took, err := a.rehearse(ctx, cfg, archive, o)
			if err != nil {
				return err
			}
			for _, note := range r.Notes {
				fmt.Fprintf(a.stderr, "logboom: %s\n", visible(note))
			}
			if err := a.printRehearsed(r, format, &w); err != nil {
				return err
			}
			if isTerminal(a.stderr) {
				fmt.Fprintf(a.stderr, "%s messages in %.1f s\n", thousands(r.Messages), took.Seconds())
			}
			return w.denied
		},
	}
	f := cmd.Flags()
	f.StringVar(&rule, "rule", "", "only this `name`: of a rule, a pack's rule or a keyword")
	f.StringVar(&file, "file", "", "the rules of this draft `file` instead of those configured")
	f.StringVar(&since, "since", "7d", "messages received since this `time`: 12h, 7d, 2w, yesterday, 2026-11-22, or RFC 3339")
	f.StringVar(&w.to, "to", "", "received before this `time` (default: now)")
	f.IntVar(&limit, "limit", 50, "at most this many `notices`, the newest; all are counted")
	w.directoryFlag(cmd)
	formatFlag(cmd, &format, "text")
	return cmd
}

// rehearsed returns the settings, with the alerts of a draft if file is not "".
func (a *app) rehearsed(file string) (*config.Config, error) {
	cfg, err := a.loadConfig()
	if err != nil || file == "" {
		return cfg, err
	}
	draft, err := cfg.ReadDraft(file)
	var problems config.Problems
	if errors.Is(err, os.ErrNotExist) {
		err = hint(err, "a draft is a file with [[alerts.rule]], as in docs/alerts.md")
	}
	if err != nil && !errors.As(err, &problems) {
		return nil, err
	}
	return draft, err
}

// time reads since and --to.
func (w *wanted) time(since string) (from, to int64, err error) {
	now := time.Now()
	if from, err = console.ParseSince(since, now, w.zone); err != nil {
		return 0, 0, usage("--since: %w", err)
	}
	if to, err = console.ParseTime(w.to, now, w.zone); err != nil {
		return 0, 0, usage("--to: %w", err)
	}
	if to != 0 && from >= to {
		return 0, 0, usage("--since %s is not before --to %s", since, w.to)
	}
	return from, to, nil
}

// rehearse runs a rehearsal, with a bar on a terminal.
func (a *app) rehearse(ctx context.Context, cfg *config.Config, archive *store.Archive, o engine.Rehearsal) (*alert.Rehearsed, time.Duration, error) {
	var bar *progressbar.ProgressBar
	if isTerminal(a.stderr) {
		bar = progress(a.stderr)
		o.Progress = func(p store.Progress) {
			bar.ChangeMax64(max(p.Size, 1))
			bar.Describe(fmt.Sprintf("%d of %d days", p.DaysDone, p.Days))
			_ = bar.Set64(p.BytesDone) // a bar that cannot be drawn stops no rehearsal
		}
	}
	began := time.Now()
	r, err := engine.Rehearse(ctx, cfg, archive, o)
	took := time.Since(began)
	if bar != nil {
		_ = bar.Clear()
	}
	var none *engine.NoRuleError
	switch {
	case errors.As(err, &none):
		return nil, took, hint(usage("--rule: %w", err), "%s", none.Hint())
	case errors.Is(err, context.Canceled):
		return nil, took, errors.New("interrupted")
	}
	return r, took, err
}

func (a *app) printRehearsed(r *alert.Rehearsed, format string, w *wanted) error {
	switch format {
	case "json":
		return newJSON(a.stdout).Encode(r)
	case "csv":
		names := []string{"sent_at", "at", "kind", "rule", "device", "device_name", "object", "site", "severity", "count", "message_id", "text"}
		return a.csv(names, len(r.Newest), func(i int) []string {
			n := &r.Newest[i]
			return []string{
				w.stamp(n.SentAt), w.stamp(n.At), string(n.Kind), n.Rule, n.Device, n.DeviceName, n.Object, n.Site, syslog.SeverityName(n.Severity),
				strconv.Itoa(n.Count), n.Message, n.Text,
			}
		})
	}
	return writeRehearsed(a.stdout, r, w)
}

// writeRehearsed writes tables for people: the sum, the days, the noisiest, the
// notices.
func writeRehearsed(out io.Writer, r *alert.Rehearsed, w *wanted) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s (%s) for %s of %s messages, %s to %s\n", several(r.Notices, "notice"), several(r.Alerts, "alert"), thousands(r.Told), thousands(r.Messages),
		cmp.Or(short(w.stamp(r.From)), "-"), short(w.stamp(r.To)))
	if len(r.Days) > 0 {
		fmt.Fprintf(t, "\nDAY\tMESSAGES\tNOTICES\tALERTS\tMORE\tOVER\n")
	}
	for i := range r.Days {
		d := &r.Days[i]
		fmt.Fprintf(t, "%04d-%02d-%02d\t%s\t%s\t%s\t%s\t%s\n", d.Day/10_000, d.Day/100%100, d.Day%100, thousands(d.Messages),
			thousands(d.Notices()), thousands(d.Alerts), thousands(d.More), thousands(d.Clears))
	}
	for _, list := range []struct {
		head   string
		causes []alert.Cause
		name   func(*alert.Cause) string
	}{
		{"NOISIEST DEVICES", r.Devices, func(c *alert.Cause) string { return cmp.Or(cell(c.DeviceName), c.Device) }},
		{"NOISIEST RULES", r.Rules, func(c *alert.Cause) string { return cell(c.Rule) }},
		{"NOISIEST TEXTS", r.Texts, func(c *alert.Cause) string { return cell(c.Rule) + ": " + cell(c.Text) }},
	} {
		if len(list.causes) == 0 {
			continue
		}
		fmt.Fprintf(t, "\nNOTICES\tMESSAGES\t%s\n", list.head)
		for i := range list.causes {
			c := &list.causes[i]
			fmt.Fprintf(t, "%s\t%s\t%s\n", thousands(c.Notices), thousands(c.Told), list.name(c))
		}
	}
	if len(r.Newest) > 0 {
		fmt.Fprintf(t, "\nSENT\tWHAT\tDEVICE\tTEXT\n")
	}
	for i := range r.Newest {
		n := &r.Newest[i]
		fmt.Fprintf(t, "%s\t%s%s\t%s\t%s\n", short(w.stamp(n.SentAt)), cell(n.Rule), ofKind(n.Kind, n.Count), strings.TrimSpace(cmp.Or(cell(n.DeviceName), n.Device, "-")+" "+cell(n.Object)), cell(n.Text))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if r.LeftOff > 0 && len(r.Newest) > 0 {
		_, err := fmt.Fprintf(out, "and %s before them; --limit shows more\n", several(r.LeftOff, "notice"))
		return err
	}
	return nil
}

// several returns a number of things: "1 notice", "1,000 notices".
func several(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(n) + " " + thing + "s"
}
