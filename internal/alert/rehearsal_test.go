package alert

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func rehearsal(t testing.TB, o Options, r RehearsalOptions) *Rehearsal {
	t.Helper()
	set, err := NewSet(o)
	if err != nil {
		t.Fatal(err)
	}
	return NewRehearsal(set, r)
}

// sent returns the notices of a rehearsal as "seconds kind rule count".
func sent(r *Rehearsed) string {
	var all []string
	for _, n := range r.Newest {
		all = append(all, fmt.Sprintf("%d %s %s %d", (n.SentAt-t0)/1e6, n.Kind, n.Rule, n.Count))
	}
	return strings.Join(all, ", ")
}

func TestRehearsalSaysWhatWouldHaveBeenSentAndWhen(t *testing.T) {
	hour := Rule{Name: "down", Cooldown: time.Hour}
	tests := []struct {
		name     string
		rule     Rule
		clear    string
		messages []event // want is unused
		end      float64 // seconds
		want     string
	}{
		{"nothing fits", hour, "", []event{{0, olt, "up", ""}}, 10, ""},
		{"an alert when its message came", hour, "", []event{{0, olt, "hello", ""}, {5, olt, "down", ""}}, 10, "5 alert down 1"},
		{"what is held back, when the cooldown ends, though the next message comes later", hour, "",
			[]event{{0, olt, "down", ""}, {1, olt, "down", ""}, {2, olt, "down", ""}, {9000, olt, "hello", ""}}, 9001, "0 alert down 1, 3600 more down 2"},
		{"what is held back, when no message comes any more", hour, "", []event{{0, olt, "down", ""}, {1, olt, "down", ""}}, 4000, "0 alert down 1, 3600 more down 1"},
		{"what is held back at the end is not told", hour, "", []event{{0, olt, "down", ""}, {1, olt, "down", ""}}, 3000, "0 alert down 1"},
		{"devices apart", hour, "", []event{{0, olt, "down", ""}, {1, second, "down", ""}}, 10, "0 alert down 1, 1 alert down 1"},
		{"what is over", hour, "again", []event{{0, olt, "down", ""}, {60, olt, "down again", ""}}, 100, "0 alert down 1, 60 clear down 1"},
		{"a threshold", Rule{Name: "down", Threshold: 3, Within: time.Minute}, "",
			[]event{{0, olt, "down", ""}, {10, olt, "down", ""}, {100, olt, "down", ""}, {110, olt, "down", ""}, {120, olt, "down", ""}}, 130, "120 alert down 3"},
		{"days without a message", Rule{Name: "down", Cooldown: time.Minute}, "",
			[]event{{0, olt, "down", ""}, {1, olt, "down", ""}, {5 * 86400, olt, "down", ""}}, 5*86400 + 1, "0 alert down 1, 60 more down 1, 432000 alert down 1"},
		{"a clock that was set back makes the cooldown begin anew", hour, "",
			[]event{{4000, olt, "down", ""}, {4001, olt, "down", ""}, {0, olt, "hello", ""}, {3601, olt, "hello", ""}}, 3602, "4000 alert down 1, 3600 more down 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := rehearsal(t, Options{Rules: []Rule{rule(t, tt.rule, "down", tt.clear)}}, RehearsalOptions{Notices: 100})
			for _, m := range tt.messages {
				h.Observe(message(m.seconds, m.device, m.text))
			}
			r := h.End(0, at(tt.end))
			if got := sent(r); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if r.Messages != int64(len(tt.messages)) || r.To != at(tt.end) {
				t.Errorf("%d messages up to %d, want %d up to %d", r.Messages, r.To, len(tt.messages), at(tt.end))
			}
		})
	}
}

