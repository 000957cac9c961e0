package store

import (
	"errors"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// recover completes the files that a crash has left, but for today's.
func (w *writer) recover() {
	files, err := dayFiles(w.options.Directory)
	if err != nil {
		w.options.Log.Warn("reading the directory of day files", "error", err)
		return
	}
	for _, f := range files {
		if f.Day != w.today {
			w.settleFile(f)
		}
	}
	for _, f := range files {
		if f.Day < w.today {
			w.sealer.add(f.Day)
		}
	}
	for _, f := range files {
		if f.Day == w.today && f.Part > 0 {
			w.settleFile(f)
		}
	}
}

// openToday opens today's file, made if it is absent, and files its inbox. An
// error is one that will not go away by itself.
func (w *writer) openToday() error {
	d, err := w.day(w.today, time.Now())
	if err == nil && d.file.waiting > 0 {
		w.options.Log.Info("filing what a crash has left in the inbox", "path", d.file.path, "messages", d.file.waiting)
		err = w.settle(d.file)
	}
	if err == nil {
		w.note(func(s *Stats) { s.Day, s.Devices, s.Inbox = d.number, len(d.file.tables), d.file.waiting })
		return nil
	}
	switch sqlite.Classify(err) {
	case sqlite.CantOpen, sqlite.ReadOnly, sqlite.Other:
		return err
	case sqlite.Corrupt, sqlite.Foreign:
		err = w.refuse(d, err)
	}
	if err != nil {
		w.options.Log.Warn("today's file will be tried again with the first message", "error", err)
		w.failed(err)
		w.shut(d)
	}
	return nil
}

// refuse makes way for a new file in the place of one that is not a usable
// day file.
func (w *writer) refuse(d *openDay, why error) error {
	var t trial
	var err error
	switch {
	case errors.Is(why, sqlite.ErrNewer):
		err = w.nextPart(&t, d, why)
	case sqlite.Classify(why) == sqlite.Foreign:
		err = w.setAside(d, "foreign", why)
	default:
		err = w.setAside(d, "damaged", why)
	}
	if err == nil {
		_, err = w.day(d.number, time.Now())
	}
	return err
}
