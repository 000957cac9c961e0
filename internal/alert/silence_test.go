package alert

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

// sites is a directory: 10.0.3.7 is "OLT 3-7" of site "S3", 10.9.x.y has neither.
type sites struct{}

func (sites) Device(a netip.Addr) (name, site string) {
	b := a.As4()
	if b[1] == 9 {
		return "", ""
	}
	return fmt.Sprintf("OLT %d-%d", b[2], b[3]), fmt.Sprintf("S%d", b[2])
}

func device(site, n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(site), byte(n)}) }

// homeless is a device of no site.
func homeless(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 9, 0, byte(n)}) }

// hush is a device that goes quiet or, with back, is heard; or time that passes.
type hush struct {
	seconds  float64 // when it is noticed; its newest message was 900 s before
	device   netip.Addr
	back     bool
	expected int
}

func (h hush) play(e *Engine) {
	switch {
	case !h.device.IsValid():
		e.Advance(at(h.seconds))
	case h.back:
		e.Observe(message(h.seconds, h.device, "interface up"))
	default:
		e.Advance(at(h.seconds))
		e.Silent(Silence{Device: h.device, LastAt: at(h.seconds - 900), Allowed: 15 * time.Minute, Expected: h.expected})
	}
}

func many(seconds float64, expected int, devices ...netip.Addr) (all []hush) {
	for i, d := range devices {
		all = append(all, hush{seconds: seconds + float64(i), device: d, expected: expected})
	}
	return all
}

func list(site, n int) (all []netip.Addr) {
	for i := range n {
		all = append(all, device(site, i+1))
	}
	return all
}

