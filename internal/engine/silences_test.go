package engine

import (
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/silence"
	"github.com/logboom/logboom/internal/state"
)

// A bench is a watch over devices that people allow half an hour of silence.
type silenceBench struct {
	*silences
	t       *testing.T
	path    string
	now     time.Time     // our clock
	passed  time.Duration // what has passed in truth
	deaf    bool          // messages may not come in
	devices []netip.Addr
}

const allowed = 30 * time.Minute

func newSilenceBench(t *testing.T, devices int) *silenceBench {
	t.Helper()
	b := &silenceBench{t: t, path: filepath.Join(t.TempDir(), state.FileName), now: time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)}
	for i := range devices {
		b.devices = append(b.devices, netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}))
	}
	b.start()
	return b
}

// start begins anew with what is stored, as after a crash.
func (b *silenceBench) start() {
	b.t.Helper()
	st, err := state.Open(state.Options{Path: b.path})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { st.Close() })
	set, err := alert.NewSet(alert.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.silences = &silences{
		watch: silence.New(func(netip.Addr) (time.Duration, bool) { return allowed, true }), engine: alert.NewEngine(set), state: st,
		log: slog.New(slog.DiscardHandler), hearing: func() bool { return !b.deaf },
	}
	states, err := st.AlertStates(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	newest, err := st.NewestIncident(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	b.engine.Resume(newest)
	b.engine.Restore(states)
	if err := b.restore(b.t.Context(), b.now.UnixMicro()); err != nil {
		b.t.Fatal(err)
	}
}

// run lets time pass; with speak, each device speaks every minute.
func (b *silenceBench) run(d time.Duration, speak ...netip.Addr) {
	b.t.Helper()
	for range d / (10 * time.Second) {
		b.now, b.passed = b.now.Add(10*time.Second), b.passed+10*time.Second
		for _, a := range speak {
			b.watch.Heard(a, b.now.UnixMicro())
			b.engine.Heard(a, b.now.UnixMicro())
		}
		b.engine.Advance(b.now.UnixMicro())
		b.tick(b.t.Context(), b.now.UnixMicro(), b.passed)
		if err := b.state.Decide(b.t.Context(), "", nil, b.engine.Take()); err != nil {
			b.t.Fatal(err)
		}
	}
}

// told returns what people were told, oldest first, and how many incidents are open.
func (b *silenceBench) told() (told []string, open int) {
	b.t.Helper()
	alerts, err := b.state.RecentAlerts(b.t.Context(), 100)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := len(alerts) - 1; i >= 0; i-- {
		told = append(told, fmt.Sprintf("%s %s", alerts[i].Kind, alerts[i].Incident.What()))
	}
	all, err := b.state.Incidents(b.t.Context(), state.IncidentFilter{Open: true})
	if err != nil {
		b.t.Fatal(err)
	}
	return told, len(all)
}

func (b *silenceBench) expect(open int, want ...string) {
	b.t.Helper()
	got, n := b.told()
	if fmt.Sprint(got) != fmt.Sprint(want) || n != open {
		b.t.Errorf("told %q, %d open, want %q, %d open", got, n, want, open)
	}
}

func TestSilenceFromEndToEnd(t *testing.T) {
	const gone, back = "alert Device silent", "clear Device silent"
	tests := []struct {
		name string
		play func(b *silenceBench)
	}{
		{"goes quiet and comes back", func(b *silenceBench) {
			b.run(time.Hour, b.devices...)
			b.run(29*time.Minute, b.devices[1:]...)
			b.expect(0)
			b.run(5*time.Minute, b.devices[1:]...)
			b.expect(1, gone)
			b.run(time.Minute, b.devices...)
			b.expect(0, gone, back)
		}},
		{"a crash while it is silent", func(b *silenceBench) {
			b.run(time.Hour, b.devices...)
			b.run(40*time.Minute, b.devices[1:]...)
			b.expect(1, gone)
			b.start()
			b.run(2*time.Hour, b.devices[1:]...)
			b.expect(1, gone)
			b.start()
			b.run(time.Minute, b.devices...)
			b.expect(0, gone, back)
		}},
		{"the server was away for a night", func(b *silenceBench) {
			b.run(time.Hour, b.devices...)
			b.now = b.now.Add(10 * time.Hour)
			b.start()
			b.run(29 * time.Minute)
			b.run(time.Hour, b.devices...)
			b.expect(0)
		}},
		{"a device that went while the server was away", func(b *silenceBench) {
			b.run(time.Hour, b.devices...)
			b.now = b.now.Add(10 * time.Hour)
			b.start()
			b.run(40*time.Minute, b.devices[1:]...)
			b.expect(1, gone)
		}},
		{"a listener is closed", func(b *silenceBench) {
			b.run(time.Hour, b.devices...)
			b.deaf = true
			b.run(3 * time.Hour)
			b.deaf = false
			b.run(29 * time.Minute)
			b.run(time.Hour, b.devices...)
			b.expect(0)
		}},
		{"the machine sleeps", func(b *silenceBench) {
			b.run(time.Hour, b.devices...)
			b.now = b.now.Add(9 * time.Hour) // the other clock stands still meanwhile
			b.run(29 * time.Minute)
			b.run(time.Hour, b.devices...)
			b.expect(0)
		}},
		{"the program is stopped and goes on", func(b *silenceBench) {
			b.run(time.Hour, b.devices...)
			b.now, b.passed = b.now.Add(9*time.Hour), b.passed+9*time.Hour
			b.run(29 * time.Minute)
			b.run(time.Hour, b.devices...)
			b.expect(0)
		}},
		{"the clock is set forward and back", func(b *silenceBench) {
			b.run(time.Hour, b.devices...)
			b.now = b.now.Add(25 * time.Hour)
			b.run(time.Hour, b.devices...)
			b.now = b.now.Add(-25 * time.Hour)
			b.run(time.Hour, b.devices...)
			b.expect(0)
			b.run(40*time.Minute, b.devices[1:]...)
			b.expect(1, gone)
		}},
		{"the network of this server", func(b *silenceBench) {
			b.run(time.Hour, b.devices...)
			b.run(40 * time.Minute)
			b.expect(1, "alert All devices silent")
			b.run(time.Minute, b.devices...)
			b.expect(0, "alert All devices silent", "clear All devices silent")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.play(newSilenceBench(t, 8)) })
	}
}

func TestPresence(t *testing.T) {
	b := newSilenceBench(t, 4)
	b.run(time.Hour, b.devices...)
	b.run(40*time.Minute, b.devices[1:]...)
	if p := b.presence(b.devices[0]); !p.Silent || p.Allowed != allowed || !p.Set {
		t.Errorf("the silent one is %+v", p)
	}
	if p := b.presence(b.devices[1]); p.Silent {
		t.Errorf("the other is %+v", p)
	}
}
