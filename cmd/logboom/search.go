package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// Rows of one page of a search, and the most that a search collects.
const (
	searchPage = 1000
	searchMost = 100_000
)

func newSearchCommand(a *app) *cobra.Command {
	var w wanted
	var format string
	var limit int
	var raw bool
	cmd := &cobra.Command{
		Use:   "search [QUERY]",
		Short: "Find stored messages",
		Long: `Search prints the newest messages that match, newest last.

It reads the files of the days directly, whether or not the service runs.
A query is words that must all occur, in any case; "phrases in quotes"; -word
for what must not occur; OR; brackets; /regular expressions/; and fields:
device: name: site: app: host: facility: port: severity:err (exactly), and
severity:err+ (that and worse).

Characters that would do something to the terminal are shown as \x1b: in text
always, in CSV on a terminal, and in JSON as \u001b, which means the same.`,
		Example: `  logboom search deregister
  logboom search '"link down" -administratively' --from -1h
  logboom search onu -dhcp --from today
  logboom search severity:err+ --device 10.0.0.1 --from yesterday --to today
  logboom search '/ONU \d+ lost/' --format json --limit 5000 | jq .message`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, console.Formats...); err != nil {
				return err
			}
			if limit < 1 || limit > searchMost {
				return hint(usage("--limit %d: must be from 1 to %d", limit, searchMost), "logboom export writes everything")
			}
			archive, err := w.open(a)
			if err != nil {
				return err
			}
			s, err := w.search(args)
			if err != nil {
				return errors.Join(err, archive.Close())
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			records, notes, more, err := newest(ctx, archive, s, limit)
			for _, note := range notes {
				fmt.Fprintf(a.stderr, "logboom: %s\n", visible(note))
			}
			if err == nil {
				err = a.print(records, console.RowOptions{Format: format, Location: w.zone, Directory: w.names, Raw: raw, Color: colorful(a.stdout), Terminal: isTerminal(a.stdout)})
			}
			switch {
			case err != nil:
			case w.denied != nil:
				err = w.denied
			case len(records) == 0 && len(notes) > 0:
				fmt.Fprintf(a.stderr, "no message matches in what was read%s\n", w.span(&s))
			case len(records) == 0:
				fmt.Fprintf(a.stderr, "no message matches%s\n", w.span(&s))
			case more && isTerminal(a.stdout):
				fmt.Fprintf(a.stderr, "the newest %d; --limit shows more\n", len(records))
			}
			return errors.Join(err, archive.Close())
		},
	}
	w.flags(cmd)
	formatFlag(cmd, &format, "text")
	cmd.Flags().IntVar(&limit, "limit", 100, "at most this many `messages`, the newest")
	cmd.Flags().BoolVar(&raw, "raw", false, "write control characters as they came (they may change your terminal)")
	return cmd
}

// newest collects the newest messages, oldest first.
func newest(ctx context.Context, archive *store.Archive, s store.Search, limit int) (records []syslog.Record, notes []string, more bool, err error) {
	var pages [][]syslog.Record
	n := 0
	for more = true; more && n < limit; {
		s.Limit = min(searchPage, limit-n)
		r, err := archive.Search(ctx, s)
		if err != nil {
			return nil, notes, false, err
		}
		for _, note := range r.Notes {
			if !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
		}
		pages = append(pages, r.Records)
		n += len(r.Records)
		if more = r.More; more && r.Reached == s.Before {
			break // it came no further than the last time
		}
		s.Before = r.Reached
	}
	for _, p := range slices.Backward(pages) {
		records = append(records, p...)
	}
	return records, notes, more, nil
}

// print writes records to stdout.
func (a *app) print(records []syslog.Record, o console.RowOptions) error {
	out := bufio.NewWriter(a.stdout)
	rows, err := console.NewRowWriter(out, o)
	if err != nil {
		return err
	}
	for i := range records {
		if err := rows.Write(&records[i]); err != nil {
			return err
		}
	}
	return out.Flush()
}
