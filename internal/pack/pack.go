// Package pack reads what network equipment says of itself: a message becomes
// an [Event], "ONU 29 of EPON0/5 lost its power", "that link is up again". It
// does no I/O, starts no goroutine and reads no clock.
//
// What vendors write stands in packs, TOML files with regular expressions and
// with messages that prove them; packs/README.md says how to write one. A rule
// is tried on the body of a message, what is left without PRI, sequence number,
// time and host, and only from its first byte on: a name that a subscriber or a
// client chose stands further on and cannot imitate an alarm.
//
// An event tells what the text tells and nothing more. No cause is guessed: an
// ONU that deregisters is down, whatever took it.
//
// Sources: the vendors' manuals of messages and alarms, named in the packs; RFC
// 5674 section 2 (severities of alarms as severities of syslog).
package pack

// A State says whether an event begins a trouble, ends it, or neither.
type State uint8

// The states of an event. What an operator did is Info, whatever it looks like.
const (
	Info State = iota
	Raise
	Clear
)

// String returns the state as packs write it.
func (s State) String() string {
	switch s {
	case Raise:
		return "raise"
	case Clear:
		return "clear"
	}
	return "info"
}

// NoSeverity is the severity of an event whose text names none.
const NoSeverity = 8

// MaxField is how many bytes a text of an event may have. What is longer is cut.
const MaxField = 80

// An Event is what a message says of equipment. Its strings are copies of at
// most [MaxField] bytes, safe to show: what is not printable is replaced.
type Event struct {
	Vendor   string // name of the pack: "huawei-olt"
	Kind     string // one of [Kinds]: "onu_power"
	State    State
	Clears   []string // kinds that a Clear ends, Kind among them; shared: read only
	PON      string   // place as the vendor writes it: "0/6/6", "EPON0/5"; "" = none
	ONU      string   // number within the PON, or what the vendor has in its place: "67"; "" = none
	Serial   string   // MAC or serial number of the ONU; "" = none
	Port     string   // interface, peer, unit, user: two messages of a kind with the same are the same trouble; "" = the device
	Cause    string   // "power", "fibre", "operator" where the text says so; "" = unknown
	Severity uint8    // of the text, 0 to 7; NoSeverity if it names none
	Proves   bool     // only this vendor writes such a line
}

// A Coverage says how much of what a vendor's equipment says its pack knows.
type Coverage string

// The coverages of packs.
const (
	Full   Coverage = "full"   // the usual alarms and what ends them
	Partly Coverage = "partly" // what is known for sure; word rules are needed for the rest
	Words  Coverage = "words"  // hardly anything: word rules find what they can
)

// A Description is what people are told of a pack.
type Description struct {
	Name, Title string
	Coverage    Coverage
	Notes       string // quirks and what is missing; may be empty
	Rules       int
}
