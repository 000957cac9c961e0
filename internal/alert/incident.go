package alert

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// An Incident is a trouble as people see it: it was raised on something, it is
// one thing however many messages tell of it, and it is over some day. Times
// are of our clock in µs since 1970 UTC, 0 = never.
type Incident struct {
	ID         int64      `json:"id"`                    // from 1, in the order of opening
	Rule       string     `json:"rule"`                  // name of the rule, or what a vendor's message means: "ONU lost power"
	Kind       string     `json:"kind,omitempty"`        // of package pack: "onu_power"; "" = of a rule or word
	Device     netip.Addr `json:"device"`                // who sent the messages
	DeviceName string     `json:"device_name,omitempty"` // as configured, or else "NAME (dns)" or "NAME (hostname)"
	Site       string     `json:"site,omitempty"`        // as configured
	Title      string     `json:"title,omitempty"`       // what people read instead of Rule, if the rule gives it
	Object     string     `json:"object,omitempty"`      // what of the device: "PON 0/6/6 ONU 67"; "" = all of it
	Severity   uint8      `json:"severity"`              // the worst that was said, 0 emerg to 7 debug

	State     IncidentState `json:"state"`
	OpenedAt  int64         `json:"opened_at"`
	UpdatedAt int64         `json:"updated_at"`           // newest message
	ClearedAt int64         `json:"cleared_at,omitempty"` // or expired, or merged
	Count     int           `json:"count"`                // messages that raised it
	Flaps     int           `json:"flaps,omitempty"`      // times that it came back after it was over
	Alarms    int           `json:"alarms"`               // times that people were called, without what was only added

	Cause      string `json:"cause,omitempty"`      // "power", "fibre", "operator"; "" = unknown
	Confidence int    `json:"confidence,omitempty"` // in the cause, per cent
	Doubt      string `json:"doubt,omitempty"`      // what lowers it

	Members []Member `json:"members,omitempty"` // of an area: its ONUs, or devices; first lost first, at most MaxMembers
	Total   int      `json:"total,omitempty"`   // of an area: ONUs that were lost
	Down    int      `json:"down,omitempty"`    // of them, those that are not back
	Into    int64    `json:"into,omitempty"`    // the incident that this one became part of

	Text   string          `json:"text"`             // newest message that raised it; safe to show, at most MaxText bytes
	First  syslog.Position `json:"first"`            // the message that opened it
	Last   syslog.Position `json:"last"`             // the newest that raised it
	Notify []string        `json:"notify,omitempty"` // names of the notifiers; empty = all
}

// A Member is an ONU of an area incident, or one of the devices that have gone
// quiet together.
type Member struct {
	Object string `json:"object"`          // of a device: "OLT North (10.0.0.1)"
	Cause  string `json:"cause,omitempty"` // "power": it said a dying gasp
	At     int64  `json:"at"`              // lost
	BackAt int64  `json:"back_at,omitempty"`
}

// MaxMembers bounds the ONUs that an Incident lists; Total counts all.
const MaxMembers = 256

// An IncidentState says how it stands with an incident.
type IncidentState string

// The states of incidents.
const (
	IncidentOpen    IncidentState = "open"
	IncidentCleared IncidentState = "cleared" // a message, or the time that its rule gives, ended it
	IncidentExpired IncidentState = "expired" // nothing was heard of it any more
	IncidentMerged  IncidentState = "merged"  // it is part of Into
)

// Over reports whether nothing more has to be done about it.
func (i *Incident) Over() bool { return i.State != IncidentOpen }