func TestRehearsalTellsDaysAndTheNoisiest(t *testing.T) {
	directory := tagged{olt: "OLT North"}
	h := rehearsal(t, Options{Rules: []Rule{rule(t, Rule{Name: "lost", Cooldown: time.Second}, "lost", ""), rule(t, Rule{Name: "loop", Cooldown: time.Second}, "loop", "")}, Directory: directory},
		RehearsalOptions{Notices: 2, Location: time.FixedZone("", 3600)})
	// t0 is 22:13:20 UTC: the day ends, an hour east, after 2,800 s.
	for i := range 10 {
		h.Observe(message(float64(i*600), olt, fmt.Sprintf("ONU 0/%d lost", i)))
	}
	h.Observe(message(6000, second, "loop on Gi0/3"))
	r := h.End(at(-100), at(6100))
	want := &Rehearsed{
		From: at(-100), To: at(6100), Messages: 11, Told: 11, Notices: 11, Alerts: 11,
		Days:    []RehearsedDay{{Day: 20231114, Messages: 5, Alerts: 5}, {Day: 20231115, Messages: 6, Alerts: 6}},
		Busiest: RehearsedHour{At: at(2800), Alerts: 6},
		Devices: []Cause{
			{Device: "10.0.0.1", DeviceName: "OLT North", Notices: 10, Told: 10},
			{Device: "10.0.0.2", Notices: 1, Told: 1},
		},
		Rules:   []Cause{{Rule: "lost", Notices: 10, Told: 10}, {Rule: "loop", Notices: 1, Told: 1}},
		Texts:   []Cause{{Rule: "lost", Text: "ONU #/# lost", Notices: 10, Told: 10}, {Rule: "loop", Text: "loop on Gi#/#", Notices: 1, Told: 1}},
		LeftOff: 9, Notes: []string{},
	}
	if got := sent(r); got != "5400 alert lost 1, 6000 alert loop 1" {
		t.Errorf("newest: %s", got)
	}
	if n := r.Newest[0]; n.Device != "10.0.0.1" || n.DeviceName != "OLT North" || n.Text != "ONU 0/9 lost" || n.Message != "20231114:5400000" || n.Severity != 6 {
		t.Errorf("a notice: %+v", n)
	}
	r.Newest = nil
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
}

// tagged is a directory of names.
type tagged map[netip.Addr]string

func (d tagged) Device(a netip.Addr) (name, site string) { return d[a], "" }

func TestRehearsalOfOneWordRuleLeavesTheOthersTheirMessages(t *testing.T) {
	h := rehearsal(t, Options{Keywords: []string{"loop detected", "detected"}}, RehearsalOptions{Only: "detected", Notices: 10})
	for i, text := range []string{"loop detected on port 1", "motion detected", "loop detected on port 2"} {
		h.Observe(message(float64(i), olt, text))
	}
	if got := sent(h.End(0, at(3))); got != "1 alert detected 1" {
		t.Errorf("got %q", got)
	}
}

func TestRehearsalOfAStormStaysSmall(t *testing.T) {
	h := rehearsal(t, Options{Rules: []Rule{rule(t, Rule{Name: "down", Cooldown: time.Microsecond}, "down", "")}}, RehearsalOptions{Notices: 5})
	const n, spread = 60_000, 30_000
	for i := range n {
		device := netip.AddrFrom4([4]byte{10, byte(i % spread >> 16), byte(i % spread >> 8), byte(i % spread)})
		text := "down " + strings.Repeat(string(rune('g'+i%20)), i%spread/20%100+1)
		if i%3 == 0 {
			device, text = olt, "down for good"
		}
		h.Observe(message(float64(i)/100, device, text))
	}
	if devices, texts := len(h.devices.counts), len(h.texts.counts); devices > 2*maxCauses || texts > 2*maxCauses {
		t.Errorf("%d devices and %d texts are kept", devices, texts)
	}
	r := h.End(0, 0)
	if r.Notices != n || len(r.Newest) != 5 || r.LeftOff != n-5 || r.To != at((n-1)/100.) {
		t.Errorf("%d notices, %d shown, %d left off, to %d", r.Notices, len(r.Newest), r.LeftOff, r.To)
	}
	if len(r.Devices) != maxNoisiest || r.Devices[0].Device != olt.String() || r.Devices[0].Notices < n/3 || len(r.Texts) != maxNoisiest || r.Texts[0].Text != "down for good" {
		t.Errorf("noisiest: %+v, %+v", r.Devices[0], r.Texts[0])
	}
}

