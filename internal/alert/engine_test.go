package alert

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// t0 is when the tests begin, in µs since 1970 UTC.
const t0 = 1_700_000_000_000_000

var (
	olt    = netip.MustParseAddr("10.0.0.1")
	second = netip.MustParseAddr("10.0.0.2")
)

// at returns the time some seconds after the beginning.
func at(seconds float64) int64 { return t0 + int64(seconds*1e6) }

// message is one that device sent some seconds after the beginning.
func message(seconds float64, device netip.Addr, text string) *syslog.Record {
	r := &syslog.Record{ReceivedAt: at(seconds), Source: device, Position: syslog.Position{Day: 20231114, ID: int64(seconds * 1000)}}
	head := "<190>host: "
	r.Raw, r.MessageAt, r.Severity = []byte(head+text), len(head), 6
	return r
}

func rule(t testing.TB, r Rule, text, clear string) Rule {
	t.Helper()
	var err error
	if r.Name == "" {
		r.Name = "rule"
	}
	if r.Query, err = query.ParseRule(text); err != nil {
		t.Fatal(err)
	}
	if clear != "" {
		if r.Clear, err = query.ParseRule(clear); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func engine(t testing.TB, o Options) *Engine {
	t.Helper()
	set, err := NewSet(o)
	if err != nil {
		t.Fatal(err)
	}
	return NewEngine(set)
}

// told returns the notices as "kind text count+more", and forgets them.
func told(e *Engine) []string {
	var all []string
	for _, n := range e.Take().Notices {
		all = append(all, fmt.Sprintf("%s %s %d+%d", n.Kind, n.Text, n.Count, n.More))
	}
	return all
}

// event is something that happens: a message of a device, or if it has no text,
// time that passes.
type event struct {
	seconds float64
	device  netip.Addr
	text    string
	want    string // notices, joined with ", "
}

func TestEngine(t *testing.T) {
	tests := []struct {
		name  string
		rule  Rule
		query string
		clear string
		steps []event
	}{
		{"each message without cooldown", Rule{Cooldown: time.Microsecond}, "down", "", []event{
			{0, olt, "down 1", "alert down 1 1+0"},
			{1, olt, "down 2", "alert down 2 1+0"},
		}},
		{"harmless messages", Rule{}, "down", "", []event{{0, olt, "up", ""}}},
		{"a burst is held back and told at the end of the cooldown", Rule{Cooldown: time.Minute}, "down", "", []event{
			{0, olt, "down 1", "alert down 1 1+0"},
			{1, olt, "down 2", ""},
			{2, olt, "down 3", ""},
			{59, olt, "", ""},
			{60, olt, "", "more down 3 2+1"},
			{119, olt, "", ""},
			{121, olt, "down 4", "alert down 4 1+0"},
		}},
		{"a message of another rule's device ends the cooldown too", Rule{Cooldown: time.Minute}, "down", "", []event{
			{0, olt, "down 1", "alert down 1 1+0"},
			{1, olt, "down 2", ""},
			{61, second, "up", "more down 2 1+0"},
		}},
		{"devices have cooldowns of their own", Rule{Cooldown: time.Minute}, "down", "", []event{
			{0, olt, "down 1", "alert down 1 1+0"},
			{1, second, "down 2", "alert down 2 1+0"},
		}},
		{"silence ends a trouble", Rule{Cooldown: time.Minute}, "down", "", []event{
			{0, olt, "down 1", "alert down 1 1+0"},
			{60, olt, "", ""},
			{61, olt, "down 2", "alert down 2 1+0"},
		}},
		{"only some devices", Rule{Devices: []netip.Prefix{netip.MustParsePrefix("10.0.0.2/32")}}, "down", "", []event{
			{0, olt, "down 1", ""},
			{1, second, "down 2", "alert down 2 1+0"},
		}},
		{"threshold reached", Rule{Threshold: 3, Within: 10 * time.Second}, "down", "", []event{
			{0, olt, "down 1", ""},
			{4, olt, "down 2", ""},
			{5, second, "down of another", ""},
			{9, olt, "down 3", "alert down 3 3+0"},
		}},
		{"threshold slides", Rule{Threshold: 3, Within: 10 * time.Second}, "down", "", []event{
			{0, olt, "down 1", ""},
			{9, olt, "down 2", ""},
			{10, olt, "down 3", ""},
			{12, olt, "down 4", "alert down 4 3+0"},
		}},
		{"threshold missed", Rule{Threshold: 2, Within: 10 * time.Second}, "down", "", []event{
			{0, olt, "down 1", ""},
			{10, olt, "", ""},
			{11, olt, "down 2", ""},
		}},
		{"below the threshold in a cooldown is told all the same", Rule{Threshold: 2, Within: 10 * time.Second, Cooldown: time.Minute}, "down", "", []event{
			{0, olt, "down 1", ""},
			{1, olt, "down 2", "alert down 2 2+0"},
			{2, olt, "down 3", ""},
			{61, olt, "", "more down 3 1+0"},
		}},
		{"clear", Rule{Cooldown: time.Minute}, "down", "up", []event{
			{0, olt, "up", ""},
			{1, olt, "link down", "alert link down 1+0"},
			{2, olt, "link down again", ""},
			{3, second, "link up", ""},
			{500, olt, "", "more link down again 1+0"},
			{600, olt, "link up", "clear link up 2+0"},
			{601, olt, "link up", ""},
		}},
		{"clear wins over the query", Rule{}, "link", "up", []event{
			{0, olt, "link down", "alert link down 1+0"},
			{1, olt, "link up", "clear link up 1+0"},
			{2, olt, "link up", ""},
		}},
		{"a flapping link is called for once a cooldown", Rule{Cooldown: time.Minute}, "down", "up", []event{
			{0, olt, "down 1", "alert down 1 1+0"},
			{1, olt, "up 1", "clear up 1 1+0"},
			{2, olt, "down 2", "more down 2 1+0"},
			{3, olt, "up 2", ""},
			{4, olt, "down 3", ""},
			{5, olt, "up 3", ""},
			{60, olt, "", "more down 3 2+1, clear up 3 3+0"},
			{300, olt, "", ""},
			{301, olt, "down 4", "alert down 4 1+0"},
		}},
		{"what was cleared and came back is open", Rule{Cooldown: time.Minute}, "down", "up", []event{
			{0, olt, "down 1", "alert down 1 1+0"},
			{1, olt, "up 1", "clear up 1 1+0"},
			{2, olt, "down 2", "more down 2 1+0"},
			{60, olt, "", "alert down 2 1+0"},
			{300, olt, "", ""},
			{301, olt, "up 2", "clear up 2 2+0"},
		}},
		{"clear before the threshold is silent", Rule{Threshold: 2}, "down", "up", []event{
			{0, olt, "down 1", ""},
			{1, olt, "up", ""},
			{2, olt, "down 2", ""},
		}},
		{"an open trouble is forgotten after a week", Rule{Cooldown: time.Minute}, "down", "up", []event{
			{0, olt, "down", "alert down 1+0"},
			{8 * 24 * 3600, olt, "", ""},
			{8*24*3600 + 1, olt, "up", ""},
		}},
		{"clock set back", Rule{Cooldown: time.Minute}, "down", "", []event{
			{5000, olt, "down 1", "alert down 1 1+0"},
			{0, olt, "", ""},
			{1, olt, "down 2", ""},
			{60, olt, "", "more down 2 1+0"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := engine(t, Options{Rules: []Rule{rule(t, tt.rule, tt.query, tt.clear)}})
			for _, s := range tt.steps {
				if s.text == "" {
					e.Advance(at(s.seconds))
				} else {
					e.Observe(message(s.seconds, s.device, s.text))
				}
				if got := strings.Join(told(e), ", "); got != s.want {
					t.Fatalf("after %v s, %q: told %q, want %q", s.seconds, s.text, got, s.want)
				}
				e = restarted(t, e)
			}
			e.Advance(at(30 * 24 * 3600))
			e.Advance(at(60 * 24 * 3600))
			if n := e.Troubles(); n != 0 {
				t.Errorf("%d troubles are remembered after months", n)
			}
		})
	}
}

// restarted returns an engine that goes on from what e keeps in the database.
func restarted(t *testing.T, e *Engine) *Engine {
	t.Helper()
	text, err := json.Marshal(e.States())
	if err != nil {
		t.Fatal(err)
	}
	var states []State
	if err := json.Unmarshal(text, &states); err != nil {
		t.Fatal(err)
	}
	again := NewEngine(e.set)
	again.now = e.now
	again.Restore(states)
	if got := again.States(); !reflect.DeepEqual(got, e.States()) {
		t.Fatalf("after a restart: %+v\nbefore: %+v", got, e.States())
	}
	return again
}

func TestNotice(t *testing.T) {
	e := engine(t, Options{Packs: Packs(), Keywords: DefaultKeywords(), Directory: names{}})
	r := message(0, olt, "PON deregister\x1b[31m ONU 0/1/2:7\x00\r\n")
	r.Severity = 3
	e.Observe(r)
	got := e.Take().Notices
	inc := &Incident{
		ID: 1, Rule: "PON port down", Device: olt, DeviceName: "OLT North", Site: "Dhaka", Severity: 2, State: IncidentOpen,
		OpenedAt: t0, UpdatedAt: t0, Count: 1, Alarms: 1, Text: "PON deregister␛[31m ONU 0/1/2:7", First: r.Position, Last: r.Position,
	}
	want := []Notice{{
		Kind: KindAlert, Rule: "PON port down", Device: olt, DeviceName: "OLT North", Site: "Dhaka", Severity: 2,
		Text: "PON deregister␛[31m ONU 0/1/2:7", At: t0, MadeAt: t0, Count: 1, Position: r.Position, Incident: inc,
	}}
	if !slices.EqualFunc(got, want, func(a, b Notice) bool { return reflect.DeepEqual(a, b) }) {
		t.Errorf("notices are %+v, want %+v", got, want)
	}
}

type names struct{}

func (names) Device(a netip.Addr) (name, site string) {
	if a == olt {
		return "OLT North", "Dhaka"
	}
	return "", ""
}

func TestHostNameCannotRaiseAnAlarm(t *testing.T) {
	e := engine(t, Options{Packs: Packs(), Keywords: DefaultKeywords(), Rules: []Rule{rule(t, Rule{}, "rogue", "")}})
	raw := "<13>Jun 13 10:00:00 rogue-onu pon: all is well"
	r := message(0, olt, "")
	r.Raw, r.MessageAt = []byte(raw), strings.Index(raw, "all")
	e.Observe(r)
	if got := told(e); len(got) > 0 {
		t.Errorf("told %q", got)
	}
}

func TestOwnRulesComeFirst(t *testing.T) {
	e := engine(t, Options{Packs: Packs(), Keywords: DefaultKeywords(), Rules: []Rule{
		rule(t, Rule{Name: "many", Threshold: 5}, "deregister", ""),
		rule(t, Rule{Name: "Fan failed"}, "blower", ""),
	}})
	e.Observe(message(0, olt, "PON deregister 0/3"))
	e.Observe(message(1, olt, "fan 2 failed")) // the pack's rule of this name is replaced
	if got := told(e); len(got) > 0 {
		t.Errorf("told %q", got)
	}
	e.Observe(message(2, olt, "blower stopped"))
	if got := e.Take().Notices; len(got) != 1 || got[0].Rule != "Fan failed" {
		t.Errorf("told %v", got)
	}
}

func TestPackWithThreshold(t *testing.T) {
	e := engine(t, Options{Packs: []string{"system"}})
	for i := range 9 {
		e.Observe(message(float64(i), olt, "Failed password for root from 203.0.113.7 port 22"))
	}
	if got := told(e); len(got) > 0 {
		t.Errorf("told %q", got)
	}
	e.Observe(message(9, olt, "Failed password for root from 203.0.113.7 port 22"))
	if got := told(e); len(got) != 1 || !strings.HasSuffix(got[0], " 10+0") {
		t.Errorf("told %q", got)
	}
}

func TestDecisionsKeepStates(t *testing.T) {
	e := engine(t, Options{Rules: []Rule{rule(t, Rule{Cooldown: time.Minute}, "down", "")}})
	key := Key{Rule: "rule", Device: olt}
	e.Observe(message(0, olt, "down 1"))
	e.Observe(message(1, olt, "down 2"))
	d := e.Take()
	if len(d.States) != 1 || d.States[0].Key != key || d.States[0].Held != 1 || d.States[0].Last.Text != "down 2" || len(d.Gone) != 0 {
		t.Errorf("states are %+v, gone %v", d.States, d.Gone)
	}
	if d = e.Take(); !d.Empty() {
		t.Errorf("taken twice: %+v", d)
	}
	e.Advance(at(61))
	e.Take()
	e.Advance(at(61 + flapFor.Seconds()))
	if d = e.Take(); !slices.Equal(d.Gone, []Key{key}) || len(d.States) != 0 {
		t.Errorf("gone is %v, states %+v", d.Gone, d.States)
	}
	e.Observe(message(2001, olt, "down 3"))
	e.Advance(at(4000))
	e.Observe(message(4001, olt, "down 4"))
	if d = e.Take(); len(d.Gone) != 0 || len(d.States) != 1 {
		t.Errorf("came back: gone is %v, states %+v", d.Gone, d.States)
	}
}

func TestRestoreWithoutTheRule(t *testing.T) {
	e := engine(t, Options{Rules: []Rule{rule(t, Rule{Cooldown: time.Minute}, "down", "")}})
	e.Observe(message(0, olt, "down 1"))
	e.Observe(message(1, olt, "down 2"))
	other := engine(t, Options{})
	other.Restore(e.States())
	d := other.Take()
	if len(d.Notices) != 1 || d.Notices[0].Kind != KindMore || d.Notices[0].Count != 1 || !slices.Equal(d.Gone, []Key{{Rule: "rule", Device: olt}}) {
		t.Errorf("decisions are %+v", d)
	}
}

func TestObserveAllocatesNothing(t *testing.T) {
	e := engine(t, Options{Packs: Packs(), Keywords: DefaultKeywords(), Rules: []Rule{rule(t, Rule{}, `rogue /on[ut] \d+/`, "")}})
	for _, text := range []string{"all is well with interface Gi0/7", "ether7 link down"} {
		r := message(0, olt, text)
		for range 10 {
			e.Observe(r)
		}
		if n := testing.AllocsPerRun(100, func() { e.Observe(r) }); n != 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

func TestNewSetErrors(t *testing.T) {
	good := rule(t, Rule{Name: "good"}, "x", "")
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"two of a name", Options{Rules: []Rule{good, good}}, `alert rule "good": there is another`},
		{"no name", Options{Rules: []Rule{{Query: good.Query}}}, "needs a name"},
		{"no query", Options{Rules: []Rule{{Name: "x"}}}, `alert rule "x": it needs a query`},
		{"negative", Options{Rules: []Rule{{Name: "x", Query: good.Query, Within: -1}}}, "cannot be negative"},
		{"no such pack", Options{Packs: []string{"olt"}}, `there is no pack "olt"; there are pon, switch, system`},
		{"empty keyword", Options{Keywords: []string{" "}}, "keyword cannot be empty"},
	}
	for _, tt := range tests {
		if _, err := NewSet(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v", tt.name, err)
		}
	}
}
