package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/silence"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/store"
)

// A sender is a device as "logboom devices" shows it.
type sender struct {
	Address  string `json:"address"`
	Name     string `json:"name"`
	Site     string `json:"site"`
	Hostname string `json:"hostname"`
	First    string `json:"first_at"`
	Last     string `json:"last_at"`
	Messages int64  `json:"messages"`
	Today    int64  `json:"today"`
	Silent   bool   `json:"silent"`      // it has gone quiet, for longer than QuietFor
	QuietFor int64  `json:"quiet_for_s"` // for how long it may say nothing after its newest message, in s; 0 = as long as it likes
	QuietBy  string `json:"quiet_by"`    // "silent_after" or "habit"; "" = QuietFor is 0

	address     netip.Addr
	first, last int64
}

func newDevicesCommand(a *app) *cobra.Command {
	var w wanted
	var format string
	cmd := &cobra.Command{
		Use:   "devices",
		Short: "List who sends, how much, since when",
		Long: `Devices lists every address that has sent messages, with the name it has in the
settings, the name it gives itself, and how many messages came. SILENT says for
how long one has said nothing that is quiet for longer than it should be. It
reads the files directly, whether or not the service runs.`,
		Example: `  logboom devices
  logboom devices --format json | jq -r 'select(.silent) | .address'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format, console.Formats...); err != nil {
				return err
			}
			archive, err := w.open(a)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			senders, err := w.senders(ctx, archive)
			if len(senders) > 0 || err == nil {
				err = errors.Join(a.printSenders(senders, format), err)
			}
			if len(senders) == 0 && err == nil {
				fmt.Fprintf(a.stderr, "no device has sent anything yet, says %s\n", w.directory)
			}
			return errors.Join(err, archive.Close())
		},
	}
	w.directoryFlag(cmd)
	formatFlag(cmd, &format, "text")
	return cmd
}

// senders joins the inventory of logboom.db with what the day files say.
func (w *wanted) senders(ctx context.Context, archive *store.Archive) ([]*sender, error) {
	found := map[netip.Addr]*sender{}
	at := func(a netip.Addr) *sender {
		s := found[a]
		if s == nil {
			s = &sender{Address: a.String(), address: a}
			s.Name, s.Site = w.names.Device(a)
			found[a] = s
		}
		return s
	}
	known, err := w.inventory(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range known {
		s := at(d.Address)
		s.Hostname, s.first, s.last, s.Messages = d.Hostname, d.FirstAt, d.LastAt, d.Messages
	}
	habits, err := w.habits(ctx)
	if err != nil {
		return nil, err
	}
	days, err := archive.Days()
	if err != nil {
		return nil, err
	}
	today := store.DayOf(time.Now().UnixMicro(), w.zone)
	counted := map[netip.Addr]int64{}
	var damage error
	for _, day := range days {
		devices, err := archive.Devices(ctx, day.Day)
		var damaged *store.DamageError
		if errors.As(err, &damaged) {
			damage = errors.Join(damage, err)
		} else if err != nil {
			return nil, err
		}
		for _, d := range devices {
			if !d.Address.IsValid() {
				continue
			}
			s := at(d.Address)
			if s.first == 0 || d.First < s.first {
				s.first = d.First
			}
			s.last = max(s.last, d.Last)
			counted[d.Address] += d.Messages
			if day.Day == today {
				s.Today += d.Messages
			}
		}
	}
	var out []*sender
	for address, s := range found {
		// The inventory remembers days that are deleted, and is written now and then.
		s.Messages = max(s.Messages, counted[address])
		s.First, s.Last = w.stamp(s.first), w.stamp(s.last)
		s.presence(habits[address], w.names.SilentAfter)
		out = append(out, s)
	}
	slices.SortFunc(out, func(x, y *sender) int { return x.address.Compare(y.address) })
	return out, damage
}

func (w *wanted) inventory(ctx context.Context) ([]state.Device, error) {
	st, err := openState(w.directory)
	if st == nil || err != nil {
		return nil, err
	}
	devices, err := st.Devices(ctx)
	return devices, errors.Join(err, st.Close())
}

// habits returns how often devices speak, as the server has learned it.
func (w *wanted) habits(ctx context.Context) (map[netip.Addr]silence.Habit, error) {
	st, err := openState(w.directory)
	if st == nil || err != nil {
		return nil, err
	}
	list, err := st.Habits(ctx)
	habits := make(map[netip.Addr]silence.Habit, len(list))
	for _, h := range list {
		habits[h.Device] = h
	}
	return habits, errors.Join(err, st.Close())
}

// presence fills in whether s has gone quiet, and for how long it may be.
func (s *sender) presence(h silence.Habit, set func(netip.Addr) (time.Duration, bool)) {
	s.Silent = h.Told && s.last <= h.LastAt
	allowed, ok := set(s.address)
	switch {
	case ok && allowed > 0:
		s.QuietBy = "silent_after"
	case !ok:
		if allowed, ok = h.Allowed(); ok {
			s.QuietBy = "habit"
		}
	}
	s.QuietFor = int64(allowed.Seconds())
}

// silent says for how long s has said nothing, "-" if that is as usual.
func (s *sender) silent(now time.Time) string {
	d := now.Sub(time.UnixMicro(s.last))
	switch {
	case !s.Silent:
		return "-"
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours())/24)
	}
	return fmt.Sprintf("%d:%02d h", int(d.Hours()), int(d.Minutes())%60)
}

func (w *wanted) stamp(micros int64) string {
	if micros == 0 {
		return ""
	}
	return time.UnixMicro(micros).In(w.zone).Format(time.RFC3339)
}

func (a *app) printSenders(senders []*sender, format string) error {
	if format == "json" {
		enc := newJSON(a.stdout)
		for _, s := range senders {
			if err := enc.Encode(s); err != nil {
				return err
			}
		}
		return nil
	}
	if format == "csv" {
		return a.csv([]string{"address", "name", "site", "hostname", "first_at", "last_at", "messages", "today", "silent", "quiet_for_s", "quiet_by"}, len(senders), func(i int) []string {
			s := senders[i]
			return []string{s.Address, s.Name, s.Site, s.Hostname, s.First, s.Last, fmt.Sprint(s.Messages), fmt.Sprint(s.Today), fmt.Sprint(s.Silent), fmt.Sprint(s.QuietFor), s.QuietBy}
		})
	}
	if len(senders) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ADDRESS\tNAME\tCALLS ITSELF\tFIRST\tLAST\tMESSAGES\tTODAY\tSILENT")
	now := time.Now()
	for _, s := range senders {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Address, cmp.Or(cell(s.Name), "-"), cmp.Or(cell(s.Hostname), "-"), short(s.First), short(s.Last), thousands(s.Messages), thousands(s.Today), s.silent(now))
	}
	return t.Flush()
}

// cell returns foreign text for a table.
func cell(s string) string { return strings.ReplaceAll(visible(s), "\t", " ") }

// short returns an RFC 3339 time as "2026-11-22 14:30:05".
func short(stamp string) string {
	if len(stamp) < 19 {
		return "-"
	}
	return stamp[:10] + " " + stamp[11:19]
}
