package console

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// overIncident is one that is over.
type overIncident struct{ oneIncident }

func (o overIncident) Incident(_ context.Context, id int64) (Incident, error) {
	i, err := o.oneIncident.Incident(context.Background(), id)
	i.State, i.OpenedAt, i.ClearedAt = alert.IncidentCleared, noon.UnixMicro()-1, noon.Add(time.Minute).UnixMicro()
	return i, err
}

// What is written into the audit log about an incident is read from there: the
// same words, whoever wrote them.
func TestTimelineOfAnIncident(t *testing.T) {
	now := noon.Add(10 * time.Second)
	o := options()
	o.Incidents, o.Audit = overIncident{}, &drawer{}
	o.Now = func() time.Time { return now }
	c := made(t, o)
	for _, body := range []string{
		`ack {"ack":true,"by":"Ann \"A\", of the night"}`, `mute {"minutes":60}`, `mute {"minutes":0}`, `note {"note":"digger"}`, `ack {"ack":false}`, `ack {"ack":true}`,
	} {
		what, body, _ := strings.Cut(body, " ")
		if w := do(c, request("POST", "/api/v1/incidents/7/"+what, body)); w.Code != 200 {
			t.Fatalf("%s: %d %s", what, w.Code, w.Body)
		}
		now = now.Add(time.Second)
	}
	var got Timeline
	w := get(c, "/api/v1/incidents/7/timeline")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Left {
		t.Fatalf("%v, left %v: %s", err, got.Left, w.Body)
	}
	var lines []string
	for _, e := range got.Events {
		line := fmt.Sprintf("%d %s %s", (e.At-noon.UnixMicro())/1e6, e.Kind, e.Who+e.Text+e.Delivery["telegram"])
		if e.Until != 0 {
			line += time.UnixMicro(e.Until).UTC().Format(" until 15:04:05")
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	want := []string{
		"0 opened", "0 alert downsent", `10 ack Ann "A", of the night`, "11 mute this machine" + noon.Add(time.Hour+11*time.Second).UTC().Format(" until 15:04:05"),
		"12 unmute this machine", "13 wrote this machine", "14 unack this machine", "15 ack this machine", "60 clear overwaiting: no answer", "60 over",
	}
	if fmt.Sprint(lines) != fmt.Sprint(want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if w := get(c, "/api/v1/incidents/8/timeline"); w.Code != 404 {
		t.Errorf("one that is not there: %d", w.Code)
	}
}
