package alert

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/pack"
)

// An engine that is replaced after every message by one for the same set
// decides the same as one that is not.
func TestSucceedChangesNothing(t *testing.T) {
	vendors, err := pack.New(pack.Options{Names: []string{"vsol", "huawei-olt"}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := NewSet(Options{
		Packs: Packs()[:1], Keywords: []string{"link down"}, Vendors: vendors, Cooldown: time.Minute,
		Rules: []Rule{
			rule(t, Rule{Name: "burst", Threshold: 3, Within: 20 * time.Second}, "burst", "calm"),
			rule(t, Rule{Name: "held", Hold: 10 * time.Second, Cooldown: 30 * time.Second}, `/held (?P<port>\d+)/`, "released"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{
		"burst", "calm", "held 1", "held 2", "released", "link down on port 4", "nothing", "power supply failed",
		"PON 0/3 ONU 14", "ONU Dying Gasp PON 0/3 ONU 14 sn ABCD00AA0007 .", "ONU Offline PON 0/3 ONU 14 sn ABCD00AA0007 .",
		"ONU Online PON 0/3 ONU 14 sn ABCD00AA0007 .", "ONU Offline PON 0/3 ONU 15 sn ABCD00AA0008 .", "ONU Offline PON 0/3 ONU 16 sn ABCD00AA0009 .",
	}
	for seed := range uint64(15) {
		random := rand.New(rand.NewPCG(seed, 7))
		one, other := NewEngine(set), NewEngine(set)
		now := 0.0
		for step := range 200 {
			now += random.Float64() * 8
			device := []netip.Addr{olt, second}[random.IntN(2)]
			m := message(now, device, texts[random.IntN(len(texts))])
			quiet := random.IntN(40) == 0
			for _, e := range []*Engine{one, other} {
				e.Observe(m)
				if quiet {
					e.Silent(Silence{Device: device, LastAt: at(now), Allowed: time.Minute, Expected: 2})
				}
				e.Advance(at(now))
			}
			a, b := decided(t, one.Take()), decided(t, other.Take())
			if a != b {
				t.Fatalf("seed %d, step %d, %q:\nthe same engine decides\n%s\none that succeeded it\n%s", seed, step, m.Raw, a, b)
			}
			other = other.Succeed(set)
		}
	}
}

// decided returns what people are told and which incidents changed.
func decided(t *testing.T, d Decisions) string {
	t.Helper()
	b, err := json.MarshalIndent([]any{d.Notices, d.Incidents}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSucceedWithOtherRules(t *testing.T) {
	with := func(rules ...Rule) *Set {
		set, err := NewSet(Options{Rules: rules})
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	down := rule(t, Rule{Name: "down", Cooldown: time.Minute}, "down", "up")
	tests := []struct {
		name  string
		after *Set
		then  string // a second after
		want  string // told of at once and then
	}{
		{"a rule that stays remembers what it has told", with(down), "down", "[]"},
		{"and sees it end", with(down), "up", "[clear up 1+0]"},
		{"also where another stands before it", with(rule(t, Rule{Name: "first"}, "first", ""), down), "up", "[clear up 1+0]"},
		{"also where its query is another", with(rule(t, Rule{Name: "down"}, "unreachable", "up")), "up", "[clear up 1+0]"},
		{"one that is gone tells nothing more", with(), "up", "[]"},
		{"a new one sees what comes from now on", with(down, rule(t, Rule{Name: "new"}, "new", "")), "new", "[alert new 1+0]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := NewEngine(with(down))
			e.Observe(message(0, olt, "down"))
			if got := fmt.Sprint(told(e)); got != "[alert down 1+0]" {
				t.Fatalf("before: %s", got)
			}
			e = e.Succeed(tt.after)
			first := told(e)
			e.Observe(message(1, olt, tt.then))
			if got := fmt.Sprint(append(first, told(e)...)); got != tt.want {
				t.Errorf("told %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("what a rule that is gone held back is told", func(t *testing.T) {
		e := NewEngine(with(down))
		e.Observe(message(0, olt, "down"))
		e.Observe(message(1, olt, "down again"))
		told(e)
		d := e.Succeed(with()).Take()
		if len(d.Notices) != 1 || d.Notices[0].Kind != KindMore || len(d.Gone) != 1 {
			t.Errorf("told %+v, gone %+v", d.Notices, d.Gone)
		}
	})
}
