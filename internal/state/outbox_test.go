package state

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

func texts(notes []alert.Note) string {
	var list []string
	for _, n := range notes {
		list = append(list, strings.TrimPrefix(n.Notice.Text, "PON deregister "))
	}
	return strings.Join(list, " ")
}

func TestNotesGoToThoseWhoAreAsked(t *testing.T) {
	s := open(t, newFile(t), func(o *Options) { o.Notifiers = []string{"telegram", "email"} })
	ctx := t.Context()
	d := notices(4)
	d.Notices[1].Notify = []string{"email"}
	d.Notices[2].Notify = []string{"telegram", "pager"}
	d.Notices[3].Notify = []string{"pager"}
	must(t, s.Decide(ctx, "alerts", nil, d))
	telegram, email, pager := get(s.Due(ctx, "telegram", far, 10))(t), get(s.Due(ctx, "email", far, 10))(t), get(s.Due(ctx, "pager", far, 10))(t)
	if got := fmt.Sprintf("%s / %s / %s", texts(telegram), texts(email), texts(pager)); got != "1 3 / 1 2 / " {
		t.Errorf("telegram / email / pager got %s", got)
	}
	list := get(s.RecentAlerts(ctx, 10))(t)
	var waiting []int
	for _, a := range list {
		waiting = append(waiting, a.Waiting)
	}
	if !slices.Equal(waiting, []int{0, 1, 1, 2}) {
		t.Errorf("waiting for %v notifiers, newest first; want 0 1 1 2", waiting)
	}
}

func TestWithoutNotifiersAlertsAreListedOnly(t *testing.T) {
	s := open(t, newFile(t), func(o *Options) { o.Notifiers = nil })
	must(t, s.Decide(t.Context(), "alerts", nil, notices(2)))
	if n := get(s.Pending(t.Context()))(t); len(n) != 0 || len(get(s.RecentAlerts(t.Context(), 9))(t)) != 2 {
		t.Errorf("pending %v", n)
	}
}

func TestLaterWaitsAndSentIsGone(t *testing.T) {
	s := open(t, newFile(t))
	ctx := t.Context()
	must(t, s.Decide(ctx, "alerts", nil, notices(3)))
	now := time.Unix(1_000_000, 0)
	notes := get(s.Due(ctx, "telegram", now, 2))(t)
	if texts(notes) != "1 2" {
		t.Fatalf("due are %s, want the oldest two", texts(notes))
	}
	must(t, s.Later(ctx, []int64{notes[0].ID}, now.Add(time.Minute), "no network"))
	must(t, s.Sent(ctx, []int64{notes[1].ID, 12345}, now))
	if due := get(s.Due(ctx, "telegram", now, 9))(t); texts(due) != "3" {
		t.Errorf("due at once are %s, want 3", texts(due))
	}
	due := get(s.Due(ctx, "telegram", now.Add(time.Minute), 9))(t)
	if texts(due) != "1 3" || due[0].Attempts != 1 || due[0].LastError != "no network" || due[0].NextAt != now.Add(time.Minute).UnixMicro() {
		t.Errorf("due after a minute are %+v", due)
	}
	if a := get(s.RecentAlerts(ctx, 9))(t); a[2].LastError != "no network" || a[1].Waiting != 0 {
		t.Errorf("the list says %+v", a)
	}
	if got := get(s.Delivered(ctx))(t)["telegram"]; got != (Delivered{Notes: 1, LastAt: now.UnixMicro()}) {
		t.Errorf("delivered %+v", got)
	}
	must(t, s.Sent(ctx, nil, now))
	must(t, s.Later(ctx, nil, now, ""))
}

func TestClockSetBackDoesNotHoldNotesBack(t *testing.T) {
	s := open(t, newFile(t))
	ctx := t.Context()
	must(t, s.Decide(ctx, "alerts", nil, notices(1)))
	wrong := time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)
	notes := get(s.Due(ctx, "telegram", wrong, 1))(t)
	must(t, s.Later(ctx, []int64{notes[0].ID}, wrong.Add(time.Minute), "x"))
	if due := get(s.Due(ctx, "telegram", wrong.AddDate(-10, 0, 0), 1))(t); len(due) != 1 {
		t.Error("the note waits for a year that is ten years off")
	}
}

