package notify

import (
	"context"

	"github.com/logboom/logboom/internal/alert"
)

// A Book keeps what incidents there are and in which messages people were told
// of them. It may be called from several goroutines.
type Book interface {
	// Told returns the newest message in which a notifier told of an incident
	// at a place; ok is false if there is none.
	Told(ctx context.Context, notifier string, incident int64, place string) (t Told, ok bool, err error)

	// NewestTold returns the highest number of an incident that a notifier has
	// told of at a place; 0 = of none.
	NewestTold(ctx context.Context, notifier, place string) (incident int64, err error)

	// SetTold keeps it.
	SetTold(ctx context.Context, notifier string, incident int64, place string, t Told) error

	// IncidentTold returns the incident that a message told of, 0 if it is not
	// known.
	IncidentTold(ctx context.Context, notifier, place, message string) (incident int64, err error)

	// Handled returns an incident as it is now; ok is false if there is no
	// such.
	Handled(ctx context.Context, incident int64) (h Handled, ok bool, err error)
}

// A Told is a message in which people were told of an incident.
type Told struct {
	Message string // its number
	Alarm   int    // [alert.Incident.Alarms] that it told
}

// Handled is an incident and what people did about it.
type Handled struct {
	alert.Incident
	AckedAt    int64  // µs since 1970 UTC; 0 = nobody has taken it on
	AckedBy    string // who did, as they call themselves
	MutedUntil int64  // people are not told of it; 0 = they are
}

// Sorted is what a [Sorter] makes of notes. Those that it leaves out wait.
type Sorted struct {
	New   []alert.Note // to be told
	Edits []alert.Note // to be told by changing a message that is there
	Done  []alert.Note // need not be told
}

// A Sorter is a [Notifier] that can change the messages that it has sent. A
// change calls nobody: it is made after what is new was told, and never part of
// a digest.
type Sorter interface {
	Sort(ctx context.Context, notes []alert.Note) (Sorted, error)
}
