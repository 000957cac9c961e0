package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/notify"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/store"
)

// How much an answer in a chat tells.
const (
	deskIncidents = 15
	deskDevices   = 30
	deskLines     = 10
	deskLine      = 300 // bytes of a message
)

// desk answers what people ask in a chat.
type desk struct{ e *Engine }

var (
	_ notify.Desk    = desk{}
	_ notify.Book    = book{}
	_ notify.Offsets = offsets{}
)

// offsets are the state's, which is opened after the notifiers are made.
type offsets struct{ e *Engine }

func (o offsets) Offset(ctx context.Context, bot string) (int64, error) {
	return o.e.state.Offset(ctx, bot)
}

func (o offsets) SetOffset(ctx context.Context, bot string, next int64) error {
	return o.e.state.SetOffset(ctx, bot, next)
}

func (d desk) Status(ctx context.Context) (string, error) {
	s := d.e.status(ctx)
	var b strings.Builder
	fmt.Fprintf(&b, "Logboom %s: %s\n", s.Version, s.Health.State)
	for _, p := range s.Health.Problems {
		fmt.Fprintf(&b, "⚠ %s: %s\n", p.What, p.Fact)
	}
	fmt.Fprintf(&b, "%.0f messages/s; today %d stored, %d lost\n", s.Rate.Received, s.Ledger.Stored, s.Ledger.Dropped)
	fmt.Fprintf(&b, "%s; %d alerts today, %d wait to be told\n", counted(s.Incidents, "incident open", "incidents open"), s.Alerts.Today, s.Alerts.Waiting)
	fmt.Fprintf(&b, "%s send, %s kept, %d MB, %d MB free\n", counted(s.Devices, "device", "devices"), counted(s.Store.Days, "day", "days"), s.Store.Bytes>>20, max(s.Store.Free, 0)>>20)
	if s.Alerts.MutedUntil != 0 {
		fmt.Fprintf(&b, "Alerts are muted until %s\n", d.e.clock(s.Alerts.MutedUntil))
	}
	fmt.Fprintf(&b, "running since %s", d.e.clock(s.StartedAt))
	return b.String(), nil
}

// whereOf returns the device of an incident, or the site of one of several.
func whereOf(n *state.Incident) string {
	if n.Device.IsValid() {
		return cmp.Or(n.DeviceName, n.Device.String())
	}
	return cmp.Or(n.Site, "several devices")
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (d desk) Incidents(ctx context.Context) (string, error) {
	list, err := d.e.state.Incidents(ctx, state.IncidentFilter{Open: true, Limit: openIncidents})
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(list, func(a, b state.Incident) int { return cmp.Compare(a.Severity, b.Severity) }) // the worst, then the newest
	if len(list) == 0 {
		return "Nothing is wrong that Logboom knows of.", nil
	}
	var b strings.Builder
	for i := range list[:min(len(list), deskIncidents)] {
		n := &list[i]
		fmt.Fprintf(&b, "#%d %s, %s, since %s", n.ID, n.What(), whereOf(n), d.e.clock(n.OpenedAt))
		if n.AckedAt != 0 {
			fmt.Fprintf(&b, ", acknowledged by %s", n.AckedBy)
		}
		if n.MutedUntil > time.Now().UnixMicro() {
			fmt.Fprintf(&b, ", muted until %s", d.e.clock(n.MutedUntil))
		}
		b.WriteByte('\n')
	}
	if len(list) > deskIncidents {
		fmt.Fprintf(&b, "and %d more; logboom alerts incidents --open has all\n", len(list)-deskIncidents)
	}
	return b.String(), nil
}

func (d desk) Devices(ctx context.Context) (string, error) {
	all, err := d.e.devices(ctx)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "No device has sent a message yet.", nil
	}
	slices.SortFunc(all, func(a, b console.Device) int {
		if a.Silent != b.Silent {
			if a.Silent {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Today, a.Today), cmp.Compare(b.LastAt, a.LastAt))
	})
	var b strings.Builder
	b.WriteString(counted(len(all), "device", "devices") + "\n")
	for _, v := range all[:min(len(all), deskDevices)] {
		name := v.Address
		if n := cmp.Or(v.Name, v.Hostname); n != "" {
			name = fmt.Sprintf("%.40s (%s)", n, v.Address)
		}
		if v.Silent {
			name = "🔇 " + name + " is silent"
		}
		fmt.Fprintf(&b, "%s: %d today, last %s\n", name, v.Today, d.e.clock(v.LastAt))
	}
	if more := len(all) - deskDevices; more > 0 {
		fmt.Fprintf(&b, "and %d more", more)
	}
	return b.String(), nil
}

