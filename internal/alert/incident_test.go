package alert

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/pack"
)

// A said is an event that a vendor's pack has read out of a message.
type said struct {
	seconds float64
	kind    string
	state   pack.State
	pon     string
	onu     string
}

// say gives the engine a message that means s.
func (s said) say(e *Engine) {
	text := fmt.Sprintf("%s %d PON %s ONU %s", s.kind, s.state, s.pon, s.onu)
	r := message(s.seconds, olt, text)
	e.runTo(r.ReceivedAt)
	ev := &pack.Event{Vendor: "test", Kind: s.kind, State: s.state, PON: s.pon, ONU: s.onu, Severity: pack.NoSeverity, Proves: true}
	if s.state == pack.Clear {
		ev.Clears = []string{"onu_power", "onu_los", "onu_down"}
		if s.onu == "" || s.kind != "onu_down" {
			ev.Clears = []string{s.kind}
		}
	}
	e.event(r, ev)
}

func power(seconds float64, onu string) said {
	return said{seconds, "onu_power", pack.Raise, "0/1", onu}
}
func loss(seconds float64, onu string) said { return said{seconds, "onu_los", pack.Raise, "0/1", onu} }
func down(seconds float64, onu string) said { return said{seconds, "onu_down", pack.Raise, "0/1", onu} }
func back(seconds float64, onu string) said { return said{seconds, "onu_down", pack.Clear, "0/1", onu} }

