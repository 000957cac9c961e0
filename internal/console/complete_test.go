package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

func TestComplete(t *testing.T) {
	asked := 0
	o := options()
	now := noon
	o.Now = func() time.Time { return now }
	o.Devices = func(context.Context) ([]Device, error) {
		asked++
		return []Device{{Address: "10.20.0.11", Name: "OLT North", Site: "North", Today: 5}, {Address: "10.20.0.12", Site: "North", Today: 900}, {Address: "10.30.0.1", Name: "core-1", Today: 50}}, nil
	}
	shelf := &shelf{}
	parser := syslog.NewParser()
	for i, text := range []string{"olt-1 dhcpd: a", "olt-1 sshd: b", "olt-2 sshd: c", `olt-2 o"d: d`} {
		r := syslog.Record{Position: syslog.Position{Day: 20261122, ID: int64(i) + 1}, ReceivedAt: noon.UnixMicro()}
		parser.Parse(&r.Message, []byte("<131>Nov 22 12:00:00 "+text), r.ReceivedAt, nil)
		shelf.records = append(shelf.records, r)
	}
	o.Archive = shelf
	c := made(t, o)
	for _, tt := range []struct {
		query string // | is where it is written, the end if there is none
		want  string
	}{
		{"sev", "0-3 severity:"},
		{"-a", "0-2 -app:"},
		{"-", `0-1`},
		{"link do", "5-7"},
		{"d|evice:x", "0-1 device:"},
		{"device:", `0-7 device:10.20.0.12 device:core-1 device:"OLT North"`},
		{"x (device:10.20", `3-15 device:10.20.0.12 device:"OLT North"`},
		{`-device:"olt n`, `0-14 -device:"OLT North"`},
		{`device:"OLT North"`, "0-18"},
		{`größe😀 site:|x`, "8-13 site:North"},
		{"name:", `0-5 name:core-1 name:"OLT North"`},
		{"severity:cri", "0-12 severity:crit+ severity:crit"},
		{"facility:local7", "0-15"},
		{"facility:auth", "0-13 facility:authpriv"},
		{"app:", "0-4 app:sshd app:dhcpd"},
		{"APP:SS", "0-6 app:sshd"},
		{"host:2", "0-6 host:olt-2"},
		{"Reason:", "0-7"},
		{"", `0-0 device: severity: app: host: name: site: port: facility: - " /`},
	} {
		text, _, found := strings.Cut(tt.query, "|")
		at := ""
		if found {
			at = fmt.Sprint(units(text, 0, len(text)))
		}
		var got Completion
		w := get(c, "/api/v1/complete?"+url.Values{"query": {strings.Replace(tt.query, "|", "", 1)}, "at": {at}}.Encode())
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
			t.Fatalf("%s: %d %s", tt.query, w.Code, w.Body)
		}
		said := fmt.Sprintf("%d-%d", got.From, got.To)
		for _, o := range got.Options {
			said += " " + o.Text
			if !strings.HasSuffix(o.Text, ":") && len(o.Text) > 1 {
				if _, err := query.Parse(o.Text); err != nil {
					t.Errorf("%s is offered for %q, but is no query: %v", o.Text, tt.query, err)
				}
			}
		}
		if said != tt.want {
			t.Errorf("%q: %s, want %s", tt.query, said, tt.want)
		}
	}
	if asked != 1 {
		t.Errorf("the devices were asked for %d times, want once in %v", asked, learntFor)
	}
	now = now.Add(learntFor)
	if get(c, "/api/v1/complete?query=app:"); asked != 2 {
		t.Errorf("after %v they were asked for %d times, want again", learntFor, asked)
	}
	for _, bad := range []string{"at=x", "at=-1", "query=" + strings.Repeat("x", mostCompleted+1)} {
		if w := get(c, "/api/v1/complete?"+bad); w.Code != 400 {
			t.Errorf("%.20s: %d", bad, w.Code)
		}
	}
}
