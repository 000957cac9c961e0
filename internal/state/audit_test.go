package state

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAuditLogIsNewestFirstAndBounded(t *testing.T) {
	s := open(t, newFile(t))
	ctx := t.Context()
	all := make([]Change, maxAudit+5)
	for i := range all {
		all[i] = Change{At: int64(i), Who: "ann", Address: "192.0.2.7", Action: "acknowledged", Detail: fmt.Sprint(i)}
	}
	must(t, s.Record(ctx, all...))
	newest := get(s.Changes(ctx, 0, 2))(t)
	if len(newest) != 2 || newest[0].Detail != fmt.Sprint(maxAudit+4) || newest[0].Who != "ann" || newest[0].Address != "192.0.2.7" {
		t.Errorf("newest %+v", newest)
	}
	if next := get(s.Changes(ctx, newest[1].ID, 1))(t); len(next) != 1 || next[0].ID != newest[1].ID-1 {
		t.Errorf("before %d: %+v", newest[1].ID, next)
	}
	if kept := get(s.Changes(ctx, 0, maxAudit*2))(t); len(kept) != maxAudit {
		t.Errorf("%d are kept, want %d", len(kept), maxAudit)
	}
}

func TestSigningInPushesOutNoChange(t *testing.T) {
	s := open(t, newFile(t))
	all := []Change{{Action: "rule set", Detail: "Core"}}
	for range maxAudit / 2 {
		all = append(all, Change{Action: "signed in"}, Change{Action: "signed out"})
	}
	must(t, s.Record(t.Context(), append(all, Change{Action: "mute"}, Change{Action: "signed in", Detail: "last"})...))
	kept := get(s.Changes(t.Context(), 0, maxAudit*2))(t)
	if len(kept) != maxSigns+2 || kept[0].Detail != "last" || kept[1].Action != "mute" || kept[len(kept)-1].Detail != "Core" {
		t.Errorf("%d lines are kept, of %d, from %+v to %+v", len(kept), len(all)+2, kept[0], kept[len(kept)-1])
	}
}

func TestChangesOfOneThing(t *testing.T) {
	s := open(t, newFile(t))
	for _, d := range []string{"incident 7", "incident 70", "incident 7, until then", "incident 7 and more", "an incident 7"} {
		must(t, s.Record(t.Context(), Change{Detail: d}))
	}
	list := get(s.ChangesOf(t.Context(), "incident 7", 10))(t)
	if len(list) != 2 || list[0].Detail != "incident 7, until then" || list[1].Detail != "incident 7" {
		t.Errorf("%+v", list)
	}
}

func TestAChangeThatIsToldAgainIsKeptOnce(t *testing.T) {
	s := open(t, newFile(t))
	for range 3 {
		must(t, s.Record(t.Context(), Change{Action: "password set", Mark: "a"}, Change{Action: "token added", Mark: "b"}, Change{Action: "mute"}))
	}
	if list := get(s.Changes(t.Context(), 0, 100))(t); len(list) != 5 {
		t.Errorf("%d lines, want two marked ones and three without a mark: %+v", len(list), list)
	}
}

func TestLongTextsOfTheAuditLogAreCutBetweenCharacters(t *testing.T) {
	s := open(t, newFile(t))
	must(t, s.Record(t.Context(), Change{Who: strings.Repeat("ü", 5000), Detail: "x" + strings.Repeat("ü", 5000)}))
	c := get(s.Changes(t.Context(), 0, 1))(t)[0]
	if len(c.Who) > 210 || len(c.Detail) > 1010 || !utf8.ValidString(c.Who+c.Detail) || !strings.HasSuffix(c.Detail, "…") {
		t.Errorf("%d and %d bytes: %.20q", len(c.Who), len(c.Detail), c.Detail)
	}
}

func TestSessionsOutliveARestart(t *testing.T) {
	path := newFile(t)
	s := open(t, path)
	ctx := t.Context()
	one := Session{Key: [32]byte{1}, User: "ann", Version: "v1", CreatedAt: 5, UsedAt: 5, Address: "192.0.2.7"}
	two := Session{Key: [32]byte{2}, User: "bob'; DROP TABLE sessions; --", Version: "v2", CreatedAt: 6, UsedAt: 6}
	must(t, s.SaveSession(ctx, one))
	must(t, s.SaveSession(ctx, two))
	one.UsedAt = 9
	must(t, s.SaveSession(ctx, one))
	must(t, s.Close())

	s = open(t, path)
	if list := get(s.Sessions(ctx))(t); len(list) != 2 || list[0] != one || list[1] != two {
		t.Errorf("sessions %+v", list)
	}
	must(t, s.EndSessions(ctx, [][32]byte{one.Key, {7}}))
	if list := get(s.Sessions(ctx))(t); len(list) != 1 || list[0] != two {
		t.Errorf("after the end of one: %+v", list)
	}
}
