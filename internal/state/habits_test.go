package state

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/silence"
)

func TestHabits(t *testing.T) {
	ctx := t.Context()
	path := newFile(t)
	s := open(t, path)
	second := netip.MustParseAddr("fe80::1")
	a := silence.Habit{Device: device, LastAt: 5, Told: true, Slot: 7, Now: silence.Stretch{Heard: 100, Talks: 3, Gaps: [24]uint32{1, 2}}}
	b := silence.Habit{Device: second, LastAt: 9}
	must(t, s.SaveHabits(ctx, []silence.Habit{a, b}, nil))
	a.Told = false
	must(t, s.SaveHabits(ctx, []silence.Habit{a}, nil))
	if got := get(s.Habits(ctx))(t); !reflect.DeepEqual(got, []silence.Habit{b, a}) {
		t.Errorf("read %+v", got)
	}
	must(t, s.SaveHabits(ctx, nil, []netip.Addr{second}))
	must(t, s.Close())
	s = open(t, path)
	if got := get(s.Habits(ctx))(t); !reflect.DeepEqual(got, []silence.Habit{a}) {
		t.Errorf("after a restart: %+v", got)
	}
	if _, err := s.db.Exec("INSERT INTO habits VALUES ('10.0.0.7', 1, 'no JSON')"); err != nil {
		t.Fatal(err)
	}
	if got := get(s.Habits(ctx))(t); len(got) != 1 {
		t.Errorf("with one that cannot be read: %+v", got)
	}
	if _, err := s.db.Exec("DROP TABLE habits"); err != nil {
		t.Fatal(err)
	}
	if got := get(s.Habits(ctx))(t); len(got) != 0 {
		t.Errorf("of an older file: %+v", got)
	}
}

// What is only listed is for nobody's phone, and no alert of the day.
func TestNotesAreOnlyListed(t *testing.T) {
	ctx := t.Context()
	s := open(t, newFile(t))
	n := notice(1)
	n.Kind = alert.KindNote
	must(t, s.Decide(ctx, "", nil, alert.Decisions{Notices: []alert.Notice{n}}))
	waiting, err := s.Pending(ctx)
	must(t, err)
	if waiting["telegram"] != 0 {
		t.Errorf("waiting: %v", waiting)
	}
	list := get(s.RecentAlerts(ctx, 10))(t)
	if len(list) != 1 || list[0].Delivery() != "only listed" {
		t.Errorf("listed: %+v", list)
	}
	if today, _, err := s.Tally(ctx, 0); err != nil || today != 0 {
		t.Errorf("%d alerts today, %v", today, err)
	}
}
