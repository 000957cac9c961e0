package tray

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/logboom/logboom/assets"
	"github.com/logboom/logboom/internal/service"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// well is a status without trouble.
func well(change ...func(*Status)) *Status {
	s := &Status{Version: "1.2.3", Devices: 40}
	s.Health.State = "ok"
	s.Rate.Received = 1234
	for _, f := range change {
		f(s)
	}
	return s
}

func open(n int) func(*Status) { return func(s *Status) { s.Incidents = n } }
func mutedFor(d time.Duration) func(*Status) {
	return func(s *Status) { s.Alerts.MutedUntil = noon.Add(d).UnixMicro() }
}
func trouble(state, what, fact string) func(*Status) {
	return func(s *Status) {
		if s.Health.State != "failing" {
			s.Health.State = state
		}
		s.Health.Problems = append(s.Health.Problems, Problem{state, what, fact})
	}
}

func TestShow(t *testing.T) {
	away := errors.New("connection refused")
	tests := []struct {
		name    string
		facts   Facts
		icon    string
		state   string
		problem string
		tooltip string
		can     string // of start, stop, restart, mute: their first letters
	}{
		{"running", Facts{Status: well(), Service: service.Running}, assets.Running,
			"Running: 1,200 messages/s, 40 devices today", "", "Logboom: running: 1,200 messages/s, 40 devices today", "srm"},
		{"running by hand, no service", Facts{Status: well(), Service: service.NotInstalled}, assets.Running,
			"Running: 1,200 messages/s, 40 devices today", "", "Logboom: running: 1,200 messages/s, 40 devices today", "m"},
		{"one incident", Facts{Status: well(open(1)), Service: service.Running}, assets.Incident,
			"1 incident is open", "", "Logboom: 1 incident is open\n1,200 messages/s, 40 devices today", "srm"},
		{"many incidents", Facts{Status: well(open(1500)), Service: service.Running}, assets.Incident,
			"1,500 incidents are open", "", "Logboom: 1,500 incidents are open\n1,200 messages/s, 40 devices today", "srm"},
		{"degraded is no other icon", Facts{Status: well(trouble("degraded", "udp :514", "not open: in use")), Service: service.Running}, assets.Running,
			"Running: 1,200 messages/s, 40 devices today", "Needs attention: udp :514: not open: in use",
			"Logboom: running: 1,200 messages/s, 40 devices today\nudp :514: not open: in use", "srm"},
		{"losing is worse than an incident", Facts{Status: well(open(2), trouble("failing", "loss", "7 messages a second are being lost")), Service: service.Running}, assets.Losing,
			"Messages are being lost", "Needs attention: loss: 7 messages a second are being lost",
			"Logboom: messages are being lost\n1,200 messages/s, 40 devices today\n2 incidents are open\nloss: 7 messages a second are being l…", "srm"},
		{"muted", Facts{Status: well(mutedFor(time.Hour)), Service: service.Running}, assets.Running,
			"Running: 1,200 messages/s, 40 devices today", "", "Logboom: running: 1,200 messages/s, 40 devices today\nAlerts are muted until 13:00", "srm"},
		{"stopped", Facts{Err: away, Service: service.Stopped}, assets.Stopped, "Stopped", "", "Logboom: stopped", "S"},
		{"failed", Facts{Err: away, Service: service.Failed}, assets.Stopped, "Stopped: the service has failed", "Open the log to see why", "Logboom: stopped: the service has failed", "S"},
		{"starting", Facts{Err: away, Service: service.Starting}, assets.Stopped, "Starting", "", "Logboom: starting", "sr"},
		{"stopping", Facts{Err: away, Service: service.Stopping}, assets.Stopped, "Stopping", "", "Logboom: stopping", ""},
		{"not installed", Facts{Err: away, Service: service.NotInstalled}, assets.Stopped, "The service is not installed", "", "Logboom: the service is not installed", ""},
		{"runs, but does not answer", Facts{Err: away, Service: service.Running}, assets.Unreachable,
			"The console does not answer", "The service runs; messages are received all the same", "Logboom: the console does not answer", "sr"},
		{"nobody knows", Facts{Err: away, ServiceErr: errors.New("no systemd")}, assets.Unreachable, "The console does not answer", "", "Logboom: the console does not answer", ""},
		{"a stranger on the port", Facts{Err: errStranger, Service: service.Running}, assets.Unreachable, "Another program answers in place of the console", "", "Logboom: another program answers in place of the console", "sr"},
		{"a stranger, no service", Facts{Err: errStranger, Service: service.NotInstalled}, assets.Unreachable, "Another program answers in place of the console", "", "Logboom: another program answers in place of the console", ""},
		{"being stopped", Facts{Status: well(), Service: service.Running, Doing: Stop}, assets.Running, "Stopping the service", "", "Logboom: stopping the service", "m"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.facts.Now = noon
			v := show(tt.facts)
			can := ""
			for _, c := range []struct {
				is     bool
				letter string
			}{{v.CanStart, "S"}, {v.CanStop, "s"}, {v.CanRestart, "r"}, {v.CanMute, "m"}} {
				if c.is {
					can += c.letter
				}
			}
			if v.Icon != tt.icon || v.State != tt.state || v.Problem != tt.problem || v.Tooltip != tt.tooltip || can != tt.can {
				t.Errorf("icon %q, state %q, problem %q, can %q\ntooltip %q\nwant icon %q, state %q, problem %q, can %q\ntooltip %q",
					v.Icon, v.State, v.Problem, can, v.Tooltip, tt.icon, tt.state, tt.problem, tt.can, tt.tooltip)
			}
		})
	}
}

