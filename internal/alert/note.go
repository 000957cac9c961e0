package alert

import (
	"net/netip"
	"strings"

	"github.com/logboom/logboom/internal/syslog"
)

// A Kind says why a notice is sent.
type Kind string

// The kinds of notices.
const (
	KindAlert Kind = "alert" // something happened
	KindMore  Kind = "more"  // a cooldown ended and held something back
	KindClear Kind = "clear" // what was alerted is over
	KindNote  Kind = "note"  // for the list of alerts: people are not told
)

// A Notice is what people are to be told. It is complete in itself, so that it
// can wait in the outbox over restarts and changes of the configuration.
type Notice struct {
	Kind       Kind            `json:"kind"`
	Rule       string          `json:"rule"`            // name of the rule, or the keyword that was found
	Device     netip.Addr      `json:"device"`          // who sent the message
	DeviceName string          `json:"device_name"`     // as configured, or else "NAME (dns)" or "NAME (hostname)"; "" if it has no name
	Site       string          `json:"site"`            // as configured; "" if it has none
	Severity   uint8           `json:"severity"`        // of the message, 0 emerg to 7 debug
	Text       string          `json:"text"`            // what the device said, without header; safe to show: no control characters, at most MaxText bytes
	At         int64           `json:"at"`              // our clock when the message came, µs since 1970 UTC
	MadeAt     int64           `json:"made_at"`         // when it was decided to tell, later than At by a hold; 0 = at once
	Count      int             `json:"count"`           // messages that this notice stands for, from 1
	More       int             `json:"more"`            // of Count, those before this one that were held back and not told yet
	Again      bool            `json:"again,omitempty"` // it came back within the cooldown, after people were told that it is over; the notice that follows counts its message
	Position   syslog.Position `json:"position"`        // of the message
	Notify     []string        `json:"notify"`          // names of the notifiers; empty = all
	Incident   *Incident       `json:"incident"`        // as it was then; nil: about Logboom itself, or of an older version
}

// OwnPrefix begins the Rule of a notice about Logboom itself.
const OwnPrefix = "Logboom: "

// Own reports whether n is about Logboom itself, not about a device.
func (n *Notice) Own() bool {
	return !n.Device.IsValid() && strings.HasPrefix(n.Rule, OwnPrefix)
}

// A Note is a Notice on its way to one notifier: a row of the outbox.
type Note struct {
	ID        int64  `json:"id"`
	Notifier  string `json:"notifier"` // "telegram"
	Notice    Notice `json:"notice"`
	CreatedAt int64  `json:"created_at"` // µs since 1970 UTC
	NextAt    int64  `json:"next_at"`    // not to be tried before, µs since 1970 UTC
	Attempts  int    `json:"attempts"`   // made so far
	LastError string `json:"last_error"` // of the last attempt; "" before it
}

// A Key names one trouble: a rule on something of a device.
type Key struct {
	Rule   string     `json:"rule"`
	Device netip.Addr `json:"device"`
	Object string     `json:"object"` // "" = the device as a whole
}

// A State is what the engine remembers of one trouble and what must outlive a
// restart. Times are of our clock in µs since 1970 UTC, 0 = never.
type State struct {
	Key
	FirstAt    int64   `json:"first_at"`    // first message of this trouble
	LastAt     int64   `json:"last_at"`     // newest one
	NotifiedAt int64   `json:"notified_at"` // people were told last; 0 = not yet
	Count      int     `json:"count"`       // messages since FirstAt
	Held       int     `json:"held"`        // messages since NotifiedAt that people were not told of
	Open       bool    `json:"open"`        // it was not cleared
	Told       bool    `json:"told"`        // people take it for open
	Window     []int64 `json:"window"`      // arrivals that count towards the threshold, oldest first
	Last       *Notice `json:"last"`        // newest message held back, as it would be told; nil = none
	Over       *Notice `json:"over"`        // newest message that cleared it, not told yet; nil = none

	Pending  int64      `json:"pending"`  // until when it has to last before people are told; 0 = it need not
	Incident *Incident  `json:"incident"` // nil = it is none yet
	ONU      *ONUState  `json:"onu"`      // of an ONU that is watched; nil for all others
	Area     *AreaState `json:"area"`     // of ONUs that were lost together; nil for all others

	Silent *SilentState `json:"silent,omitempty"` // of devices that have gone quiet together; nil for all others
}

// Decisions are what the engine made of the messages it observed. They are to
// be stored in one transaction with the position of the last of these messages.
type Decisions struct {
	Notices []Notice // in the order they were made
	States  []State  // new or changed troubles: to be stored over the old row
	Gone    []Key    // troubles that ended or were forgotten: their rows are to be deleted

	Incidents []Incident            // new or changed, as they are now
	Vendors   map[netip.Addr]string // whose equipment a device turned out to be; "" = forgotten
}

// Empty reports whether there is nothing to store.
func (d *Decisions) Empty() bool {
	return len(d.Notices) == 0 && len(d.States) == 0 && len(d.Gone) == 0 && len(d.Incidents) == 0 && len(d.Vendors) == 0
}
