package store

// What an [Event] is about.
const (
	EventDiskFull   = "disk full"   // messages wait in memory until there is room
	EventLocked     = "locked"      // another program keeps the day file locked
	EventReadOnly   = "read-only"   // the day file may not be written
	EventDiskError  = "disk error"  // reading, writing or syncing failed
	EventCannotOpen = "cannot open" // the day file cannot be opened or made
	EventDamaged    = "damaged"     // a file was set aside and a new one begun
	EventVanished   = "vanished"    // the day file was deleted, renamed or cut short by somebody
	EventCheckpoint = "checkpoint"  // the write-ahead log cannot be moved into its file
	EventRetention  = "retention"   // days were deleted to make room
	EventSenders    = "senders"     // more devices than there may be tables, or very many new ones in a minute
	EventRefused    = "refused"     // a message could not be stored
	EventClock      = "clock"       // the clock of this machine was moved, or may be wrong
	EventStopped    = "stopped"     // storing was given up: the server ends and is started again
)

// An Event is something in the store that a person should hear of. Text is a
// sentence for them. Over says that the trouble of that kind has ended.
type Event struct {
	Kind string
	Text string
	Over bool
}
