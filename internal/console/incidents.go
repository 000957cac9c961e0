package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// Incidents keeps what was wrong with devices, and what people did about it.
type Incidents interface {
	// Incidents returns incidents, newest first.
	Incidents(context.Context, IncidentFilter) ([]Incident, error)
	// Incident returns one; the error wraps [ErrNoIncident] if there is none.
	Incident(ctx context.Context, id int64) (Incident, error)
	// Flapping returns what came and went most often since a time, the worst
	// first, at most so many.
	Flapping(ctx context.Context, since time.Time, most int) ([]Flap, error)
	// Told returns what people were told of an incident, newest first, at most
	// so many.
	Told(ctx context.Context, id int64, most int) ([]Alert, error)
	// Handle keeps what somebody does about one; the error wraps
	// [ErrNoIncident] if there is none.
	Handle(ctx context.Context, id int64, h Handling) error
}

// ErrNoIncident is wrapped where there is no incident of a number.
var ErrNoIncident = errors.New("there is no such incident")

// An Incident is what the alert engine says of it and what people did about it.
type Incident struct {
	alert.Incident
	What       string   `json:"what"`        // for people: "64 ONUs of PON 0/6/6 lost power"
	Facts      []string `json:"facts"`       // for people: cause, list of ONUs, flaps, duration
	Message    string   `json:"message"`     // id of the newest message
	AckedAt    int64    `json:"acked_at"`    // µs since 1970 UTC; 0 = nobody has taken it on
	AckedBy    string   `json:"acked_by"`    // who has
	MutedUntil int64    `json:"muted_until"` // people are not told of it; 0 = they are
	Note       string   `json:"note"`        // what people wrote
}

// A Flap is a thing of a device, an ONU or a port, that came and went more than
// once.
type Flap struct {
	Device     string `json:"device"`
	DeviceName string `json:"device_name"`
	Site       string `json:"site"`
	Object     string `json:"object"`
	Rule       string `json:"rule"`     // of the newest incident
	Times      int    `json:"times"`    // that it went
	LastAt     int64  `json:"last_at"`  // µs since 1970 UTC
	Incident   int64  `json:"incident"` // the newest
}

// mostFlaps is how many of those that flap are listed.
const mostFlaps = 20

// An IncidentFilter says which incidents are asked for.
type IncidentFilter struct {
	Open   bool       // only those that are not over
	Device netip.Addr // only of this device; the zero Addr = of all
	Before int64      // only those with a lower number; 0 = from the newest
	Limit  int        // at most so many
}

// A Handling is what somebody does about an incident; what is nil stays.
type Handling struct {
	Ack        *bool      // takes it on, or gives it back
	By         string     // who does
	MutedUntil *time.Time // people are not told of it until then; the zero time = they are
	Note       *string
}

// incidentPath and incidentPage stand for the paths of each incident in the
// table of routes: that of the API, and that of the page which shows it.
const (
	incidentPath = "/api/v1/incidents/{id}"
	incidentPage = "/incidents/{id}"
)

// routeOf returns the path under which a path is in the table of routes.
func routeOf(path string) string {
	if route := deviceRoute(path); route != "" {
		return route
	}
	rest, api := strings.CutPrefix(path, "/api/v1/incidents/")
	page := false
	if !api {
		if rest, page = strings.CutPrefix(path, "/incidents/"); !page {
			return path
		}
	}
	id, action, more := strings.Cut(rest, "/")
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || n < 1 || strconv.FormatInt(n, 10) != id {
		return path
	}
	if page {
		if more {
			return path
		}
		return incidentPage
	}
	if more {
		return incidentPath + "/" + action
	}
	return incidentPath
}

// idOf returns the number in the path of an incident.
func idOf(r *http.Request) int64 {
	id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v1/incidents/"), "/")
	n, _ := strconv.ParseInt(id, 10, 64) // routeOf has looked
	return n
}

func (c *Console) getIncidents(w http.ResponseWriter, r *http.Request) {
	limit, ok := limitOf(w, r)
	if !ok {
		return
	}
	q := r.URL.Query()
	f := IncidentFilter{Limit: limit, Open: q.Get("open") == "1"}
	if v := q.Get("open"); v != "" && v != "0" && v != "1" {
		fail(w, http.StatusBadRequest, "open: "+strconv.Quote(v)+" is neither 1, for those that are not over, nor 0", "")
		return
	}
	var err error
	if v := q.Get("device"); v != "" {
		if f.Device, err = netip.ParseAddr(v); err != nil {
			fail(w, http.StatusBadRequest, "device: "+strconv.Quote(v)+" is no IP address", "")
			return
		}
	}
	if v := q.Get("before"); v != "" {
		if f.Before, err = strconv.ParseInt(v, 10, 64); err != nil || f.Before < 1 {
			fail(w, http.StatusBadRequest, "before: "+strconv.Quote(v)+" is not the number of an incident", "")
			return
		}
	}
	incidents, err := c.opts.Incidents.Incidents(r.Context(), f)
	if err != nil {
		c.incidentFailed(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"incidents": list(incidents)})
}

