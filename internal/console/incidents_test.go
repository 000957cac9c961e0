package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// oneIncident knows one incident, number 7, and keeps nothing.
type oneIncident struct{ asked *[]string }

func (o oneIncident) note(format string, args ...any) {
	if o.asked != nil {
		*o.asked = append(*o.asked, fmt.Sprintf(format, args...))
	}
}

func (o oneIncident) Incidents(_ context.Context, f IncidentFilter) ([]Incident, error) {
	o.note("list %v %v %d %d", f.Open, f.Device, f.Before, f.Limit)
	return nil, nil
}

func (o oneIncident) Flapping(_ context.Context, since time.Time, most int) ([]Flap, error) {
	o.note("flapping since %v, %d", noon.Sub(since), most)
	return []Flap{{Device: "10.0.0.2", Object: "Gi0/2", Times: 6}}, nil
}

func (o oneIncident) Told(_ context.Context, id int64, _ int) ([]Alert, error) {
	at := noon.UnixMicro()
	return []Alert{
		{ID: 3, Kind: "clear", Text: "over", At: at + 60e6, Count: 1, Delivery: map[string]string{"telegram": "waiting: no answer"}},
		{ID: 2, Kind: "alert", Text: "down", At: at, Count: 4, Delivery: map[string]string{"telegram": "sent"}},
	}, nil
}

func (o oneIncident) Incident(_ context.Context, id int64) (Incident, error) {
	if id != 7 {
		return Incident{}, fmt.Errorf("incident %d: %w", id, ErrNoIncident)
	}
	return Incident{Incident: alert.Incident{ID: 7, State: alert.IncidentOpen}, What: "ONU lost power"}, nil
}

func (o oneIncident) Handle(_ context.Context, id int64, h Handling) error {
	if id != 7 {
		return fmt.Errorf("incident %d: %w", id, ErrNoIncident)
	}
	switch {
	case h.Ack != nil:
		o.note("ack %v by %s", *h.Ack, h.By)
	case h.MutedUntil != nil:
		o.note("mute %v", *h.MutedUntil)
	case h.Note != nil:
		o.note("note %s", *h.Note)
	}
	return nil
}

func TestIncidents(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		code                     int
		want                     string // asked for, or in the answer
	}{
		{"list", "GET", "/api/v1/incidents", "", 200, "list false invalid IP 0 200"},
		{"filtered", "GET", "/api/v1/incidents?open=1&device=10.0.0.1&before=9&limit=5", "", 200, "list true 10.0.0.1 9 5"},
		{"a device that is none", "GET", "/api/v1/incidents?device=olt", "", 400, "no IP address"},
		{"open that is neither", "GET", "/api/v1/incidents?open=yes", "", 400, "neither 1"},
		{"before that is no number", "GET", "/api/v1/incidents?before=x", "", 400, "not the number"},
		{"one", "GET", "/api/v1/incidents/7", "", 200, `"what":"ONU lost power"`},
		{"one that is not there", "GET", "/api/v1/incidents/8", "", 404, "incident 8: there is no such incident"},
		{"a number in another form", "GET", "/api/v1/incidents/07", "", 404, "no such page"},
		{"no number", "GET", "/api/v1/incidents/x", "", 404, "no such page"},
		{"an action that there is not", "POST", "/api/v1/incidents/7/close", "{}", 404, "no such page"},
		{"acknowledge", "POST", "/api/v1/incidents/7/ack", `{"ack":true,"by":"Ann"}`, 200, "ack true by Ann"},
		{"give back", "POST", "/api/v1/incidents/7/ack", `{"ack":false}`, 200, "ack false by "},
		{"acknowledge one that is not there", "POST", "/api/v1/incidents/8/ack", `{"ack":true}`, 404, "no such incident"},
		{"acknowledge without a word", "POST", "/api/v1/incidents/7/ack", `{}`, 400, `\"ack\", true or false`},
		{"a name that is too long", "POST", "/api/v1/incidents/7/ack", `{"ack":true,"by":"` + strings.Repeat("x", 101) + `"}`, 400, "expected"},
		{"mute", "POST", "/api/v1/incidents/7/mute", `{"minutes":60}`, 200, "mute " + noon.Add(time.Hour).String()},
		{"mute too long", "POST", "/api/v1/incidents/7/mute", `{"minutes":1441}`, 400, "1 to 1440"},
		{"end a mute", "POST", "/api/v1/incidents/7/mute", `{"minutes":0}`, 200, "mute 0001-01-01 00:00:00 +0000 UTC"},
		{"note", "POST", "/api/v1/incidents/7/note", `{"note":"digger"}`, 200, "note digger"},
		{"a note that is too long", "POST", "/api/v1/incidents/7/note", `{"note":"` + strings.Repeat("x", 4097) + `"}`, 400, "4096"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			o := options()
			o.Incidents = oneIncident{&asked}
			o.Now = func() time.Time { return noon }
			w := do(made(t, o), request(tt.method, tt.path, tt.body))
			said := strings.Join(asked, " ") + w.Body.String()
			if w.Code != tt.code || !strings.Contains(said, tt.want) {
				t.Errorf("status %d, %q; want %d, %q", w.Code, said, tt.code, tt.want)
			}
			if w.Code == http.StatusOK && !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
				t.Errorf("Content-Type %q", w.Header().Get("Content-Type"))
			}
		})
	}
}

func TestFlappingIsOfTheLastDays(t *testing.T) {
	var asked []string
	o := options()
	o.Incidents = oneIncident{&asked}
	c := made(t, o)
	for _, tt := range []struct {
		params string
		status int
		asked  string
	}{
		{"", 200, "flapping since 168h0m0s, 20"}, {"?days=1", 200, "flapping since 24h0m0s, 20"},
		{"?days=0", 400, ""}, {"?days=91", 400, ""}, {"?days=x", 400, ""},
	} {
		asked = nil
		w := get(c, "/api/v1/incidents/top"+tt.params)
		if got := strings.Join(asked, "; "); w.Code != tt.status || got != tt.asked {
			t.Errorf("%q: status %d, asked %q: %s", tt.params, w.Code, got, w.Body)
		}
	}
}
