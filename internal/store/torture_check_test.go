package store

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

// A verdict is what was found in a directory after a store has recovered it.
type verdict struct {
	kept   int      // messages of the script that are there
	lost   int      // accepted ones that are not, or not at their place
	day    int      // day of the first of those
	damage []string // what must not be, whatever was lost
}

func (v *verdict) blame(format string, args ...any) {
	if len(v.damage) < 8 {
		v.damage = append(v.damage, fmt.Sprintf(format, args...))
	}
}

// An examination looks at a directory that a crash has left.
type examination struct {
	dir      string
	now      time.Time
	accepted accepted
	sync     string // of the store that recovers it

	gaps bool // the accepted messages that are there need not be all up to some number
	more bool // go on with the script after the recovery
	torn bool // files may have been set aside
}

// examine opens the directory as the program does after a crash, then looks at
// what is there in three ways: by what SQLite says, with plain SQL, and through
// the archive.
func (x examination) examine(ctx context.Context) *verdict {
	v := &verdict{}
	s, err := Open(Options{
		Directory: x.dir, Location: time.UTC, Sync: x.sync,
		Now: func() time.Time { return x.now },
		Event: func(e Event) {
			if !x.torn {
				v.blame("people were told: %s: %s", e.Kind, e.Text)
			}
		},
	})
	if err != nil {
		v.blame("the store does not open: %v", err)
		return v
	}
	x.files(v)
	found := x.archive(ctx, v, s.Archive())
	source := &playSource{play: &play{}, next: 1 << 20}
	if x.more {
		source.Until = source.next + scriptBlock
		source.play.Midnight = source.next + scriptBlock/2
		source.play.Days = int(x.now.Sub(tortureMidnight) / (24 * time.Hour))
	}
	if err := s.Run(ctx, source); err != nil {
		v.blame("the store does not go on: %v", err)
	}
	if x.more {
		x.goesOn(ctx, v, found)
	}
	return v
}

// files looks at the day files themselves.
func (x examination) files(v *verdict) {
	files, err := dayFiles(x.dir)
	if err != nil {
		v.blame("%v", err)
	}
	for _, why := range []string{"damaged", "foreign", "lost"} {
		if aside, _ := fs.Glob(os.DirFS(x.dir), "*."+why+"-*"); len(aside) > 0 && !x.torn {
			v.blame("files were set aside: %q", aside)
		}
	}
	for _, f := range files {
		if err := x.file(v, f); err != nil {
			v.blame("%s: %v", filepath.Base(f.Path), err)
		}
	}
}

func (x examination) file(v *verdict, f dayPath) error {
	db, err := sqlite.OpenReader(f.Path)
	if err != nil {
		return err
	}
	defer db.Close()
	one := func(query string) (text string, err error) {
		err = db.QueryRow(query).Scan(&text)
		return text, err
	}
	if answer, err := one("PRAGMA integrity_check"); err != nil || answer != "ok" {
		return fmt.Errorf("integrity_check: %s, %v", answer, err)
	}
	if n, err := one("SELECT count(*) FROM inbox"); err != nil || n != "0" {
		return fmt.Errorf("%s messages are in the inbox after the recovery, %v", n, err)
	}
	rows, err := db.Query("SELECT table_name,messages FROM devices")
	if err != nil {
		return err
	}
	defer rows.Close()
	var counts []string
	for rows.Next() {
		var table string
		var messages int64
		if err := rows.Scan(&table, &messages); err != nil {
			return err
		}
		counts = append(counts, fmt.Sprintf("SELECT %d AS messages,count(*) AS n FROM %s", messages, table))
	}
	if err := rows.Err(); err != nil || len(counts) == 0 {
		return err
	}
	for chunk := range slices.Chunk(counts, 400) { // SQLite takes 500 terms
		wrong, err := one("SELECT count(*) FROM (" + strings.Join(chunk, " UNION ALL ") + ") WHERE n<>messages")
		if err != nil || wrong != "0" {
			return fmt.Errorf("%s tables do not hold as many messages as the table devices says, %v", wrong, err)
		}
	}
	return nil
}

