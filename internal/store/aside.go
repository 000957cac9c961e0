package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// setAside renames the files of a day that cannot be used any more, so that
// the day goes on in a new one. Nothing is deleted: what they hold may still
// be read, by us or with SQLite's own tools. Messages that were committed since
// the file was last found well are written again: with the same ids, so that
// who finds them in both files knows them.
func (w *writer) setAside(d *openDay, why string, cause error) error {
	path := w.path(d)
	w.archive.Release(d.number)
	// The write-ahead log belongs to the file: it must not be emptied into a
	// file that is damaged. Renaming before closing keeps it. Windows does
	// not rename open files, and there the log is emptied into the file when it
	// is closed: the driver has no way to SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE.
	to, err := renameAll(path, why, w.options.Now())
	if err != nil {
		w.shut(d)
		to, err = renameAll(path, why, w.options.Now())
	}
	w.shut(d)
	if err != nil {
		w.options.Log.Error("setting a damaged day file aside", "path", path, "error", err)
		d.part++ // leave it where it is
		if d.part > maxParts {
			return fmt.Errorf("%w: setting %s aside: %w", errHopeless, path, err)
		}
		return nil
	}
	text := fmt.Sprintf("%s cannot be used (%v); it was renamed to %s and a new file was begun", path, cause, to)
	w.options.Log.Error("day file set aside", "path", path, "renamed", to, "because", cause)
	w.options.Event(Event{Kind: EventDamaged, Text: text})
	_, err = w.rewrite(d)
	return err
}

// rewrite writes the messages again that were committed since the file of a
// day was last found well, and returns how many they were. The error is one
// after which the store cannot go on.
func (w *writer) rewrite(d *openDay) (messages int, fatal error) {
	again := d.recent
	d.recent, d.size = nil, 0
	for i, p := range again {
		if err := w.store(p, false); err != nil {
			lost := 0
			for _, p := range again[i:] {
				lost += len(p.records)
			}
			return messages, fmt.Errorf("%d messages that had been stored could not be written again: %w", lost, err)
		}
		messages += len(p.records)
	}
	return messages, nil
}

// path returns the path of the file that d is written to.
func (w *writer) path(d *openDay) string {
	return dayPathOf(w.options.Directory, d.number, d.part)
}

// renameAll renames a file, its write-ahead log, the index of that and its
// rollback journal, which belong together, and returns the new path of the
// file.
func renameAll(path, why string, now time.Time) (string, error) {
	to := fmt.Sprintf("%s.%s-%s", path, why, now.Format("150405"))
	for n := 2; exists(to) || exists(to+"-wal"); n++ {
		to = fmt.Sprintf("%s.%s-%s-%d", path, why, now.Format("150405"), n)
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		err := os.Rename(path+suffix, to+suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return to, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// hasLog reports whether a day file was not closed in order: there is something
// in its write-ahead log, or in the rollback journal with which it is sealed.
func hasLog(path string) bool {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// verify looks whether the file of a day is still where it was. If not, the
// day goes on in a new file, into which the messages are written again that
// were committed since the file was last seen. The error is one after which
// the store cannot go on.
func (w *writer) verify(d *openDay, now time.Time) error {
	if d.file == nil {
		return nil
	}
	err := d.file.watch.check()
	if err == nil {
		w.checks.Add(1)
		d.forget(now)
		return nil
	}
	if errors.Is(err, errLogGone) && w.rescueLog(d, err) {
		d.forget(now)
		return nil
	}
	path := d.file.path
	d.checked = now
	if errors.Is(err, errVanished) {
		w.archive.Release(d.number)
		// If the file was only renamed, its rows follow it with closing.
		w.shut(d)
		if _, err := renameAll(path, "lost", w.options.Now()); err != nil { // what is left of it
			w.options.Log.Error("setting aside what is left of a day file", "path", path, "error", err)
		}
		w.options.Log.Error("day file vanished", "error", err)
	} else {
		return w.setAside(d, "damaged", err)
	}
	messages, fatal := w.rewrite(d)
	w.options.Event(Event{Kind: EventVanished, Text: fmt.Sprintf(
		"%v; a new file was begun and the last %d messages were written again", err, messages)})
	return fatal
}

// rescueLog deals with a write-ahead log that was deleted while it was in use.
// SQLite still has it open: its rows go into the day file, then both are
// opened anew. It returns false if that did not work.
func (w *writer) rescueLog(d *openDay, why error) bool {
	w.archive.Release(d.number)
	c, err := d.file.db.Checkpoint(true)
	if err != nil || c.Busy {
		w.options.Log.Error("rescuing a deleted write-ahead log", "path", d.file.path, "busy", c.Busy, "error", err)
		return false
	}
	w.shut(d)
	if _, err := w.day(d.number, time.Now()); err != nil {
		w.failed(err)
		w.options.Log.Error("opening a day file anew", "error", err)
	}
	w.options.Log.Error("write-ahead log vanished, its messages were rescued", "error", why)
	w.options.Event(Event{Kind: EventVanished, Text: fmt.Sprintf("%v; its messages were rescued", why)})
	return true
}
