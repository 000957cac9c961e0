package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mostEvents is how many events of a kind a timeline has, the newest.
const mostEvents = 200

// An Event is a moment in the life of an incident.
type Event struct {
	At       int64             `json:"at"`                 // µs since 1970 UTC
	Kind     string            `json:"kind"`               // "opened", "over", "merged", "expired"; "alert", "more", "clear", "note": people were to be told; "ack", "unack", "mute", "unmute", "wrote": somebody did
	Text     string            `json:"text,omitempty"`     // what people were told
	Count    int               `json:"count,omitempty"`    // messages that this stands for
	Who      string            `json:"who,omitempty"`      // did it
	Until    int64             `json:"until,omitempty"`    // of a mute
	Delivery map[string]string `json:"delivery,omitempty"` // by notifier: "sent", "waiting", or why not
}

// A Timeline is what happened to an incident, oldest first.
type Timeline struct {
	Events []Event `json:"events"`
	Left   bool    `json:"left"` // older ones are left out between the first and the others
}

// getTimeline answers GET incidents/{id}/timeline: when it began and was over, what
// people were told and whether it arrived, and what they did.
func (c *Console) getTimeline(w http.ResponseWriter, r *http.Request) {
	id := idOf(r)
	i, err := c.opts.Incidents.Incident(r.Context(), id)
	if err != nil {
		c.incidentFailed(w, err)
		return
	}
	told, err := c.opts.Incidents.Told(r.Context(), id, mostEvents)
	if err != nil {
		c.incidentFailed(w, err)
		return
	}
	var changes []Change
	thing := incidentText(id)
	if c.opts.Audit != nil {
		if changes, err = c.opts.Audit.ChangesOf(r.Context(), thing, mostEvents); err != nil {
			c.incidentFailed(w, err)
			return
		}
	}
	t := Timeline{Events: []Event{}, Left: len(told) == mostEvents || len(changes) == mostEvents}
	for _, a := range told {
		t.Events = append(t.Events, Event{At: a.At, Kind: a.Kind, Text: a.Text, Count: a.Count, Delivery: a.Delivery})
	}
	for _, change := range changes {
		if e, ok := handled(change, thing); ok {
			t.Events = append(t.Events, e)
		}
	}
	if i.ClearedAt != 0 {
		kind := "over"
		if k := string(i.State); k == "merged" || k == "expired" {
			kind = k
		}
		t.Events = append(t.Events, Event{At: i.ClearedAt, Kind: kind})
	}
	slices.SortStableFunc(t.Events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	t.Events = slices.Insert(t.Events, 0, Event{At: i.OpenedAt, Kind: "opened"})
	answer(w, http.StatusOK, t)
}

// incidentText names an incident in the audit log.
func incidentText(id int64) string { return "incident " + strconv.FormatInt(id, 10) }

// handled reads what [Handling.detail] has written into the audit log about a
// thing. ok is false for what is not about incidents.
func handled(c Change, thing string) (e Event, ok bool) {
	e = Event{At: c.At, Who: c.Who}
	rest := strings.TrimPrefix(strings.TrimPrefix(c.Detail, thing), ", ")
	switch c.Action {
	case handlings["ack"]:
		e.Kind = "ack"
		if rest == "given back" {
			e.Kind = "unack"
		} else if by, found := strings.CutPrefix(rest, "by "); found {
			if name, err := strconv.Unquote(by); err == nil && name != "" {
				e.Who = name
			}
		}
	case handlings["mute"]:
		e.Kind = "mute"
		if rest == "not any more" {
			e.Kind = "unmute"
		} else if until, err := time.Parse(time.RFC3339, strings.TrimPrefix(rest, "until ")); err == nil {
			e.Until = until.UnixMicro()
		}
	case handlings["note"]:
		e.Kind = "wrote"
	default:
		return e, false
	}
	return e, true
}
