package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/login"
)

// The states of [Health] and of its parts.
const (
	StateOK       = "ok"       // works
	StateDegraded = "degraded" // messages are stored, but something needs people
	StateFailing  = "failing"  // messages are being lost, or about to be
)

// Status is what GET status answers: how Logboom is, in numbers. Times are µs
// since 1970 UTC, 0 = never.
type Status struct {
	Version   string     `json:"version"`
	Now       int64      `json:"now"`
	StartedAt int64      `json:"started_at"`
	Zone      Zone       `json:"zone"`
	Health    Health     `json:"health"`
	Rate      Rate       `json:"rate"`
	Past      []Past     `json:"past,omitempty"` // with past=1: the last five minutes, oldest first
	Ledger    Ledger     `json:"ledger"`
	Queue     Queue      `json:"queue"`
	Listeners []Listener `json:"listeners"`
	Store     Store      `json:"store"`
	Devices   int        `json:"devices"`   // that have sent today
	Incidents int        `json:"incidents"` // open now
	Alerts    Alerts     `json:"alerts"`
	Streams   int        `json:"streams"` // live tails open now
	Files     Files      `json:"files"`
	Settings  Settings   `json:"settings"`
}

// Settings says how it stands with the settings since the start.
type Settings struct {
	LoadedAt    int64    `json:"loaded_at"`       // they were loaded again; 0 = not since the start
	BrokenSince int64    `json:"broken_since"`    // those on disk cannot be used, the ones before are in force; 0 = they can
	Error       string   `json:"error,omitempty"` // why they cannot
	Restart     []string `json:"restart"`         // keys that differ on disk and take a restart
}

// Files are where an admin finds what is not messages; "" = there is none.
type Files struct {
	Config string `json:"config"` // the settings that were read
	Log    string `json:"log"`    // Logboom's own log
}

// Zone is the time zone of the day files.
type Zone struct {
	Name   string `json:"name"`
	Offset int    `json:"offset"` // seconds east of UTC, now
}

// Health says whether all is well, and if not, what is wrong and what to do.
type Health struct {
	State    string    `json:"state"`    // StateOK, StateDegraded or StateFailing
	Problems []Trouble `json:"problems"` // none if all is well
}

// Trouble is something that needs people.
type Trouble struct {
	State string `json:"state"` // StateDegraded or StateFailing
	What  string `json:"what"`  // the part: "udp :514", "disk", "telegram"
	Fact  string `json:"fact"`  // with numbers: "412 MB free"
	Hint  string `json:"hint"`  // what to do; may be empty
}

// Rate counts messages per second over the last seconds.
type Rate struct {
	Received float64 `json:"received"`
	Stored   float64 `json:"stored"`
	Dropped  float64 `json:"dropped"`
}

// A Past is how many messages a second were received in the seconds before At,
// µs since 1970 UTC.
type Past struct {
	At       int64   `json:"at"`
	Received float64 `json:"received"`
}

// Ledger counts the messages of a day: Received = Stored + Dropped + InFlight.
type Ledger struct {
	Day       int              `json:"day"` // year*10000 + month*100 + day
	Received  int64            `json:"received"`
	Stored    int64            `json:"stored"`
	Dropped   int64            `json:"dropped"`
	DroppedBy map[string]int64 `json:"dropped_by"` // by reason: kernel, queue, refused, oversize, disk
	InFlight  int64            `json:"in_flight"`
}

// Queue is what waits between network and disk.
type Queue struct {
	Length   int   `json:"length"`   // messages
	Capacity int   `json:"capacity"` // messages
	Bytes    int64 `json:"bytes"`
}

// Listener is one address on which messages come in. Counts are since start.
type Listener struct {
	Name          string           `json:"name"` // "udp :514"
	Protocol      string           `json:"protocol"`
	Address       string           `json:"address"`
	Open          bool             `json:"open"`
	Error         string           `json:"error,omitempty"` // why it is not open
	Received      int64            `json:"received"`
	Dropped       map[string]int64 `json:"dropped"` // by reason
	BufferAsked   int              `json:"buffer_asked,omitempty"`
	BufferGranted int              `json:"buffer_granted,omitempty"` // bytes
	Connections   int              `json:"connections,omitempty"`
}

// Store is where messages are kept.
type Store struct {
	State     string `json:"state"`            // StateOK or what is wrong: "disk full"
	Detail    string `json:"detail,omitempty"` // a sentence about what is wrong
	Directory string `json:"directory"`
	Days      int    `json:"days"`       // files
	OldestDay int    `json:"oldest_day"` // year*10000 + month*100 + day; 0 = none
	Bytes     int64  `json:"bytes"`      // of all day files
	Free      int64  `json:"free"`       // bytes free on the disk; -1 = not known
	Stored    int64  `json:"stored"`     // messages since start
	Commits   int64  `json:"commits"`    // since start
}

// Alerts says whether people can be told.
type Alerts struct {
	Rules      int        `json:"rules"`
	Today      int64      `json:"today"`       // notices since midnight
	Waiting    int        `json:"waiting"`     // notices not delivered yet
	MutedUntil int64      `json:"muted_until"` // nobody is told before; 0 = not muted
	Notifiers  []Notifier `json:"notifiers"`
}

// Notifier is one way to tell people.
type Notifier struct {
	Name      string `json:"name"` // "telegram"
	Waiting   int    `json:"waiting"`
	Sent      int64  `json:"sent"`   // since start
	Failed    int64  `json:"failed"` // since start, for good
	LastOK    int64  `json:"last_ok"`
	LastError string `json:"last_error,omitempty"` // of the last attempt if it went wrong
}

