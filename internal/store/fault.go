package store

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// What to do about each kind of error was found out by provoking them; see also
// https://sqlite.org/rescode.html and https://sqlite.org/howtocorrupt.html. One
// rule stands over all: messages are kept until it is known what became of
// them.
const (
	tellHolder   = 10 * time.Second // of waiting for a lock, until its holder is looked for
	tellLocked   = time.Minute      // until people are told
	leaveLocked  = 5 * time.Minute  // until the day goes on in a second file
	leaveUnopen  = 30 * time.Second // the same for a file that cannot be opened
	longestPause = 10 * time.Second // between two attempts
	checkedBytes = 256 << 20        // files up to this size are checked whole after the disk has failed
	maxParts     = 9                // files of a day
)

var (
	errNoTime = errors.New("there was no time left")
	// errHopeless marks errors after which the store cannot go on.
	errHopeless = errors.New("giving up")
)

// A trial is the attempts to store one part.
type trial struct {
	kind  sqlite.Kind
	since time.Time // of the first error of this kind
	tries int       // of this kind
	moved bool      // to another file, because of this kind

	// unsure: the part may be in the file all the same, as after a COMMIT that
	// failed. It is looked for before it is written again.
	unsure bool
}

// react does what an error asks for. done says that p is stored after all; an
// error ends the attempts.
func (w *writer) react(t *trial, d *openDay, p *part, err error, publish bool) (done bool, fatal error) {
	kind := sqlite.Classify(err)
	if t.tries == 0 || t.kind != kind {
		*t = trial{kind: kind, since: time.Now(), unsure: t.unsure}
	}
	t.tries++
	if w.abandon.Err() != nil {
		return false, fmt.Errorf("%w: %w", errNoTime, err)
	}
	waited := time.Since(t.since)
	switch kind {
	case sqlite.Full:
		w.trouble(EventDiskFull, fmt.Sprintf("there is no room for more messages in %s; they wait in memory", w.options.Directory))
		w.keeper.hurry()
		if t.tries > 2 && len(p.records) > 1 {
			return true, w.storeHalves(p, publish)
		}
		return false, w.pause(t, longestPause)

	case sqlite.Busy, sqlite.Locked:
		locked := fmt.Sprintf("%s is locked by %s", FileName(p.day, d.part), w.holder(d))
		w.note(func(s *Stats) { s.Obstacle = locked })
		if waited > tellLocked {
			w.trouble(EventLocked, locked)
		} else if waited > tellHolder {
			w.options.Log.Warn("waiting for a locked day file", "file", FileName(p.day, d.part), "holder", w.holder(d))
		}
		if waited > leaveLocked || w.stopping.Err() != nil {
			return false, w.nextPart(t, d, err)
		}
		return false, w.pause(t, time.Second/2) // SQLite has waited already

	case sqlite.ReadOnly:
		if t.tries > 1 {
			w.trouble(EventReadOnly, fmt.Sprintf("%s may not be written: %v", FileName(p.day, d.part), err))
		}
		w.shut(d)
		if t.tries == 2 {
			return false, w.nextPart(t, d, err)
		}
		return false, w.pause(t, longestPause)

	case sqlite.Corrupt:
		if t.tries > 3 {
			return false, fmt.Errorf("%w: new files are damaged at once: %w", errHopeless, err)
		}
		return false, w.setAside(d, "damaged", err)

	case sqlite.Foreign:
		if t.tries > 3 {
			return false, fmt.Errorf("%w: %w", errHopeless, err)
		}
		if err := w.refuse(d, err); errors.Is(err, errHopeless) || errors.Is(err, errNoTime) {
			return false, err
		}
		return false, nil // another error comes again with the next attempt

	case sqlite.CantOpen:
		if waited > steady {
			w.trouble(EventCannotOpen, fmt.Sprintf("%s cannot be opened: %v", FileName(p.day, d.part), err))
		}
		w.shut(d)
		if e := os.MkdirAll(w.options.Directory, 0o750); e != nil {
			w.options.Log.Warn("making the directory for messages", "error", e)
		}
		if waited > leaveUnopen && !t.moved {
			return false, w.nextPart(t, d, err)
		}
		return false, w.pause(t, longestPause)

	case sqlite.NoMem:
		if t.tries > 2 {
			return false, fmt.Errorf("%w: %w", errHopeless, err)
		}
		if d.file != nil {
			d.file.db.Forget()
		}
		if len(p.records) > 1 {
			return true, w.storeHalves(p, publish)
		}
		return false, w.pause(t, longestPause)

	case sqlite.Schema:
		w.shut(d) // opening makes tables that somebody has dropped
		if t.tries > 1 {
			return false, w.nextPart(t, d, err)
		}
		return false, nil

	case sqlite.BadRow:
		return w.badRow(t, d, p, err, publish)

	case sqlite.Misuse:
		return false, fmt.Errorf("%w: %w", errHopeless, err)

	case sqlite.Interrupted:
		if t.tries > 3 {
			return false, fmt.Errorf("%w: %w", errHopeless, err)
		}
		return false, nil
	}
	return w.diskError(t, d, p, err, publish)
}

