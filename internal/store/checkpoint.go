package store

import (
	"fmt"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// When the write-ahead log is moved into its file. SQLite would do it by
// itself, but tell nobody when it fails.
const (
	// The same pages are written again and again, by the next commits of the same
	// devices and by filing, which takes those that the inbox lets go of: moved
	// every 4,000 pages instead, 1,000 devices cost a fifth more bytes.
	checkpointPages = 12_000
	checkpointEvery = time.Minute
	// A log that has grown to so many pages (half a gigabyte) although it is
	// moved again and again is held by a reader; people are told.
	heldPages = 64_000
)

// checkpointState is what is known of the write-ahead log of a file.
type checkpointState struct {
	pages  int       // written since the last checkpoint, about
	filed  bool      // nothing came since the inbox was filed
	at     time.Time // of the last checkpoint
	failed bool      // it did not work
	held   bool      // people were told that a reader holds it
}

// checkpointIfDue moves the write-ahead log of a day into its file when it is
// time. Readers and their locks are not waited for.
func (w *writer) checkpointIfDue(d *openDay, now time.Time) {
	f := d.file
	if f == nil || f.checkpoint.pages == 0 {
		return
	}
	if f.checkpoint.at.IsZero() {
		f.checkpoint.at = now
	}
	pages, every := checkpointPages, checkpointEvery
	switch {
	case f.checkpoint.filed:
		pages, every = pages/4, every/2 // there is no better moment
	case f.waiting > 0:
		every *= 2 // the inbox is filed sooner, which writes all these pages once more
	}
	if f.checkpoint.pages < pages && now.Sub(f.checkpoint.at) < every {
		return
	}
	err := w.moveLog(f, false)
	if err == nil {
		return
	}
	w.failed(err)
	switch sqlite.Classify(err) {
	case sqlite.Corrupt:
		w.giveUp(w.setAside(d, "damaged", err))
	case sqlite.Full:
		w.keeper.hurry()
	}
}

// moveLog moves the write-ahead log of f into the file, as far as nobody reads
// it; with truncate it then empties the log, unless somebody reads it. What goes
// wrong is told here.
func (w *writer) moveLog(f *dayFile, truncate bool) error {
	err := w.point("checkpoint")
	var c sqlite.Checkpoint
	if err == nil && truncate {
		c, err = f.db.TryTruncate()
	} else if err == nil {
		c, err = f.db.Checkpoint(false)
	}
	f.checkpoint.pages, f.checkpoint.at = 0, time.Now()
	if err != nil {
		w.note(func(s *Stats) { s.CheckpointErrors++ })
		err = fmt.Errorf("moving the write-ahead log of %s into it: %w", f.path, err)
		if !f.checkpoint.failed {
			f.checkpoint.failed = true
			w.options.Log.Error("checkpoint", "error", err)
			w.options.Event(Event{Kind: EventCheckpoint, Text: err.Error()})
		}
		return err
	}
	if f.checkpoint.failed {
		f.checkpoint.failed = false
		w.options.Event(Event{Kind: EventCheckpoint, Text: "the write-ahead log of " + f.path + " is moved again", Over: true})
	}
	w.note(func(s *Stats) { s.LogPages = c.Pages })
	switch held := c.Pages > heldPages && c.Moved < c.Pages; {
	case held && !f.checkpoint.held:
		text := fmt.Sprintf("another program reads %s without a pause, so that its write-ahead log has grown to %d MB", f.path, c.Pages*sqlite.PageSize>>20)
		w.options.Log.Warn("checkpoint", "detail", text)
		w.options.Event(Event{Kind: EventCheckpoint, Text: text})
	case !held && f.checkpoint.held:
		w.options.Event(Event{Kind: EventCheckpoint, Text: "the write-ahead log of " + f.path + " is free again", Over: true})
	}
	f.checkpoint.held = c.Pages > heldPages && c.Moved < c.Pages
	return nil
}