// Device is one sender. Times are µs since 1970 UTC.
type Device struct {
	Address  string `json:"address"`
	Name     string `json:"name"`     // as configured; "" if it has none
	Site     string `json:"site"`     // as configured; "" if it has none
	Hostname string `json:"hostname"` // as it calls itself; "" if it does not
	FirstAt  int64  `json:"first_at"`
	LastAt   int64  `json:"last_at"`
	Messages int64  `json:"messages"` // ever
	Today    int64  `json:"today"`    // since midnight

	DNSName     string `json:"dns_name"`     // by reverse DNS, which whoever runs the zone chooses; "" if it has none or dns.reverse is off
	Shown       string `json:"shown"`        // how to call it: Name, or "NAME (dns)", or "NAME (hostname)", or Address
	Silent      bool   `json:"silent"`       // it has gone quiet, for longer than QuietFor
	SilentSince int64  `json:"silent_since"` // its newest message then; 0 = it has not
	QuietFor    int64  `json:"quiet_for_s"`  // for how long it may say nothing from now on, in s; 0 = as long as it likes
	QuietBy     string `json:"quiet_by"`     // where QuietFor is from: "silent_after" or "habit"; "" = there is none

	Vendor     string  `json:"vendor"`      // whose equipment its messages show it to be, a name of a pack; "" = not known
	Worst      int     `json:"worst"`       // most severe message of the last 24 hours, as in Hours; -1 = none
	Hours      []int64 `json:"hours"`       // messages of the last 24 hours since this server started, the current one last; null = none
	ErrorHours []int64 `json:"error_hours"` // of them those of severity err and worse; null = none
	ClockApart int64   `json:"clock_apart"` // what its newest message with a time says, less when that came, µs; 0 = there was none since the start
}

// Alert is something that people were told.
type Alert struct {
	ID         int64             `json:"id"`
	Kind       string            `json:"kind"` // "alert", "more", "clear"
	Rule       string            `json:"rule"`
	Device     string            `json:"device"`
	DeviceName string            `json:"device_name"`
	Site       string            `json:"site"`
	Severity   int               `json:"severity"`
	Text       string            `json:"text"`
	At         int64             `json:"at"`
	Count      int               `json:"count"`    // messages it stands for
	Message    string            `json:"message"`  // id of the message
	Delivery   map[string]string `json:"delivery"` // by notifier: "sent", "waiting", or why it failed
}

// Problem is something to correct in a configuration.
type Problem struct {
	File string `json:"file,omitempty"` // that has to be edited
	Line int    `json:"line,omitempty"` // from 1; 0 = not known
	Key  string `json:"key"`
	Have string `json:"have"`
	Want string `json:"want"`
	Hint string `json:"hint"`
}

func (c *Console) status(r *http.Request) Status {
	s := c.opts.Status(r.Context())
	if s.Version == "" {
		s.Version = c.opts.Version
	}
	if s.Now == 0 {
		s.Now = c.now().UnixMicro()
	}
	if s.Zone.Name == "" {
		now := c.now().In(c.opts.Location)
		s.Zone.Name = c.opts.Location.String()
		_, s.Zone.Offset = now.Zone()
	}
	if s.Health.State == "" {
		s.Health.State = StateOK
	}
	s.Streams = len(c.streams)
	s.Health.Problems = list(s.Health.Problems)
	s.Listeners = list(s.Listeners)
	s.Settings.Restart = list(s.Settings.Restart)
	s.Alerts.Notifiers = list(s.Alerts.Notifiers)
	return s
}

// list returns l, and an empty list instead of nil: "[]" in JSON, not "null".
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

func (c *Console) getStatus(w http.ResponseWriter, r *http.Request) {
	s := c.status(r)
	if r.URL.Query().Get("past") != "1" {
		s.Past = nil
	}
	answer(w, http.StatusOK, s)
}

// getHealth answers 200 while messages are stored and 503 while they are being
// lost, for load balancers and for people; viewers are told the reasons, one a
// line.
func (c *Console) getHealth(w http.ResponseWriter, r *http.Request) {
	h := c.status(r).Health
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if h.State == StateFailing {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	fmt.Fprintln(w, h.State)
	if whoAsks(r).Role < login.Viewer {
		return
	}
	for _, p := range h.Problems {
		line := p.State + ": " + p.What + ": " + p.Fact
		if p.Hint != "" {
			line += "; " + p.Hint
		}
		fmt.Fprintln(w, strings.Map(oneLine, line))
	}
}

// oneLine makes what would break a line of text a space.
func oneLine(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

func (c *Console) getDevices(w http.ResponseWriter, r *http.Request) {
	free, err := take(r.Context(), c.searches, c.limits.searchWait) // it reads the day files, too
	if err != nil {
		c.busy(w, "%d searches are running already", cap(c.searches))
		return
	}
	defer free()
	devices, err := c.opts.Devices(r.Context())
	if err != nil {
		c.log.Error("console: reading the devices", "error", err)
		fail(w, http.StatusInternalServerError, "the list of devices cannot be read: "+err.Error(), "messages are still being received")
		return
	}
	slices.SortFunc(devices, func(a, b Device) int { return compareAddresses(a.Address, b.Address) })
	answer(w, http.StatusOK, map[string]any{"devices": list(devices)})
}