// story returns the notices of an engine as lines for people.
func story(e *Engine) []string {
	var lines []string
	for _, n := range e.Take().Notices {
		i := n.Incident
		line := fmt.Sprintf("%s %s", n.Kind, i.What())
		if i.Cause != "" {
			line += fmt.Sprintf(" (%s %d%%)", i.Cause, i.Confidence)
		}
		if i.Total > 0 {
			line += fmt.Sprintf(" down %d", i.Down)
		}
		if i.State != IncidentOpen {
			line += " " + string(i.State)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestIncidents(t *testing.T) {
	long := strings.Repeat("7", 200)
	tests := []struct {
		name  string
		say   []said
		until float64
		lost  float64 // messages were lost then; 0 = not
		want  []string
	}{
		{"a dying gasp with the loss is power", []said{power(0, "4"), loss(0.01, "4")}, 6, 0,
			[]string{"alert ONU lost power, PON 0/1 ONU 4 (power 95%)"}},
		{"also when the loss comes first", []said{loss(0, "4"), power(3.9, "4")}, 6, 0,
			[]string{"alert ONU lost power, PON 0/1 ONU 4 (power 95%)"}},
		{"a loss alone is the fibre, not for sure", []said{loss(0, "4")}, 6, 0,
			[]string{"alert ONU lost its signal, PON 0/1 ONU 4 (fibre 60%)"}},
		{"even less so when messages were lost", []said{loss(0, "4")}, 6, 10,
			[]string{"alert ONU lost its signal, PON 0/1 ONU 4 (fibre 30%)"}},
		{"a deregister says nothing of the cause", []said{down(0, "4")}, 6, 0,
			[]string{"alert ONU offline, PON 0/1 ONU 4"}},
		{"people are told after the hold, not before", []said{loss(0, "4")}, 4.9, 0, nil},
		{"a quick return cancels", []said{loss(0, "4"), back(4, "4")}, 60, 0, nil},
		{"back is over", []said{power(0, "4"), back(600, "4")}, 601, 0,
			[]string{"alert ONU lost power, PON 0/1 ONU 4 (power 95%)", "clear ONU lost power, PON 0/1 ONU 4 (power 95%) cleared"}},
		{"two of a PON are two", []said{power(0, "4"), power(1, "5")}, 30, 0,
			[]string{"alert ONU lost power, PON 0/1 ONU 4 (power 95%)", "alert ONU lost power, PON 0/1 ONU 5 (power 95%)"}},
		{"three of a PON are one area", []said{power(0, "4"), power(1, "5"), power(2, "6")}, 30, 0,
			[]string{"alert 3 ONUs of PON 0/1 lost power (power 95%) down 3"}},
		{"also when some were told", []said{loss(0, "4"), loss(20, "5"), loss(40, "6")}, 60, 0, []string{
			"alert ONU lost its signal, PON 0/1 ONU 4 (fibre 60%)",
			"alert ONU lost its signal, PON 0/1 ONU 5 (fibre 60%)",
			"more ONU lost its signal, PON 0/1 ONU 4 (fibre 60%) merged",
			"more ONU lost its signal, PON 0/1 ONU 5 (fibre 60%) merged",
			"alert 3 ONUs of PON 0/1 lost their signal (fibre 90%) down 3",
		}},
		{"three of an OLT at once are one area", []said{{0, "onu_los", pack.Raise, "0/1", "4"}, {1, "onu_los", pack.Raise, "0/2", "4"}, {2, "onu_los", pack.Raise, "0/3", "4"}}, 30, 0,
			[]string{"alert 3 ONUs lost their signal (fibre 90%) down 3"}},
		{"three of an OLT one after the other are three", []said{{0, "onu_down", pack.Raise, "0/1", "4"}, {20, "onu_down", pack.Raise, "0/2", "4"}, {40, "onu_down", pack.Raise, "0/3", "4"}}, 60, 0,
			[]string{"alert ONU offline, PON 0/1 ONU 4", "alert ONU offline, PON 0/2 ONU 4", "alert ONU offline, PON 0/3 ONU 4"}},
		{"one of another PON at that time is not of the area", []said{power(0, "4"), power(1, "5"), power(2, "6"), {3, "onu_los", pack.Raise, "0/2", "4"}}, 30, 0,
			[]string{"alert 3 ONUs of PON 0/1 lost power (power 95%) down 3", "alert ONU lost its signal, PON 0/2 ONU 4 (fibre 60%)"}},
		{"two PONs at once are one area", []said{
			power(0, "4"), power(1, "5"), power(2, "6"), {2, "onu_power", pack.Raise, "0/2", "1"}, {2.1, "onu_power", pack.Raise, "0/2", "2"}, {2.2, "onu_power", pack.Raise, "0/2", "3"},
		}, 30, 0, []string{"alert 6 ONUs lost power (power 95%) down 6"}},
		{"an area that grows is told again, not at once", []said{power(0, "1"), power(1, "2"), power(2, "3"), power(20, "4"), power(21, "5")}, 300, 0,
			[]string{"alert 3 ONUs of PON 0/1 lost power (power 95%) down 3", "more 5 ONUs of PON 0/1 lost power (power 95%) down 5"}},
		{"who does not come back is told later", []said{power(0, "1"), power(1, "2"), power(2, "3"), back(100, "1"), back(101, "2")}, 800, 0,
			[]string{"alert 3 ONUs of PON 0/1 lost power (power 95%) down 3", "alert 1 of 3 ONUs of PON 0/1 are still down (power 95%) down 1"}},
		{"an area that was over at once is none", []said{power(0, "1"), power(1, "2"), power(2, "3"), back(3, "1"), back(3.5, "2"), back(4, "3")}, 60, 0, nil},
		{"a PON that is down takes its ONUs along", []said{{0, "pon_down", pack.Raise, "0/1", ""}, loss(1, "1"), loss(1.1, "2")}, 60, 0,
			[]string{"alert 2 ONUs of PON 0/1 lost their signal (fibre 90%) down 2"}},
		{"an area that comes back is the same incident", []said{
			power(0, "1"), power(1, "2"), power(2, "3"), back(100, "1"), back(100, "2"), back(100, "3"),
			power(500, "1"), power(500.1, "2"), power(500.2, "3"),
		}, 520, 0, []string{
			"alert 3 ONUs of PON 0/1 lost power (power 95%) down 3", "clear 3 ONUs of PON 0/1 lost power (power 95%) down 0 cleared",
			"alert 3 ONUs of PON 0/1 lost power (power 95%) down 3",
		}},
		{"an area that comes back at once is told as open, and people are called if it lasts", []said{
			power(0, "1"), power(1, "2"), power(2, "3"), back(100, "1"), back(100, "2"), back(100, "3"),
			power(110, "1"), power(110, "2"), power(110, "3"),
		}, 400, 0, []string{
			"alert 3 ONUs of PON 0/1 lost power (power 95%) down 3", "clear 3 ONUs of PON 0/1 lost power (power 95%) down 0 cleared",
			"more 3 ONUs of PON 0/1 lost power (power 95%) down 3", "alert 3 ONUs of PON 0/1 lost power (power 95%) down 3",
		}},
		{"an old area does not hide a new outage", []said{
			power(0, "1"), power(1, "2"), power(2, "3"), loss(90_000, "4"), loss(90_000.1, "5"), loss(90_000.2, "6"), loss(90_000.3, "7"),
		}, 90_100, 0, []string{
			"alert 3 ONUs of PON 0/1 lost power (power 95%) down 3", "alert 7 ONUs of PON 0/1 are lost down 7",
		}},
		{"nor that the PON itself is down", []said{
			power(0, "1"), power(1, "2"), power(2, "3"), {90_000, "pon_down", pack.Raise, "0/1", ""},
		}, 90_100, 0, []string{
			"alert 3 ONUs of PON 0/1 lost power (power 95%) down 3", "alert 3 ONUs of PON 0/1 lost power (power 95%) down 3",
		}},
		{"two more only change the message", []said{
			power(0, "1"), power(1, "2"), power(2, "3"), loss(90_000, "4"), loss(90_000.1, "5"),
		}, 90_100, 0, []string{
			"alert 3 ONUs of PON 0/1 lost power (power 95%) down 3", "more 5 ONUs of PON 0/1 are lost down 5",
		}},
		{"a clear that ends only this kind of loss", []said{power(0, "4"), {33, "onu_power", pack.Clear, "0/1", "4"}}, 60, 0, []string{
			"alert ONU lost power, PON 0/1 ONU 4 (power 95%)", "clear ONU lost power, PON 0/1 ONU 4 (power 95%) cleared"}},
		{"an object with a name too long is one", []said{down(0, long), down(1, long), back(60, long)}, 90, 0, []string{
			"alert ONU offline, " + ("PON 0/1 ONU " + long)[:maxObject], "clear ONU offline, " + ("PON 0/1 ONU " + long)[:maxObject] + " cleared"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := engine(t, Options{Vendors: new(pack.Set)})
			if tt.lost != 0 {
				e.Lost(at(tt.lost))
			}
			for _, s := range tt.say {
				s.say(e)
			}
			e.Advance(at(tt.until))
			if got := story(e); !slices.Equal(got, tt.want) {
				t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// One cut of a feeder is one message, edited once when all are back.
func TestCutOf64ONUs(t *testing.T) {
	e := engine(t, Options{Vendors: new(pack.Set)})
	for i := range 64 {
		power(float64(i)/32, fmt.Sprint(i)).say(e)
	}
	e.Advance(at(60))
	for i := range 64 {
		back(600+float64(i), fmt.Sprint(i)).say(e)
	}
	e.Advance(at(2000))
	d := e.Take()
	if len(d.Notices) != 2 || d.Notices[0].Kind != KindAlert || d.Notices[1].Kind != KindClear {
		t.Fatalf("notices are %+v", d.Notices)
	}
	i := d.Notices[0].Incident
	if i.Total != 64 || i.Down != 64 || len(i.Members) != 64 || i.Cause != "power" {
		t.Errorf("the incident is %+v", i)
	}
	if facts := strings.Join(i.Facts(), "\n"); !strings.Contains(facts, "down 64 of 64: PON 0/1 ONU 0, 1, 2, 3") {
		t.Errorf("the facts are %q", facts)
	}
	if over := d.Notices[1].Incident; over.State != IncidentCleared || over.ID != i.ID || over.ClearedAt-over.OpenedAt < 600e6 {
		t.Errorf("in the end it is %+v", over)
	}
}

// A port that somebody shuts goes down, too: that is no news.
func TestWhatPeopleDoOnPurposeIsNoIncident(t *testing.T) {
	e := engine(t, Options{Vendors: new(pack.Set)})
	shut := &pack.Event{Kind: "link", State: pack.Info, Port: "Gi0/7", Cause: "operator", Severity: pack.NoSeverity}
	down := &pack.Event{Kind: "link", State: pack.Raise, Port: "Gi0/7", Severity: pack.NoSeverity}
	for _, step := range []struct {
		seconds float64
		event   *pack.Event
		want    int
	}{{0, shut, 0}, {1, down, 0}, {60, down, 1}} {
		r := message(step.seconds, olt, "x")
		e.runTo(r.ReceivedAt)
		e.event(r, step.event)
		if n := len(e.Take().Notices); n != step.want {
			t.Errorf("after %v s %d notices, want %d", step.seconds, n, step.want)
		}
	}
}

// Who makes up names fills neither memory nor phones.
func TestIncidentsOfOneDeviceAreBounded(t *testing.T) {
	e := engine(t, Options{Vendors: new(pack.Set)})
	for i := range 10_000 {
		said{float64(i) / 1000, "link", pack.Raise, "", fmt.Sprint(i)}.say(e)
	}
	if e.Troubles() > maxObjects+1 {
		t.Errorf("%d troubles", e.Troubles())
	}
	d := e.Take()
	last := d.Notices[len(d.Notices)-1].Incident
	if len(d.Notices) > maxObjects+1 || last.Object != manyObjects {
		t.Errorf("%d notices, the last of %+v", len(d.Notices), last)
	}
	e.Advance(at(3600))
	for _, n := range e.Take().Notices {
		if n.Incident.Object == manyObjects && n.Kind == KindMore && n.Count != 10_000-maxObjects-1 {
			t.Errorf("%d held back", n.Count)
		}
	}
}

// A day is replayed in pieces, with a restart from what was stored between
// them: the incidents and what people are told are the same.
func TestReplayInPiecesGivesTheSameIncidents(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 7))
		var day []said
		var clock float64
		for range 400 {
			clock += random.ExpFloat64() * []float64{0.2, 5, 60}[random.IntN(3)]
			s := said{clock, []string{"onu_power", "onu_los", "onu_down", "link", "pon_down"}[random.IntN(5)], pack.Raise, fmt.Sprintf("0/%d", random.IntN(3)), fmt.Sprint(random.IntN(6))}
			if s.kind == "pon_down" {
				s.onu = ""
			}
			if random.IntN(2) == 0 {
				s.state = pack.Clear
			}
			day = append(day, s)
		}
		play := func(cut float64) (incidents map[int64]Incident, notices []Notice) {
			set, err := NewSet(Options{Vendors: new(pack.Set), Cooldown: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			e := NewEngine(set)
			incidents = map[int64]Incident{}
			stored := map[Key]State{}
			take := func() {
				d := e.Take()
				for _, i := range d.Incidents {
					incidents[i.ID] = i
				}
				for _, s := range d.States {
					stored[s.Key] = s
				}
				for _, k := range d.Gone {
					delete(stored, k)
				}
				notices = append(notices, d.Notices...)
			}
			for _, s := range day {
				s.say(e)
				if random.Float64() >= cut {
					continue
				}
				if random.IntN(2) == 0 {
					e.Advance(at(s.seconds))
				}
				take()
				var states []State
				for _, s := range stored {
					b, err := json.Marshal(s)
					if err != nil {
						t.Fatal(err)
					}
					var again State
					if err := json.Unmarshal(b, &again); err != nil {
						t.Fatal(err)
					}
					states = append(states, again)
				}
				now, newest := e.now, e.next
				e = NewEngine(set)
				e.Resume(newest)
				e.Restore(states)
				e.now = now
			}
			e.Advance(at(clock + 8*24*3600))
			take()
			return incidents, notices
		}
		wantIncidents, wantNotices := play(0)
		gotIncidents, gotNotices := play(0.2)
		for i := range min(len(wantNotices), len(gotNotices)) {
			if !reflect.DeepEqual(gotNotices[i], wantNotices[i]) {
				t.Fatalf("seed %d: notice %d is\n%+v %+v, want\n%+v %+v", seed, i, gotNotices[i], gotNotices[i].Incident, wantNotices[i], wantNotices[i].Incident)
			}
		}
		for id, want := range wantIncidents {
			if got := gotIncidents[id]; !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: incident %d is\n%+v, want\n%+v", seed, id, got, want)
			}
		}
		if len(gotIncidents) != len(wantIncidents) {
			t.Fatalf("seed %d: %d incidents, want %d", seed, len(gotIncidents), len(wantIncidents))
		}
		if len(gotNotices) != len(wantNotices) {
			t.Fatalf("seed %d: %d notices, want %d", seed, len(gotNotices), len(wantNotices))
		}
		for i := range wantNotices {
			if !reflect.DeepEqual(gotNotices[i], wantNotices[i]) {
				t.Fatalf("seed %d: notice %d is\n%+v %+v, want\n%+v %+v", seed, i, gotNotices[i], gotNotices[i].Incident, wantNotices[i], wantNotices[i].Incident)
			}
		}
	}
}

// An incident of whose trouble nothing is stored cannot end any more by itself.
func TestIncidentsThatNothingIsKnownOfAreForgotten(t *testing.T) {
	e := engine(t, Options{Vendors: new(pack.Set)})
	power(0, "1").say(e)
	for i := range 3 {
		said{0, "onu_los", pack.Raise, "0/9", fmt.Sprint(i)}.say(e)
	}
	e.Advance(at(30))
	stored := e.Take()
	again := engine(t, Options{Vendors: new(pack.Set)})
	again.Restore(stored.States)
	lost := stored.Incidents[0]
	lost.ID = 99
	again.Forget(append(stored.Incidents, lost))
	d := again.Take()
	if len(d.Incidents) != 1 || d.Incidents[0].ID != 99 || d.Incidents[0].State != IncidentExpired {
		t.Errorf("ended are %+v, want number 99 of %d", d.Incidents, len(stored.Incidents))
	}
}

// TestOneONUIsNoCriticalIncident holds that one customer's loss is an error,
// whatever the OLT and the header call it, and that a PON, a board and a rogue ONU
// keep theirs.
func TestOneONUIsNoCriticalIncident(t *testing.T) {
	for _, tt := range []struct {
		kind      string
		said      uint8 // in the text
		header    uint8
		onu       string
		severity  uint8
		afterwait time.Duration
	}{
		{"onu_los", 2, 6, "14", 3, time.Minute},
		{"onu_power", 1, 6, "14", 3, time.Minute},
		{"onu_down", pack.NoSeverity, 0, "14", 3, time.Minute},
		{"onu_optics", 1, 6, "14", 3, 0},
		{"onu_optics", 6, 6, "14", 4, 0},
		{"onu_rogue", 1, 6, "14", 2, 0},
		{"pon_down", 1, 6, "", 1, time.Minute},
		{"board", 1, 6, "", 1, 0},
	} {
		e := engine(t, Options{})
		r := message(0, olt, "x")
		r.Severity = tt.header
		e.runTo(r.ReceivedAt)
		e.event(r, &pack.Event{Vendor: "test", Kind: tt.kind, State: pack.Raise, PON: "0/3", ONU: tt.onu, Severity: tt.said})
		e.Advance(r.ReceivedAt + tt.afterwait.Microseconds())
		got := e.Take().Notices
		if len(got) != 1 || got[0].Severity != tt.severity || got[0].Incident.Severity != tt.severity {
			t.Errorf("%s that calls itself %d, header %d: %+v, want one notice of severity %d", tt.kind, tt.said, tt.header, got, tt.severity)
		}
	}
}