// archive reads all messages and compares them with the script and with what
// was accepted. It returns the highest id of each day.
func (x examination) archive(ctx context.Context, v *verdict, a *Archive) map[int]int64 {
	highest := make(map[int]int64)
	there := make(map[int64]syslog.Position)
	rows := make(map[int]int64)
	err := a.Each(ctx, Search{}, func(r *syslog.Record) error {
		n, problem := isScripted(r)
		if problem != "" {
			v.blame("%s", problem)
			return nil
		}
		if before, twice := there[n]; twice {
			v.blame("message %d is there twice, as %v and %v", n, before, r.Position)
		}
		there[n] = r.Position
		rows[r.Day]++
		if r.ID <= highest[r.Day] {
			v.blame("%v comes after id %d", r.Position, highest[r.Day])
		}
		highest[r.Day] = r.ID
		return nil
	})
	if err != nil && !(x.torn && isDamageError(err)) {
		v.blame("reading: %v", err)
	}
	v.kept = len(there)
	for i, place := range x.accepted {
		n := int64(i)
		if place == (syslog.Position{}) {
			continue
		}
		if now, ok := there[n]; !ok || now != place && !x.torn {
			v.lost++
			if v.day == 0 || place.Day < v.day {
				v.day = place.Day
			}
			if ok {
				v.blame("message %d, accepted as %v, is now %v", n, place, now)
			}
		}
	}
	if x.torn {
		return highest
	}
	for day, last := range highest {
		if rows[day] != last {
			v.blame("day %d has %d messages with ids up to %d", day, rows[day], last)
		}
	}
	if !x.gaps {
		for n := range int64(len(there)) {
			if _, ok := there[n]; !ok {
				v.blame("there are %d messages, but not number %d", len(there), n)
				break
			}
		}
	}
	return highest
}

// goesOn looks whether what came after the recovery was stored behind what was
// there.
func (x examination) goesOn(ctx context.Context, v *verdict, highest map[int]int64) {
	a, err := OpenArchive(x.dir, time.UTC)
	if err != nil {
		v.blame("%v", err)
		return
	}
	defer a.Close()
	n := 0
	err = a.Each(ctx, Search{}, func(r *syslog.Record) error {
		if number, problem := isScripted(r); problem != "" {
			v.blame("after the recovery: %s", problem)
		} else if number >= 1<<20 {
			n++
			if r.ID <= highest[r.Day] {
				v.blame("after the recovery an id was given again: %v", r.Position)
			}
		}
		return nil
	})
	if err != nil || n != scriptBlock {
		v.blame("%d of %d messages were stored after the recovery, %v", n, scriptBlock, err)
	}
	x.completed(ctx, v, highest)
}

// unbegun reports whether a rollback journal has no magic yet: nothing had been
// changed when the power was cut, SQLite passes it over, and the next change, that
// of sealing, takes it away. https://sqlite.org/fileformat.html#the_rollback_journal
func unbegun(path string) bool {
	text, err := os.ReadFile(path)
	return err == nil && len(text) >= 8 && bytes.Equal(text[:8], make([]byte, 8))
}

// completed looks whether the files are whole after the next start: a log that
// somebody read while the store ended is moved then.
func (x examination) completed(ctx context.Context, v *verdict, highest map[int]int64) {
	left := func(day int) bool {
		path := filepath.Join(x.dir, FileName(day, 0))
		return hasLog(path) && !unbegun(path+"-journal")
	}
	for day := range highest {
		if !left(day) {
			continue
		}
		s, err := Open(Options{Directory: x.dir, Location: time.UTC})
		if err == nil {
			err = s.Run(ctx, &load{})
		}
		if err != nil {
			v.blame("the next start: %v", err)
		}
		break
	}
	for day := range highest {
		if path := filepath.Join(x.dir, FileName(day, 0)); left(day) {
			v.blame("the write-ahead log of %s was left", path)
		}
	}
}