// What returns what happened, without where: "64 ONUs of PON 0/6/6 lost power".
func (i *Incident) What() string {
	switch {
	case i.Title != "":
		return i.Title
	case i.Total > 0 && i.Down > 0 && i.Down < i.Total && i.State == IncidentOpen && i.Kind != kindSilence:
		s := fmt.Sprintf("%d of %d ONUs", i.Down, i.Total)
		if i.Object != "" {
			s += " of " + i.Object
		}
		return s + " are still down"
	case i.Total > 0 && i.Object != "":
		return fmt.Sprintf("%d ONUs of %s %s", i.Total, i.Object, lostBy(i.Cause))
	case i.Total > 0:
		return fmt.Sprintf("%d ONUs %s", i.Total, lostBy(i.Cause))
	case i.Object != "":
		return i.Rule + ", " + i.Object
	}
	return i.Rule
}

func lostBy(cause string) string {
	switch cause {
	case "power":
		return "lost power"
	case "fibre":
		return "lost their signal"
	}
	return "are lost"
}

// Facts returns what is known beside the newest message, one line each: how
// often, the cause, the list of an area, how it ended. They are plain text.
func (i *Incident) Facts() []string {
	var lines []string
	switch {
	case i.Cause == "" && (i.Total > 0 && i.Kind != kindSilence || isLoss(i.Kind)):
		lines = append(lines, "cause unknown")
	case i.Cause != "" && i.Confidence > 0:
		lines = append(lines, fmt.Sprintf("cause: %s, %d %% sure", i.Cause, i.Confidence))
	case i.Cause != "":
		lines = append(lines, "cause: "+i.Cause)
	}
	if i.Doubt != "" {
		lines = append(lines, i.Doubt)
	}
	switch {
	case i.Total > 0 && i.Kind == kindSilence:
		lines = append(lines, i.quietList())
	case i.Total > 0:
		lines = append(lines, i.list())
	}
	if i.Flaps > 0 {
		lines = append(lines, "was over and came again "+times(i.Flaps))
	}
	if i.Count > 1 && i.Total == 0 && i.Kind != kindSilence {
		lines = append(lines, fmt.Sprintf("%d messages", i.Count))
	}
	switch i.State {
	case IncidentCleared:
		lines = append(lines, "over after "+span(i.ClearedAt-i.OpenedAt))
	case IncidentExpired:
		if i.Doubt != doubtGivenUp {
			lines = append(lines, "nothing was heard of it any more")
		}
	case IncidentMerged:
		lines = append(lines, fmt.Sprintf("now part of incident %d", i.Into))
	}
	return lines
}

// listed is how many ONUs a line names.
const listed = 70

// list names the ONUs of an area that are not back, by PON: "down 3 of 64:
// PON 0/6/6: 1, 2, 17".
func (i *Incident) list() string {
	head := fmt.Sprintf("down %d of %d", i.Down, i.Total)
	if i.Down == 0 {
		head = fmt.Sprintf("all %d are back", i.Total)
	}
	var pons []string
	onus := map[string][]string{}
	named := 0
	for _, m := range i.Members {
		if (m.BackAt != 0 && i.Down > 0) || named == listed {
			continue
		}
		pon, onu, ok := strings.Cut(m.Object, " ONU ")
		if !ok {
			pon, onu = "", m.Object
		}
		if onus[pon] == nil {
			pons = append(pons, pon)
		}
		onus[pon] = append(onus[pon], onu)
		named++
	}
	slices.Sort(pons)
	var parts []string
	for _, pon := range pons {
		slices.SortFunc(onus[pon], func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
		s := "ONU " + strings.Join(onus[pon], ", ")
		if pon != "" {
			s = pon + " " + s
		}
		parts = append(parts, s)
	}
	if all := i.Down; named > 0 {
		if all == 0 {
			all = i.Total
		}
		s := head + ": " + strings.Join(parts, "; ")
		if all > named {
			s += fmt.Sprintf(" and %d more", all-named)
		}
		return s
	}
	return head
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Span says how long something took, for people: "3 min 24 s".
func Span(d time.Duration) string { return span(d.Microseconds()) }

// span says how long something took, for people.
func span(micros int64) string {
	s := max(micros, 0) / 1e6
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case s < 48*3600:
		return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
	}
	return fmt.Sprintf("%d days %d h", s/86400, s/3600%24)
}