// getFlapping answers GET incidents/top: what came and went most often in the last
// days, 7 of them if the request does not say how many.
func (c *Console) getFlapping(w http.ResponseWriter, r *http.Request) {
	days := 7
	if v := r.URL.Query().Get("days"); v != "" {
		var err error
		if days, err = strconv.Atoi(v); err != nil || days < 1 || days > 90 {
			fail(w, http.StatusBadRequest, "days: "+strconv.Quote(v)+" is not a number from 1 to 90", "")
			return
		}
	}
	free, err := take(r.Context(), c.searches, c.limits.searchWait)
	if err != nil {
		c.busy(w, "%d searches are running already", cap(c.searches))
		return
	}
	defer free()
	flaps, err := c.opts.Incidents.Flapping(r.Context(), c.now().AddDate(0, 0, -days), mostFlaps)
	if err != nil {
		c.incidentFailed(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"flapping": list(flaps)})
}

func (c *Console) getIncident(w http.ResponseWriter, r *http.Request) {
	i, err := c.opts.Incidents.Incident(r.Context(), idOf(r))
	if err != nil {
		c.incidentFailed(w, err)
		return
	}
	answer(w, http.StatusOK, i)
}

func (c *Console) incidentFailed(w http.ResponseWriter, err error) {
	if errors.Is(err, ErrNoIncident) {
		fail(w, http.StatusNotFound, err.Error(), "GET /api/v1/incidents lists them")
		return
	}
	c.log.Error("console: reading the incidents", "error", err)
	fail(w, http.StatusInternalServerError, "the incidents cannot be read: "+err.Error(), "messages are still being received")
}

// Limits of what people write, in bytes.
const (
	mostWho  = 100
	mostNote = 4096
)

// postIncident returns the handler of what somebody does about an incident:
// {"ack": true, "by": "Ann"}, {"minutes": 60}, {"note": "..."}. It answers with
// the incident.
func (c *Console) postIncident(what string) http.HandlerFunc {
	want := map[string]string{
		"ack":  `expected a JSON object with "ack", true or false, and who does it as "by"`,
		"mute": `expected a JSON object with "minutes" from 1 to 1440, or 0 to end the mute`,
		"note": `expected a JSON object with a text of at most 4096 bytes as "note"`,
	}[what]
	return func(w http.ResponseWriter, r *http.Request) {
		var wish struct {
			Ack     *bool   `json:"ack"`
			By      string  `json:"by"`
			Minutes *int    `json:"minutes"`
			Note    *string `json:"note"`
		}
		err := json.NewDecoder(r.Body).Decode(&wish)
		p := whoAsks(r)
		if p.Name != "" {
			wish.By = p.Name // nobody acts in the name of another
		}
		h := Handling{By: wish.By}
		switch {
		case err != nil:
		case what == "ack" && wish.Ack != nil && len(wish.By) <= mostWho:
			h.Ack = wish.Ack
		case what == "mute" && wish.Minutes != nil && *wish.Minutes >= 0 && *wish.Minutes <= mostMute:
			var until time.Time
			if *wish.Minutes > 0 {
				until = c.now().Add(time.Duration(*wish.Minutes) * time.Minute)
			}
			h.MutedUntil = &until
		case what == "note" && wish.Note != nil && len(*wish.Note) <= mostNote:
			h.Note = wish.Note
		default:
			err = errors.New("not what was expected")
		}
		if err != nil {
			fail(w, http.StatusBadRequest, want, "")
			return
		}
		if err := c.opts.Incidents.Handle(r.Context(), idOf(r), h); err != nil {
			c.incidentFailed(w, err)
			return
		}
		c.record(r, p, handlings[what], h.detail(idOf(r)))
		c.getIncident(w, r)
	}
}

// handlings are the words for them in the audit log.
var handlings = map[string]string{"ack": "incident acknowledged", "mute": "incident muted", "note": "note written"}

// detail says what was done about an incident.
func (h Handling) detail(id int64) string {
	s := incidentText(id)
	switch {
	case h.Ack != nil && !*h.Ack:
		s += ", given back"
	case h.Ack != nil && h.By != "":
		s += ", by " + strconv.Quote(h.By)
	case h.MutedUntil != nil && h.MutedUntil.IsZero():
		s += ", not any more"
	case h.MutedUntil != nil:
		s += ", until " + h.MutedUntil.UTC().Format(time.RFC3339)
	case h.Note != nil:
		s += ", " + strconv.Itoa(len(*h.Note)) + " bytes"
	}
	return s
}