func TestSilence(t *testing.T) {
	tests := []struct {
		name  string
		steps []hush
		want  []string
	}{
		{"one device", []hush{{0, olt, false, 100}, {119, netip.Addr{}, false, 0}}, nil},
		{"one device, after the hold", []hush{{0, olt, false, 100}, {121, netip.Addr{}, false, 0}},
			[]string{"alert Device silent | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s"}},
		{"told twice after a crash", []hush{{0, olt, false, 100}, {1, olt, false, 100}, {121, netip.Addr{}, false, 0}},
			[]string{"alert Device silent | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s"}},
		{"back before people were told", []hush{{0, olt, false, 100}, {60, olt, true, 0}, {300, netip.Addr{}, false, 0}}, nil},
		{"back", []hush{{0, olt, false, 100}, {300, olt, true, 0}, {900, netip.Addr{}, false, 0}}, []string{
			"alert Device silent | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s",
			"clear Device silent cleared | heard again after 20 min 0 s"}},
		{"another device does not clear it", []hush{{0, olt, false, 100}, {300, second, true, 0}},
			[]string{"alert Device silent | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s"}},
		{"two of a site are two incidents", append(many(0, 100, list(3, 2)...), hush{seconds: 200}), []string{
			"alert Device silent | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s",
			"alert Device silent | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s"}},
		{"a site is one incident", append(many(0, 100, list(3, 12)...), hush{seconds: 200}),
			[]string{"alert 12 devices of site S3 silent, down 12"}},
		{"a site is over when all are back", append(append(many(0, 100, list(3, 3)...), hush{seconds: 200}),
			hush{300, device(3, 1), true, 0}, hush{301, device(3, 2), true, 0}, hush{302, device(3, 3), true, 0}),
			[]string{"alert 3 devices of site S3 silent, down 3", "clear 3 devices of site S3 silent, down 0 cleared"}},
		{"some of a site are back", append(append(many(0, 100, list(3, 3)...), hush{seconds: 200}),
			hush{300, device(3, 1), true, 0}, hush{seconds: 1000}),
			[]string{"alert 3 devices of site S3 silent, down 3", "more 3 devices of site S3 silent, down 2"}},
		{"a site whose devices are noticed late", append(many(0, 100, device(3, 1)), append(many(1000, 100, device(3, 2)), append(many(2000, 100, device(3, 3)), hush{seconds: 2200})...)...),
			[]string{
				"alert Device silent | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s",
				"alert Device silent | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s",
				"more Device silent merged | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s",
				"more Device silent merged | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s",
				"alert 3 devices of site S3 silent, down 3"}},
		{"several of no site", append(many(0, 100, homeless(1), homeless(2), homeless(3), homeless(4), homeless(5), homeless(6)), hush{seconds: 200}),
			[]string{"alert 6 devices silent, down 6"}},
		{"most of them", append(many(0, 8, homeless(1), homeless(2), homeless(3), homeless(4), homeless(5), homeless(6)), hush{seconds: 200}),
			[]string{"alert 6 of 8 devices silent, down 6"}},
		{"all of them, of several sites", append(many(0, 9, append(append(list(1, 3), list(2, 3)...), list(3, 3)...)...), hush{seconds: 200}),
			[]string{"alert All devices silent, down 9"}},
		{"all of them, after a site was told", append(append(many(0, 9, list(1, 4)...), hush{seconds: 200}), append(many(300, 9, append(list(2, 3), list(3, 2)...)...), hush{seconds: 600})...),
			[]string{"alert 4 devices of site S1 silent, down 4", "more 4 devices of site S1 silent, down 4 merged", "alert All devices silent, down 9"}},
		{"goes quiet again soon", []hush{{0, olt, false, 100}, {300, olt, true, 0}, {1300, olt, false, 100}, {1600, netip.Addr{}, false, 0}}, []string{
			"alert Device silent | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s",
			"clear Device silent cleared | heard again after 20 min 0 s",
			"alert Device silent | nothing heard for 15 min 0 s; as a rule it speaks at least every 15 min 0 s"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := engine(t, Options{Directory: sites{}})
			for _, s := range tt.steps {
				s.play(e)
			}
			if got := silences(e.Take()); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func silences(d Decisions) (lines []string) {
	for _, n := range d.Notices {
		line := fmt.Sprintf("%s %s", n.Kind, n.Incident.What())
		if n.Incident.Total > 0 {
			line += fmt.Sprintf(", down %d", n.Incident.Down)
		}
		if n.Incident.State != IncidentOpen {
			line += " " + string(n.Incident.State)
		}
		if n.Incident.Total == 0 {
			line += " | " + n.Text
		}
		lines = append(lines, line)
	}
	return lines
}

// Two engines, one of which is stored and restored after each step, say the same.
func TestSilenceOutlivesRestarts(t *testing.T) {
	steps := append(many(0, 20, append(list(1, 4), homeless(1), homeless(2))...), hush{seconds: 300})
	steps = append(steps, hush{400, device(1, 1), true, 0}, hush{seconds: 1100})
	steps = append(steps, many(1200, 20, append(list(2, 3), append(list(3, 3), homeless(4), homeless(5))...)...)...)
	steps = append(steps, hush{seconds: 1500})
	for _, d := range append(append(append(list(1, 4), list(2, 3)...), list(3, 3)...), homeless(1), homeless(2), homeless(4), homeless(5)) {
		steps = append(steps, hush{1600, d, true, 0})
	}
	steps = append(steps, hush{seconds: 9000})

	whole := engine(t, Options{Directory: sites{}})
	cut := engine(t, Options{Directory: sites{}})
	stored := map[string]State{}
	var want, got []string
	incidents := map[int64]Incident{}
	for i, s := range steps {
		s.play(whole)
		s.play(cut)
		want = append(want, silences(whole.Take())...)
		d := cut.Take()
		got = append(got, silences(d)...)
		for _, inc := range d.Incidents {
			incidents[inc.ID] = inc
		}
		for _, st := range d.States {
			b, err := json.Marshal(st)
			if err != nil {
				t.Fatal(err)
			}
			var back State
			if err := json.Unmarshal(b, &back); err != nil {
				t.Fatal(err)
			}
			stored[fmt.Sprint(st.Key)] = back
		}
		for _, k := range d.Gone {
			delete(stored, fmt.Sprint(k))
		}
		next, now := cut.next, cut.now
		cut = engine(t, Options{Directory: sites{}})
		var states []State
		for _, st := range stored {
			states = append(states, st)
		}
		cut.Resume(next)
		cut.Restore(states)
		cut.Advance(now)
		if got, want := cut.Silences(), whole.Silences(); got != want {
			t.Fatalf("after step %d: %d are silent, want %d", i, got, want)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(stored) != 0 {
		t.Errorf("%d troubles are left: %v", len(stored), stored)
	}
	for _, inc := range incidents {
		if !inc.Over() {
			t.Errorf("incident %d is %s: %s", inc.ID, inc.State, inc.What())
		}
	}
}

func TestSilenceSwitchedOff(t *testing.T) {
	e := engine(t, Options{NoSilence: true})
	hush{0, olt, false, 1}.play(e)
	hush{seconds: 300}.play(e)
	if d := e.Take(); !d.Empty() {
		t.Errorf("decided %+v", d)
	}
	on := engine(t, Options{Directory: sites{}})
	for _, s := range append(many(0, 100, append(list(3, 3), olt)...), hush{seconds: 300}) {
		s.play(on)
	}
	e = engine(t, Options{NoSilence: true})
	e.Restore(on.States())
	d := e.Take()
	if len(d.Gone) != 2 || len(d.Incidents) != 2 || len(d.Notices) != 0 || d.Incidents[0].State != IncidentExpired {
		t.Errorf("what was open is not ended quietly: %+v", d)
	}
}

// The name that a device has by DNS or gives itself is shown, and rules do not see it.
func TestCalledIsShownOnly(t *testing.T) {
	o := Options{Directory: sites{}, Called: func(netip.Addr) string { return "olt.example.net (dns)" }}
	o.Rules = []Rule{rule(t, Rule{}, "name:olt.example.net down", "")}
	e := engine(t, o)
	e.Observe(message(0, homeless(1), "port down"))
	if d := e.Take(); len(d.Notices) != 0 {
		t.Errorf("a rule has seen the name: %+v", d.Notices)
	}
	hush{1, homeless(1), false, 10}.play(e)
	hush{seconds: 200}.play(e)
	d := e.Take()
	if len(d.Notices) != 1 || d.Notices[0].DeviceName != "olt.example.net (dns)" || d.Notices[0].Incident.DeviceName != "olt.example.net (dns)" {
		t.Errorf("told %+v", d.Notices)
	}
}

func TestThousandsGoQuiet(t *testing.T) {
	e := engine(t, Options{})
	for i := range 30_000 {
		e.Advance(at(float64(i) / 1000))
		e.Silent(Silence{Device: netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), LastAt: at(-900), Allowed: time.Minute, Expected: 60_000})
	}
	e.Advance(at(3600))
	d := e.Take()
	if len(d.Notices) != 1 || len(d.States) > 2 {
		t.Errorf("%d notices, %d states", len(d.Notices), len(d.States))
	}
	if got := d.Notices[0].Text; len(got) > MaxText || !strings.HasPrefix(got, "20000 devices silent: silent 20000 of 20000: 10.1.0.0, ") {
		t.Errorf("told %.200q", got)
	}
}