func TestTheBusiestHourIsOneOfTheClockThere(t *testing.T) {
	for _, tt := range []struct {
		east   int // seconds
		at     []float64
		begin  float64 // t0 is 22:13:20 UTC
		alerts int64
	}{
		{0, []float64{0, 2000, 2790, 2810}, -800, 3},
		{5*3600 + 1800, []float64{0, 990, 1010, 2000, 2810}, 1000, 3}, // 03:43:20, India
		{-3 * 3600, []float64{0, 2810}, -800, 1},                      // the first of two
	} {
		h := rehearsal(t, Options{Rules: []Rule{rule(t, Rule{Name: "down", Cooldown: time.Second}, "down", "")}}, RehearsalOptions{Location: time.FixedZone("", tt.east)})
		for _, s := range tt.at {
			h.Observe(message(s, olt, "down"))
		}
		if got, want := h.End(0, 0).Busiest, (RehearsedHour{At: at(tt.begin), Alerts: tt.alerts}); got != want {
			t.Errorf("%d s east: %+v, want %+v", tt.east, got, want)
		}
	}
}

func TestRehearsalThatIsToldHowManyThereWere(t *testing.T) {
	h := rehearsal(t, Options{Rules: []Rule{rule(t, Rule{Name: "down"}, "down", "")}}, RehearsalOptions{Counted: true, Notices: 1})
	h.Count(20231113, 7)
	h.Count(20231114, 1000)
	h.Observe(message(0, olt, "down"))
	r := h.End(0, at(1))
	if r.Messages != 1007 || len(r.Days) != 2 || r.Days[1] != (RehearsedDay{Day: 20231114, Messages: 1000, Alerts: 1}) {
		t.Errorf("%d messages, days %+v", r.Messages, r.Days)
	}
	if r := rehearsal(t, Options{}, RehearsalOptions{}).End(0, at(1)); r.Notices != 0 || r.Messages != 0 || len(r.Days) != 0 {
		t.Errorf("of nothing: %+v", r)
	}
}

func TestRehearsalCountsAMessageOfAnAreaOnce(t *testing.T) {
	h := rehearsal(t, Options{}, RehearsalOptions{Notices: 10})
	incident := func(id int64, count int, into int64) *Incident {
		return &Incident{ID: id, Count: count, Into: into, Total: 1}
	}
	for _, n := range []Notice{
		{Kind: KindAlert, Count: 1, Incident: incident(1, 1, 0)},
		{Kind: KindMore, Count: 1, Incident: incident(1, 1, 2)}, // became part of the area 2
		{Kind: KindAlert, Count: 4, Incident: incident(2, 4, 0)},
		{Kind: KindMore, Count: 64, Incident: incident(2, 64, 0)},
		{Kind: KindClear, Count: 64, Incident: incident(2, 64, 0)},
		{Kind: KindAlert, Count: 3}, // none of an incident
	} {
		h.note(&n, t0)
	}
	if r := h.End(0, 0); r.Told != 67 || r.Notices != 6 || r.Alerts != 3 {
		t.Errorf("%d messages of 67 told, %d notices, %d alerts", r.Told, r.Notices, r.Alerts)
	}
}

func BenchmarkRehearsal(b *testing.B) {
	h := rehearsal(b, Options{Packs: Packs(), Keywords: DefaultKeywords()}, RehearsalOptions{Notices: 100})
	texts := []string{
		"ONU 0/1/2:7 rx power -17.7 dBm on gpon-olt_1/2/1:9 serial HWTC52CB59F9", "interface Gi0/1, changed state to up",
		"session opened for user admin by (uid=0)", "PON 0/3 ONU 12 deregister, dying gasp", "DHCP lease 10.0.0.12 renewed",
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		h.Observe(message(float64(i)/1000, olt, texts[i%len(texts)]))
		i++
	}
}
