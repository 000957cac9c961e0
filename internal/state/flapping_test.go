package state

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

func TestFlappingCountsWhatCameAndWent(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	olt, sw := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	const week, old = 1_000_000, 10 // s
	at := func(id int64, when int64, d netip.Addr, object string, flaps int, state alert.IncidentState, members ...alert.Member) alert.Incident {
		return alert.Incident{ID: id, Rule: fmt.Sprintf("rule %d", id), Device: d, DeviceName: "name", Object: object, Flaps: flaps, State: state, OpenedAt: when * 1e6, UpdatedAt: when * 1e6, Members: members}
	}
	decide(t, s, alert.Decisions{Incidents: []alert.Incident{
		at(1, old, sw, "Gi0/1", 50, alert.IncidentCleared),
		at(2, week, sw, "Gi0/2", 4, alert.IncidentCleared),
		at(3, week+1, sw, "Gi0/2", 0, alert.IncidentOpen),
		at(4, week, sw, "Gi0/3", 0, alert.IncidentCleared), // once is no flapping
		at(5, week, sw, "", 9, alert.IncidentCleared),      // nothing of the device
		at(6, week, olt, "ONU 7", 0, alert.IncidentMerged), // counts as a member of the next
		at(7, week+2, olt, "PON 1", 1, alert.IncidentCleared, alert.Member{Object: "ONU 7", At: week * 1e6}, alert.Member{Object: "ONU 8", At: old * 1e6}),
		at(8, week+3, olt, "ONU 7", 1, alert.IncidentCleared),
	}})
	flaps, err := s.Flapping(t.Context(), time.Unix(week, 0), 20)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, f := range flaps {
		got += fmt.Sprintf("%v %s %d times, last %d, incident %d, %s; ", f.Device, f.Object, f.Times, f.LastAt/1e6-week, f.Incident, f.Rule)
	}
	want := "10.0.0.2 Gi0/2 6 times, last 1, incident 3, rule 3; 10.0.0.1 ONU 7 3 times, last 3, incident 8, rule 8; 10.0.0.1 PON 1 2 times, last 2, incident 7, rule 7; "
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if flaps, err = s.Flapping(t.Context(), time.Unix(week, 0), 1); err != nil || len(flaps) != 1 {
		t.Errorf("%d of them, %v", len(flaps), err)
	}
}
