package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// countTime is how long counting messages may take when the time of a rehearsal
// is up.
const countTime = 2 * time.Second

// consoleNotices is how many notices of a rehearsal the console is given.
const consoleNotices = 200

// A Rehearsal says what is rehearsed.
type Rehearsal struct {
	Rule     string // this one alone, of the rules, packs and keywords; "" = everything
	From, To int64  // µs since 1970 UTC, from From to before To; 0 = from the beginning, up to now
	Notices  int    // the newest that are returned; 0 = none

	Progress func(store.Progress) // may be nil
}

// A NoRuleError reports that a rule which is to be rehearsed is not there.
type NoRuleError struct {
	Name string
	Near string // what may have been meant; "" = nothing
}

func (e *NoRuleError) Error() string {
	return fmt.Sprintf("there is no rule, pack rule or keyword %q", e.Name)
}

// Hint says what to do.
func (e *NoRuleError) Hint() string {
	if e.Near != "" {
		return fmt.Sprintf("did you mean %q?", e.Near)
	}
	return "names are those of [[alerts.rule]] and those that alerts are shown under; without a name, all rules are rehearsed"
}

// Rehearse finds out what the rules of cfg would have sent for the messages in
// an archive. It changes nothing. If the time of ctx is up, what was found out
// until then is returned, and says so. The error is a [*NoRuleError], that of
// the cancelled ctx, or says what could not be read.
func Rehearse(ctx context.Context, cfg *config.Config, archive *store.Archive, o Rehearsal) (*alert.Rehearsed, error) {
	cfg, set, only, err := toRehearse(cfg, o.Rule)
	if err != nil {
		return nil, err
	}
	now := time.Now().UnixMicro()
	if o.To == 0 || o.To > now {
		o.To = now
	}
	s := store.Search{From: o.From, To: o.To, Query: cfg.Wanted(), Directory: cfg.Directory()}
	h := alert.NewRehearsal(set, alert.RehearsalOptions{Only: only, Location: cfg.Location(), Notices: o.Notices, Counted: s.Query != nil})
	reached := o.From
	s.Progress = func(p store.Progress) {
		reached = max(reached, startOf(p.Day, cfg.Location()))
		if o.Progress != nil {
			o.Progress(p)
		}
	}
	var notes []string
	stopped := false
	err = archive.Replay(ctx, s, func(r *syslog.Record) error {
		h.Observe(r)
		return nil
	})
	var damage *store.DamageError
	switch {
	case err == nil:
	case errors.As(err, &damage):
		notes = damage.Notes
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		stopped, o.To = true, max(reached, h.Last())
		if errors.Is(err, store.ErrNoPlace) {
			notes = []string{"another rehearsal was running all the time, and this one did not begin; try again"}
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), countTime)
		defer cancel()
	case ctx.Err() != nil:
		return nil, ctx.Err()
	default:
		return nil, fmt.Errorf("reading the messages: %w", err)
	}
	if s.Query != nil {
		if err := count(ctx, archive, o, h); err != nil {
			return nil, fmt.Errorf("counting the messages: %w", err)
		}
	}
	r := h.End(o.From, o.To)
	r.Stopped = stopped
	r.Notes = append(r.Notes, notes...)
	return r, nil
}

// startOf returns when a day, YYYYMMDD, begins, in µs since 1970 UTC.
func startOf(day int, zone *time.Location) int64 {
	return time.Date(day/10_000, time.Month(day/100%100), day%100, 0, 0, 0, 0, zone).UnixMicro()
}

// count tells h how many messages there are in the time of o: of whole days as
// their files say it, of others as the ids of the first and the last say it.
func count(ctx context.Context, archive *store.Archive, o Rehearsal, h *alert.Rehearsal) error {
	days, err := archive.Days()
	if err != nil {
		return err
	}
	for _, d := range days {
		if d.From >= o.To || o.From != 0 && d.To <= o.From {
			continue
		}
		sum, err := archive.Stats(ctx, d.Day)
		if err != nil {
			return err
		}
		n := sum.Messages
		if sum.First < o.From || sum.Last >= o.To {
			var ids [2]int64
			for i, s := range []store.Search{
				{After: syslog.Position{Day: d.Day}, From: o.From, To: o.To, Limit: 1},
				{Before: syslog.Position{Day: d.Day + 1}, From: o.From, To: o.To, Limit: 1},
			} {
				r, err := archive.Search(ctx, s)
				if err != nil {
					return err
				}
				if len(r.Records) > 0 && r.Records[0].Day == d.Day {
					ids[i] = r.Records[0].ID
				}
			}
			if n = 0; ids[0] > 0 && ids[1] >= ids[0] {
				n = min(sum.Messages, ids[1]-ids[0]+1)
			}
		}
		h.Count(d.Day, n)
	}
	return nil
}

// toRehearse returns what is watched for to rehearse one rule of cfg, "" = all,
// and the settings for it. What only names is what alone counts of it: which of
// the word rules a message belongs to depends on all of them.
func toRehearse(cfg *config.Config, rule string) (_ *config.Config, set *alert.Set, only string, err error) {
	if one, ok := cfg.WithRule(rule); ok {
		cfg = one
	} else {
		only = rule
	}
	if set, err = alertSet(cfg, cfg.Directory(), nil); err != nil || only == "" {
		return cfg, set, only, err
	}
	var names []string
	for _, w := range set.Watches() {
		if w.Name == only {
			return cfg, set, only, nil
		}
		names = append(names, w.Name)
	}
	return nil, nil, "", &NoRuleError{only, config.Nearest(only, names)}
}

// alertSet makes of the settings what is watched for. called names devices that
// have no name in the directory; nil = none.
func alertSet(cfg *config.Config, directory *config.Directory, called func(netip.Addr) string) (*alert.Set, error) {
	rules, err := cfg.Rules()
	if err != nil {
		return nil, err
	}
	vendors, err := cfg.Vendors()
	if err != nil {
		return nil, fmt.Errorf("setting up the alerts: %w", err)
	}
	set, err := alert.NewSet(alert.Options{
		Keywords: cfg.Alerts.Keywords, Packs: cfg.Alerts.Packs, Rules: rules, Vendors: vendors,
		Cooldown: cfg.Alerts.Cooldown, Directory: directory, Location: cfg.Location(), NoSilence: !cfg.Alerts.Silence, Called: called,
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the alerts: %w", err)
	}
	return set, nil
}

// rehearse is what the console asks for.
func (e *Engine) rehearse(ctx context.Context, want console.Rehearsal) (*alert.Rehearsed, error) {
	cfg := e.config()
	if want.Draft != "" {
		draft, err := cfg.WithDraft("draft", []byte(want.Draft))
		var problems config.Problems
		if errors.As(err, &problems) {
			return nil, &console.Refusal{Message: "the draft cannot be used", Problems: toConsole(problems)}
		} else if err != nil {
			return nil, err
		}
		cfg = draft
	}
	r, err := Rehearse(ctx, cfg, e.store.Archive(), Rehearsal{Rule: want.Rule, From: want.From, To: want.To, Notices: consoleNotices})
	var none *NoRuleError
	if errors.As(err, &none) {
		return nil, &console.Refusal{Message: none.Error(), Hint: none.Hint()}
	}
	return r, err
}