// diskError deals with an error of the disk, or one that is not known.
func (w *writer) diskError(t *trial, d *openDay, p *part, err error, publish bool) (done bool, fatal error) {
	w.options.Log.Error("writing messages", "file", FileName(p.day, d.part), "error", err)
	t.unsure = t.unsure || p.records[0].ID != 0
	if t.tries > 2 {
		return false, fmt.Errorf("%w: %w", errHopeless, err)
	}
	w.trouble(EventDiskError, fmt.Sprintf("writing %s failed: %v", FileName(p.day, d.part), err))
	// After a failed sync the system may have dropped what was to be written
	// and report success the next time: only a file opened anew tells.
	w.shut(d)
	d, reopened := w.day(p.day, time.Now())
	if reopened != nil {
		return false, w.pause(t, longestPause)
	}
	if t.unsure {
		there, err := d.file.holds(p)
		if err == nil && there {
			w.stored(d, p, time.Now(), publish)
			return true, nil
		}
		t.unsure = err != nil
	}
	if t.tries > 1 {
		return false, w.nextPart(t, d, err)
	}
	if info, err := os.Stat(d.file.path); err == nil && info.Size() <= checkedBytes {
		if err := d.file.db.Check(w.abandon); sqlite.Classify(err) == sqlite.Corrupt {
			return false, w.setAside(d, "damaged", err)
		}
	}
	return false, nil
}

// badRow finds the message that SQLite refuses and stores it as bare bytes.
func (w *writer) badRow(t *trial, d *openDay, p *part, err error, publish bool) (done bool, fatal error) {
	if t.tries == 1 {
		// Perhaps somebody else has written rows: take ids after theirs.
		w.shut(d)
		if d, err := w.day(p.day, time.Now()); err == nil {
			p.records[0].ID = 0
			d.assign(p)
		}
		return false, nil
	}
	if len(p.records) > 1 {
		return true, w.storeHalves(p, publish)
	}
	w.options.Log.Error("a message is refused by SQLite and kept as bare bytes", "source", p.records[0].Source, "error", err)
	w.note(func(s *Stats) { s.Refused++ })
	w.options.Event(Event{Kind: EventRefused, Text: fmt.Sprintf("a message from %v could be kept as bare bytes only: %v", p.records[0].Source, err)})
	if err := d.file.writeBare(p); err != nil {
		return false, fmt.Errorf("%w: %w", errHopeless, err)
	}
	w.stored(d, p, time.Now(), publish)
	return true, nil
}

// storeHalves stores p in two commits.
func (w *writer) storeHalves(p *part, publish bool) error {
	a, b := p.split((len(p.records) + 1) / 2)
	err := w.store(a, publish)
	if err == nil {
		if b.records[0].ID <= a.records[len(a.records)-1].ID {
			b.records[0].ID = 0 // a has got new ones
		}
		err = w.store(b, publish)
	}
	if publish {
		p.stored = a.stored + b.stored
	}
	return err
}

// pause waits before the next attempt, longer from time to time.
func (w *writer) pause(t *trial, longest time.Duration) error {
	wait := min(time.Second<<min(t.tries-1, 10)/2, longest)
	stopping := w.stopping.Done()
	if w.stopping.Err() != nil { // there is little time left
		wait, stopping = min(wait, time.Second/4), nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-stopping:
	case <-w.keeper.freed:
	case <-w.abandon.Done():
	}
	return nil // the next attempt is the last one if there is no time left
}

// shut closes the file of a day without completing it. It is opened again with
// the next attempt.
func (w *writer) shut(d *openDay) {
	if d.file == nil {
		return
	}
	if err := d.file.close(); err != nil {
		w.options.Log.Warn("closing a day file", "path", d.file.path, "error", err)
	}
	d.file = nil
}

// nextPart lets a day go on in another file.
func (w *writer) nextPart(t *trial, d *openDay, why error) error {
	w.shut(d)
	if d.part >= maxParts {
		return fmt.Errorf("%w: the day has %d files: %w", errHopeless, d.part, why)
	}
	d.part++
	t.moved = true
	w.options.Log.Error("the day goes on in another file", "file", FileName(d.number, d.part), "because", why)
	return nil
}