func TestMuteSaysWhatAClickDoes(t *testing.T) {
	for _, tt := range []struct {
		status *Status
		want   string
		muted  bool
	}{
		{well(), "Mute alerts for an hour", false},
		{well(mutedFor(20 * time.Minute)), "Tell alerts again (muted until 12:20)", true},
		{well(mutedFor(20 * time.Hour)), "Tell alerts again (muted until Nov 27 08:00)", true},
		{well(mutedFor(-time.Second)), "Mute alerts for an hour", false},
		{nil, "Mute alerts for an hour", false},
	} {
		if v := show(Facts{Status: tt.status, Now: noon}); v.Mute != tt.want || v.Muted != tt.muted || v.CanMute != (tt.status != nil) {
			t.Errorf("%q, muted %v, can %v; want %q", v.Mute, v.Muted, v.CanMute, tt.want)
		}
	}
}

func TestIncidentsOfTheMenu(t *testing.T) {
	var list []Incident
	for i := range 7 {
		list = append(list, Incident{ID: int64(i), DeviceName: "OLT North", Device: "10.0.0.1", Text: fmt.Sprint("PON deregister ", i), At: noon.Add(-time.Duration(i) * 7 * time.Hour).UnixMicro()})
	}
	v := show(Facts{Status: well(open(2)), Incidents: list, Now: noon})
	want := [maxIncidents]string{
		"12:00 OLT North: PON deregister 0", "05:00 OLT North: PON deregister 1", "Nov 25 22:00 OLT North: PON deregister 2",
		"Nov 25 15:00 OLT North: PON deregister 3", "Nov 25 08:00 OLT North: PON deregister 4",
	}
	if v.Last != want || v.Incidents != "Last incidents: 2 open" {
		t.Errorf("%q %q, want %q", v.Incidents, v.Last, want)
	}
	if v := show(Facts{Status: well(), Now: noon}); v.Incidents != "No incident yet" || v.Last[0] != "" {
		t.Errorf("%q %q without one", v.Incidents, v.Last)
	}
	for _, tt := range []struct {
		i    Incident
		want string
	}{
		{Incident{Device: "10.0.0.1", Text: "x"}, "12:00 10.0.0.1: x"},
		{Incident{Rule: "Logboom: disk", Text: "full"}, "12:00 full"},
		{Incident{Rule: "silent"}, "12:00 silent"},
		{Incident{DeviceName: "a\nb\x00\u202ec", Text: "d\te \x1b[31mf\u009b3J\xff g"}, "12:00 a b c: d e [31mf 3J g"},
	} {
		tt.i.At = noon.UnixMicro()
		if got := incidentLabel(tt.i, noon); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// Whatever a server or a device says, it has to fit.
func TestHostileTextFits(t *testing.T) {
	for _, evil := range []string{
		strings.Repeat("x", 1<<20), strings.Repeat("🌲", 5000), strings.Repeat("\x00\n\t", 9999), strings.Repeat("e\u0301", 4000),
		"\u202e\u2066\u200f\ufeff", strings.Repeat("\xff\xfe", 1000), "a&b_c && __", strings.Repeat("wide words ", 1000), "",
	} {
		s := well(open(math.MaxInt), trouble("failing", evil, evil), mutedFor(time.Hour))
		s.Rate.Received = 1e300
		s.Devices = math.MinInt
		v := show(Facts{Status: s, Service: service.Running, Incidents: []Incident{{DeviceName: evil, Device: evil, Rule: evil, Text: evil, At: math.MaxInt64}}, Now: noon})
		for name, text := range map[string]string{"state": v.State, "problem": v.Problem, "incident": v.Last[0], "incidents": v.Incidents, "mute": v.Mute} {
			if n := utf8.RuneCountInString(text); n > maxLabel || strings.ContainsAny(text, "\n\x00\u202e\u200f") || !utf8.ValidString(text) {
				t.Errorf("%s has %d characters: %q", name, n, text)
			}
		}
		if n := units(v.Tooltip); n > maxTooltip || !utf8.ValidString(v.Tooltip) {
			t.Errorf("tooltip has %d units: %q", n, v.Tooltip)
		}
		var n news
		n.see(nil, false)
		n.see([]Incident{{ID: 1, DeviceName: evil, Rule: evil, Text: evil}}, false)
		if note, ok := n.note(noon, func(string) string { return "" }); !ok || len(note.Title) > 400 || len(note.Text) > 1000 {
			t.Errorf("note %q with %d bytes", note.Title, len(note.Text))
		}
	}
}

func TestClean(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"plain", 10, "plain"}, {"", 10, ""}, {"  a  b  ", 10, "a b"}, {"0123456789", 10, "0123456789"}, {"01234567890", 10, "012345678…"},
		{"ab cd", 3, "ab…"}, {"ab cd", 4, "ab…"}, {"überlänge", 5, "über…"}, {"a\r\nb", 9, "a b"}, {"日本語", 2, "日…"},
	} {
		if got := clean(tt.in, tt.n); got != tt.want {
			t.Errorf("clean(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

func TestRatesAreRounded(t *testing.T) {
	for rate, want := range map[float64]string{
		0: "0", -1: "0", math.NaN(): "0", 0.04: "0", 0.25: "0.3", 9.94: "9.9", 9.96: "10", 12.4: "12", 99.6: "100", 123: "120", 1234: "1,200", 98765: "99,000", 1234567: "1,200,000",
	} {
		if got := perSecond(rate); got != want {
			t.Errorf("perSecond(%v) = %q, want %q", rate, got, want)
		}
	}
}