func (d desk) Tail(ctx context.Context, device string) (string, error) {
	address, name, err := d.find(ctx, device)
	if err != nil {
		return "", err
	}
	if !address.IsValid() {
		return name, nil
	}
	q, err := query.Parse("")
	if err != nil {
		return "", err
	}
	now := time.Now()
	r, err := d.e.store.Archive().Search(ctx, store.Search{
		Query: q, Directory: d.e.directory, Device: address, From: now.AddDate(0, 0, -7).UnixMicro(), To: now.Add(time.Hour).UnixMicro(), Limit: deskLines,
	})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, the last %s of the last 7 days\n", name, counted(len(r.Records), "message", "messages"))
	for _, m := range r.Records { // the newest last, as in a terminal
		text := strings.Join(strings.Fields(string(m.Text())), " ")
		if len(text) > deskLine {
			text = strings.ToValidUTF8(text[:deskLine], "") + "…"
		}
		fmt.Fprintf(&b, "%s %s\n", time.UnixMicro(m.ReceivedAt).In(d.e.config().Location()).Format(time.TimeOnly), text)
	}
	return b.String(), nil
}

// find returns the device of an address, or of a name that people gave it or
// that it gives itself. If there is none, or more than one, the address is zero
// and name says so.
func (d desk) find(ctx context.Context, what string) (address netip.Addr, name string, err error) {
	all, err := d.e.devices(ctx)
	if err != nil {
		return address, "", err
	}
	asked, _ := netip.ParseAddr(what)
	var found, near []string
	for _, v := range all {
		a, err := netip.ParseAddr(v.Address)
		if err != nil {
			continue
		}
		shown := cmp.Or(v.Name, v.Hostname, v.Address)
		switch {
		case asked.IsValid() && a == asked.Unmap(), strings.EqualFold(v.Name, what):
			return a, shown, nil // a device calls itself as it likes: what people say comes first
		case strings.EqualFold(v.Hostname, what):
			address, name = a, shown
			found = append(found, v.Address)
		case strings.Contains(strings.ToLower(v.Name+" "+v.Hostname), strings.ToLower(what)):
			near = append(near, shown)
		}
	}
	const most = 10
	switch {
	case len(found) == 1:
		return address, name, nil
	case len(found) > 1:
		return netip.Addr{}, "Several devices are called so: " + strings.Join(found[:min(len(found), most)], ", "), nil
	case len(near) > 0:
		return netip.Addr{}, fmt.Sprintf("No device is called %q. Did you mean %s?", what, strings.Join(near[:min(len(near), most)], ", ")), nil
	}
	return netip.Addr{}, fmt.Sprintf("No device is called %q; /devices lists them.", what), nil
}

func (d desk) Mute(ctx context.Context, span time.Duration, by string) (time.Time, error) {
	d.e.log.Info("somebody mutes alerts, or ends it, in a chat", "by", by, "for", span)
	until, err := d.e.mute(ctx, span)
	switch {
	case err != nil:
	case until.IsZero():
		d.e.recordChat(ctx, by, "alerts not muted any more", "")
	default:
		d.e.recordChat(ctx, by, "alerts muted", "for "+strconv.Itoa(int(span.Minutes()))+" min")
	}
	return until, err
}

func (d desk) Handle(ctx context.Context, incident int64, h notify.Handling) (notify.Handled, error) {
	do := state.Handling{By: h.By}
	if h.Ack {
		do.Ack = &h.Ack
	}
	if h.Mute != nil {
		var until time.Time
		if *h.Mute > 0 {
			until = time.Now().Add(*h.Mute)
		}
		do.MutedUntil = &until
	}
	i, err := d.e.handle(ctx, incident, do)
	if errors.Is(err, state.ErrNoIncident) {
		return notify.Handled{}, fmt.Errorf("incident %d: %w", incident, notify.ErrNoIncident)
	}
	if err == nil {
		switch detail := fmt.Sprintf("incident %d", incident); {
		case h.Ack:
			d.e.recordChat(ctx, h.By, "incident acknowledged", detail)
		case do.MutedUntil != nil && do.MutedUntil.IsZero():
			d.e.recordChat(ctx, h.By, "incident muted", detail+", not any more")
		case do.MutedUntil != nil:
			d.e.recordChat(ctx, h.By, "incident muted", detail+", until "+do.MutedUntil.UTC().Format(time.RFC3339))
		}
	}
	return handled(i), err
}
