package state

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

func incident(id int64, state alert.IncidentState) alert.Incident {
	return alert.Incident{ID: id, Rule: "ONU lost power", Device: netip.MustParseAddr("10.0.0.1"), Object: fmt.Sprintf("PON 0/1 ONU %d", id), State: state, OpenedAt: id * 1e6, UpdatedAt: id * 1e6}
}

func decide(t *testing.T, s *State, d alert.Decisions) {
	t.Helper()
	if err := s.Decide(context.Background(), "alerts", nil, d); err != nil {
		t.Fatal(err)
	}
}

func TestIncidents(t *testing.T) {
	ctx := context.Background()
	s := open(t, filepath.Join(t.TempDir(), FileName))
	decide(t, s, alert.Decisions{Incidents: []alert.Incident{incident(1, alert.IncidentOpen), incident(2, alert.IncidentOpen), incident(3, alert.IncidentCleared)}})
	decide(t, s, alert.Decisions{Incidents: []alert.Incident{incident(2, alert.IncidentCleared)}, Vendors: map[netip.Addr]string{netip.MustParseAddr("10.0.0.1"): "hioso"}})

	ack, note, until := true, "digger", time.UnixMicro(9e6)
	if err := s.Handle(ctx, 1, Handling{Ack: &ack, By: "Ann"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Handle(ctx, 1, Handling{Note: &note, MutedUntil: &until}); err != nil {
		t.Fatal(err)
	}
	i, err := s.Incident(ctx, 1)
	if err != nil || i.AckedBy != "Ann" || i.AckedAt == 0 || i.Note != "digger" || i.MutedUntil != 9e6 || i.Object != "PON 0/1 ONU 1" {
		t.Errorf("incident 1 is %+v, %v", i, err)
	}
	if err := s.Handle(ctx, 9, Handling{Ack: &ack}); !errors.Is(err, ErrNoIncident) {
		t.Errorf("one that is not there: %v", err)
	}
	if _, err := s.Incident(ctx, 9); !errors.Is(err, ErrNoIncident) {
		t.Errorf("one that is not there: %v", err)
	}
	tests := []struct {
		name   string
		filter IncidentFilter
		want   string
	}{
		{"all, newest first", IncidentFilter{}, "[3 2 1]"},
		{"open ones", IncidentFilter{Open: true}, "[1]"},
		{"older ones", IncidentFilter{Before: 3, Limit: 1}, "[2]"},
		{"of a device", IncidentFilter{Device: netip.MustParseAddr("10.0.0.1")}, "[3 2 1]"},
		{"of another", IncidentFilter{Device: netip.MustParseAddr("10.0.0.2")}, "[]"},
	}
	for _, tt := range tests {
		list, err := s.Incidents(ctx, tt.filter)
		ids := []int64{}
		for _, i := range list {
			ids = append(ids, i.ID)
		}
		if got := fmt.Sprint(ids); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	if n, err := s.NewestIncident(ctx); n != 3 || err != nil {
		t.Errorf("the newest is %d, %v", n, err)
	}
	if v, err := s.Vendors(ctx); err != nil || v[netip.MustParseAddr("10.0.0.1")] != "hioso" {
		t.Errorf("vendors are %v, %v", v, err)
	}
	decide(t, s, alert.Decisions{Vendors: map[netip.Addr]string{netip.MustParseAddr("10.0.0.1"): ""}})
	if v, err := s.Vendors(ctx); err != nil || len(v) != 0 {
		t.Errorf("vendors are %v, %v, after the only one was forgotten", v, err)
	}
}

func TestTold(t *testing.T) {
	ctx := context.Background()
	s := open(t, filepath.Join(t.TempDir(), FileName))
	decide(t, s, alert.Decisions{Incidents: []alert.Incident{incident(5, alert.IncidentOpen)}})
	if _, ok, err := s.Told(ctx, "telegram", 5, "-100"); ok || err != nil {
		t.Errorf("told before anything: %v, %v", ok, err)
	}
	for _, m := range []Told{{"17", 1}, {"18", 2}} {
		if err := s.SetTold(ctx, "telegram", 5, "-100", m); err != nil {
			t.Fatal(err)
		}
	}
	if m, ok, err := s.Told(ctx, "telegram", 5, "-100"); !ok || err != nil || m != (Told{"18", 2}) {
		t.Errorf("told %+v, %v, %v", m, ok, err)
	}
	if id, err := s.IncidentTold(ctx, "telegram", "-100", "18"); id != 5 || err != nil {
		t.Errorf("message 18 tells of %d, %v", id, err)
	}
	if id, err := s.IncidentTold(ctx, "telegram", "-100", "99"); id != 0 || err != nil {
		t.Errorf("message 99 tells of %d, %v", id, err)
	}
}

// What is told of one incident while a note of it waits takes the note's place:
// people are told once, of all of it.
func TestNotesOfOneIncidentAreOne(t *testing.T) {
	notice := func(kind alert.Kind, text string, state alert.IncidentState) alert.Notice {
		i := incident(5, state)
		return alert.Notice{Kind: kind, Rule: i.Rule, Device: i.Device, Text: text, Incident: &i, Count: 1}
	}
	tests := []struct {
		name    string
		notices []alert.Notice
		want    string
	}{
		{"an alert that grows is an alert", []alert.Notice{notice(alert.KindAlert, "1", alert.IncidentOpen), notice(alert.KindMore, "2", alert.IncidentOpen)}, "alert 2 open"},
		{"an alert that is over is an alert that is over", []alert.Notice{notice(alert.KindAlert, "1", alert.IncidentOpen), notice(alert.KindClear, "2", alert.IncidentCleared)}, "alert 2 cleared"},
		{"growth and end are the end", []alert.Notice{notice(alert.KindMore, "1", alert.IncidentOpen), notice(alert.KindClear, "2", alert.IncidentCleared)}, "clear 2 cleared"},
		{"an end and a new alarm are an alarm", []alert.Notice{notice(alert.KindClear, "1", alert.IncidentCleared), notice(alert.KindAlert, "2", alert.IncidentOpen)}, "alert 2 open"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, filepath.Join(t.TempDir(), FileName), func(o *Options) { o.Notifiers = []string{"telegram"} })
			for _, n := range tt.notices {
				decide(t, s, alert.Decisions{Notices: []alert.Notice{n}})
			}
			notes, err := s.Due(context.Background(), "telegram", time.Now().Add(time.Hour), 10)
			if err != nil || len(notes) != 1 {
				t.Fatalf("%d notes, %v", len(notes), err)
			}
			n := notes[0].Notice
			if got := fmt.Sprint(n.Kind, " ", n.Text, " ", n.Incident.State); got != tt.want {
				t.Errorf("it is %q, want %q", got, tt.want)
			}
		})
	}
}

// An alert whose place a later one took was never sent, and the list says so.
func TestAlertThatWasOvertakenIsNotCalledSent(t *testing.T) {
	ctx := context.Background()
	s := open(t, filepath.Join(t.TempDir(), FileName), func(o *Options) { o.Notifiers = []string{"telegram", "telegram:-100/5"} })
	say := func(kind alert.Kind, state alert.IncidentState) {
		i := incident(5, state)
		decide(t, s, alert.Decisions{Notices: []alert.Notice{{Kind: kind, Rule: i.Rule, Device: i.Device, Incident: &i, Count: 1}}})
	}
	sent := func(notifier string) {
		notes, err := s.Due(ctx, notifier, time.Now().Add(time.Hour), 10)
		if err != nil || len(notes) != 1 {
			t.Fatalf("%d notes, %v", len(notes), err)
		}
		if err := s.Sent(ctx, []int64{notes[0].ID}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when string, want ...string) {
		t.Helper()
		list, err := s.RecentAlerts(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range list {
			got = append(got, a.Delivery()+" | "+a.DeliveryTo("telegram")+" | "+a.DeliveryTo("telegram:-100/5"))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	const not = "not sent: a later one of its incident took its place, and says it too"
	say(alert.KindAlert, alert.IncidentOpen)
	want("one waits", "waiting | waiting | waiting")
	sent("telegram")
	say(alert.KindMore, alert.IncidentOpen)
	want("one place knew the first", "waiting | waiting | waiting", "sent | sent | "+not)
	say(alert.KindClear, alert.IncidentCleared)
	want("overtaken at both", "waiting | waiting | waiting", not+" | "+not+" | "+not, "sent | sent | "+not)
	sent("telegram")
	sent("telegram:-100/5")
	want("the last was sent", "sent | sent | sent", not+" | "+not+" | "+not, "sent | sent | "+not)
}
