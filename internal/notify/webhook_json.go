package notify

import (
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// A content is what a request of a webhook says.
type content struct {
	saying
	notes []alert.Note // empty = a test
	at    time.Time
}

// severity returns the worst of the notes, and whether all are over.
func (c *content) severity() (worst uint8, over bool) {
	if len(c.notes) == 0 {
		return 6, true
	}
	worst, over = 7, true
	for i := range c.notes {
		n := &c.notes[i].Notice
		if !n.Ended() {
			worst, over = min(worst, n.Severity), false
		}
	}
	return worst, over
}

// A format is the shape of a request.
type format struct {
	fit     int                                              // notes that one request can tell
	check   func(u *url.URL) error                           // says what is wrong with the URL for it
	request func(w *Webhook, c content) (to *url.URL, _ any) // where to, and the body before it is JSON
}

func anyURL(*url.URL) error { return nil }

// formats are those that there are; webhook_chat.go has those of chats.
var formats = map[string]format{
	"json":       {maxJSONNotices, anyURL, jsonRequest},
	"slack":      {chatFit, anyURL, slackRequest},
	"mattermost": {chatFit, anyURL, mattermostRequest},
	"discord":    {chatFit / 2, anyURL, discordRequest},
	"teams":      {chatFit, anyURL, teamsRequest},
	"ntfy":       {chatFit, checkTopic, ntfyRequest},
}

// WebhookFormats returns the names of the formats.
func WebhookFormats() []string { return slices.Sorted(maps.Keys(formats)) }

// maxJSONNotices bounds the notices of one request. Of more, "left_out" gives
// the number and "groups" says what they were.
const maxJSONNotices = 100

// A jsonBody is the body of format "json". docs/alerts.md documents it: fields
// are added, never changed.
type jsonBody struct {
	Version  int          `json:"version"` // 1
	Kind     string       `json:"kind"`    // "alert", "more" or "clear" for one notice, "digest" for several, "test" for none
	Title    string       `json:"title"`
	Text     string       `json:"text"` // lines
	Server   string       `json:"server,omitempty"`
	SentAt   time.Time    `json:"sent_at"`
	Count    int          `json:"count"` // notices
	Notices  []jsonNotice `json:"notices"`
	LeftOut  int          `json:"left_out,omitempty"` // of count, those that are not in notices
	Groups   []jsonGroup  `json:"groups,omitempty"`   // of a digest, worst first
	Ungroups int          `json:"groups_left_out,omitempty"`
}

type jsonNotice struct {
	ID           int64     `json:"id"` // the same whenever it is sent again
	Kind         string    `json:"kind"`
	Title        string    `json:"title"`
	Lines        []string  `json:"lines"`
	Rule         string    `json:"rule"`
	Device       string    `json:"device"` // address; "" = Logboom itself
	DeviceName   string    `json:"device_name"`
	Site         string    `json:"site"`
	Severity     uint8     `json:"severity"` // 0 emergency to 7 debug
	SeverityName string    `json:"severity_name"`
	Text         string    `json:"text"`
	At           time.Time `json:"at"`
	Count        int       `json:"count"` // messages that it stands for
	More         int       `json:"more"`  // of count, those that were held back

	Incident *jsonIncident `json:"incident,omitempty"` // as it was then
}

type jsonIncident struct {
	ID         int64      `json:"id"`
	State      string     `json:"state"`          // "open", "cleared", "expired" or "merged"
	Kind       string     `json:"kind,omitempty"` // of a vendor's message, "onu_power"
	Object     string     `json:"object,omitempty"`
	OpenedAt   time.Time  `json:"opened_at"`
	ClearedAt  *time.Time `json:"cleared_at,omitempty"`
	Count      int        `json:"count"`
	Flaps      int        `json:"flaps,omitempty"`
	Cause      string     `json:"cause,omitempty"`
	Confidence int        `json:"confidence,omitempty"` // per cent
	Total      int        `json:"total,omitempty"`      // of an area: ONUs that were lost
	Down       int        `json:"down,omitempty"`       // of them, those that are not back
}

func incidentJSON(i *alert.Incident, at func(us int64) time.Time) *jsonIncident {
	if i == nil {
		return nil
	}
	var plain medium
	j := &jsonIncident{
		ID: i.ID, State: string(i.State), Kind: i.Kind, Object: plain.line(i.Object, maxJSONName), OpenedAt: at(i.OpenedAt), Count: i.Count, Flaps: i.Flaps,
		Cause: i.Cause, Confidence: i.Confidence, Total: i.Total, Down: i.Down,
	}
	if i.ClearedAt != 0 {
		cleared := at(i.ClearedAt)
		j.ClearedAt = &cleared
	}
	return j
}

type jsonGroup struct {
	Rule       string    `json:"rule"`
	Device     string    `json:"device"`
	DeviceName string    `json:"device_name"`
	Clear      bool      `json:"clear"`
	Severity   uint8     `json:"severity"`
	Count      int       `json:"count"`
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Text       string    `json:"text"` // of the newest
}

// Sizes of the texts in JSON, in bytes.
const (
	maxJSONTitle = 500
	maxJSONText  = 4 << 10
	maxJSONBody  = 32 << 10
	maxJSONName  = 200
)

// kindJSON returns the kind of a notice: "clear" also for what is over already
// when people are told that it began.
func kindJSON(n *alert.Notice) string {
	if n.Ended() {
		return string(alert.KindClear)
	}
	return string(n.Kind)
}

func jsonRequest(w *Webhook, c content) (*url.URL, any) {
	var plain medium
	at := func(us int64) time.Time { return time.UnixMicro(us).In(w.o.Location) }
	b := jsonBody{
		Version: 1, Kind: "test", Title: plain.line(c.title, maxJSONTitle), Text: plain.text(c.lines, maxJSONBody),
		Server: w.o.Server, SentAt: c.at.In(w.o.Location).Truncate(time.Millisecond), Count: len(c.notes), Notices: []jsonNotice{},
	}
	for i := range c.notes[:min(len(c.notes), maxJSONNotices)] {
		n := &c.notes[i].Notice
		j := jsonNotice{
			ID: c.notes[i].ID, Kind: kindJSON(n), Title: plain.line(n.Title(), maxJSONTitle),
			Rule: plain.line(n.Rule, maxJSONName), Device: address(n.Device),
			DeviceName: plain.line(n.DeviceName, maxJSONName), Site: plain.line(n.Site, maxJSONName), Severity: n.Severity,
			SeverityName: severityName(n.Severity), Text: plain.line(n.Text, maxJSONText), At: at(n.At), Count: n.Count, More: n.More,
			Incident: incidentJSON(n.Incident, at),
		}
		lines := n.Lines(w.o.Location)
		for _, l := range lines[:min(len(lines), 100)] {
			j.Lines = append(j.Lines, plain.line(l, maxJSONText))
		}
		b.Notices = append(b.Notices, j)
	}
	b.LeftOut = len(c.notes) - len(b.Notices)
	switch len(c.notes) {
	case 0:
	case 1:
		b.Kind = kindJSON(&c.notes[0].Notice)
	default:
		b.Kind = "digest"
		groups := digestOf(c.notes).groups
		for _, g := range groups[:min(len(groups), maxJSONNotices)] {
			b.Groups = append(b.Groups, jsonGroup{
				Rule: plain.line(g.rule, maxJSONName), Device: address(g.device), DeviceName: plain.line(g.name, maxJSONName),
				Clear: g.clear, Severity: g.severity, Count: g.count, From: at(g.from), To: at(g.to), Text: plain.line(g.text, maxExcerpt),
			})
		}
		b.Ungroups = len(groups) - len(b.Groups)
	}
	return w.url, b
}