func TestFullOutboxCountsInOneNote(t *testing.T) {
	s := open(t, newFile(t), func(o *Options) { o.MaxPending = 3 })
	ctx := t.Context()
	must(t, s.Decide(ctx, "alerts", nil, notices(5)))
	must(t, s.Decide(ctx, "alerts", nil, notices(2)))
	due := get(s.Due(ctx, "telegram", far, 99))(t)
	if len(due) != 4 {
		t.Fatalf("%d notes, want 3 and one for the rest", len(due))
	}
	rest := due[3].Notice
	if rest.Rule != foldedRule || rest.Count != 4 || rest.More != 4 || rest.Severity != 3 || !strings.HasPrefix(rest.Text, "4 more alerts") {
		t.Errorf("the rest is %+v", rest)
	}
	// Once it was handed out it does not grow anymore: what is sent is what is
	// taken out.
	must(t, s.Decide(ctx, "alerts", nil, notices(1)))
	must(t, s.Sent(ctx, []int64{due[3].ID}, far))
	due = get(s.Due(ctx, "telegram", far, 99))(t)
	if len(due) != 4 || due[3].Notice.Count != 1 {
		t.Errorf("after the rest was sent, left are %d notes, the last %+v; want a new one for 1", len(due), due[len(due)-1].Notice)
	}
	if got := get(s.Delivered(ctx))(t)["telegram"]; got.Folded != 5 || got.Notes != 1 {
		t.Errorf("delivered %+v", got)
	}
	if list := get(s.RecentAlerts(ctx, 99))(t); len(list) != 8 {
		t.Errorf("%d alerts in the list, want all 8", len(list))
	}
}

func TestListOfAlertsIsBounded(t *testing.T) {
	s := open(t, newFile(t), func(o *Options) { o.MaxAlerts = 10 })
	ctx := t.Context()
	must(t, s.Decide(ctx, "alerts", nil, notices(25)))
	some, all := get(s.RecentAlerts(ctx, 6))(t), get(s.RecentAlerts(ctx, 99))(t)
	if len(some) != 6 || some[0].Text != "PON deregister 25" || some[5].Text != "PON deregister 20" {
		t.Errorf("the newest six are %v", some)
	}
	if len(all) != 10 || all[0].Text != "PON deregister 25" || all[9].Text != "PON deregister 16" {
		t.Errorf("all are %v", all)
	}
}

func TestDamagedNoteIsToldAsSuch(t *testing.T) {
	s := open(t, newFile(t))
	ctx := t.Context()
	must(t, s.Decide(ctx, "alerts", nil, notices(1)))
	for _, q := range []string{"UPDATE outbox SET notice = '{'", "UPDATE alerts SET notice = '{'", "INSERT INTO troubles VALUES ('r', '', '', 1, '{')"} {
		if _, err := s.db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	due := get(s.Due(ctx, "telegram", far, 9))(t)
	if len(due) != 1 || due[0].Notice.Rule != "unreadable note" || due[0].Notice.Count != 1 {
		t.Errorf("due %+v", due)
	}
	if list := get(s.RecentAlerts(ctx, 9))(t); len(list) != 1 || list[0].Rule != "unreadable alert" {
		t.Errorf("list %+v", list)
	}
	if states := get(s.AlertStates(ctx))(t); len(states) != 0 {
		t.Errorf("states %+v", states)
	}
}

func BenchmarkDecide(b *testing.B) {
	s, err := Open(Options{Path: b.TempDir() + "/" + FileName, Notifiers: []string{"telegram"}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	d := notices(1)
	d.States = []alert.State{{Key: alert.Key{Rule: "r", Device: device}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Decide(b.Context(), "alerts", map[int]int64{20261122: 5}, d); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTallyCountsAlertsSinceAndOpenIncidents(t *testing.T) {
	s := open(t, newFile(t))
	d := notices(3)
	for i := range d.Notices {
		d.Notices[i].At = int64(i)
	}
	for i, state := range []alert.IncidentState{alert.IncidentOpen, alert.IncidentCleared, alert.IncidentOpen, alert.IncidentMerged} {
		d.Incidents = append(d.Incidents, incident(int64(i+1), state))
		d.States = append(d.States, alert.State{Key: alert.Key{Rule: fmt.Sprint(i)}, Told: true})
	}
	must(t, s.Decide(t.Context(), "alerts", nil, d))
	if alerts, open, err := s.Tally(t.Context(), 1); err != nil || alerts != 2 || open != 2 {
		t.Errorf("Tally = %d alerts, %d open, %v; want 2, 2", alerts, open, err)
	}
}
