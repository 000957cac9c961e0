package notify

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/alert"
)

// incidentNotes returns the first and the last note of one incident.
func incidentNotes() (raised, over alert.Note) {
	raised, over = note(1), note(2)
	i := alert.Incident{ID: 12, Rule: "ONU lost power", Kind: "onu_power", Device: raised.Notice.Device, Object: "PON 0/1 ONU 27", State: alert.IncidentOpen, OpenedAt: raised.Notice.At, Count: 2}
	j := i
	j.State, j.ClearedAt = alert.IncidentCleared, over.Notice.At
	raised.Notice.Incident, over.Notice.Incident, over.Notice.Kind = &i, &j, alert.KindClear
	return raised, over
}

// Whoever takes the first and the last word about an incident must be able to
// tell that they belong together.
func TestNotifiersTellWhichIncidentItIs(t *testing.T) {
	raised, over := incidentNotes()
	t.Run("e-mail", func(t *testing.T) {
		s := newSMTPServer(t, nil)
		e := newTestEmail(t, s, nil)
		for _, n := range []alert.Note{raised, over, note(3)} {
			if _, _, err := e.Send(t.Context(), []alert.Note{n}); err != nil {
				t.Fatal(err)
			}
		}
		first, last := s.mails[0].Header, s.mails[1].Header
		if r := first.Get("References"); !strings.HasPrefix(r, "<logboom.incident.12.") || r != last.Get("References") || first.Get("Message-Id") == last.Get("Message-Id") {
			t.Errorf("References %q and %q, Message-Id %q and %q", r, last.Get("References"), first.Get("Message-Id"), last.Get("Message-Id"))
		}
		if r := s.mails[2].Header.Get("References"); r != "" {
			t.Errorf("without an incident: References %q", r)
		}
	})
	t.Run("webhook", func(t *testing.T) {
		h := newHook(t, "json", nil)
		w := newTestWebhook(t, h.URL, nil)
		for i, n := range []alert.Note{raised, over} {
			if _, _, err := w.Send(t.Context(), []alert.Note{n}); err != nil {
				t.Fatal(err)
			}
			var b jsonBody
			if err := json.Unmarshal([]byte(h.bodies[i]), &b); err != nil {
				t.Fatal(err)
			}
			got := b.Notices[0].Incident
			if got == nil || got.ID != 12 || got.State != []string{"open", "cleared"}[i] || got.Object != "PON 0/1 ONU 27" || (got.ClearedAt != nil) != (i == 1) {
				t.Errorf("incident %+v", got)
			}
		}
	})
	t.Run("SNMP", func(t *testing.T) {
		m := newManager(t, nil)
		s := newTestSNMP(t, m.conn.LocalAddr().String(), nil)
		for i, n := range []alert.Note{raised, over} {
			if _, _, err := s.Send(t.Context(), []alert.Note{n}); err != nil {
				t.Fatal(err)
			}
			if v := values(m.received()[i]); v[oidIncident] != uint(12) || !strings.HasPrefix(v[oidTitle].(string), "ONU lost power, PON 0/1 ONU 27") {
				t.Errorf("incident %v, title %v", v[oidIncident], v[oidTitle])
			}
		}
	})
}
