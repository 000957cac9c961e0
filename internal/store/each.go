package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

const (
	exportWindow = 16384    // records read at once
	exportBytes  = 12 << 20 // of memory for them
)

// Progress tells how far an export has come.
type Progress struct {
	Day             int   // being read
	DaysDone, Days  int   // whole days
	BytesDone, Size int64 // of the day files, about
	Records         int64 // handed out
}

// Each calls fn with every wanted message, oldest first, until ctx is over or fn
// returns an error, which Each then returns. fn may keep the record. Messages that arrive
// in a day after Each has begun to read it are left out. Two exports run at
// once, others wait. If some messages could not be read, all others were
// handed out and the error is a [*DamageError].
func (a *Archive) Each(ctx context.Context, s Search, fn func(*syslog.Record) error) error {
	leave, err := enter(ctx, a.exports)
	if err != nil {
		return err
	}
	defer leave()
	return a.each(ctx, s, fn)
}

// ErrNoPlace is what [Archive.Replay] returns if its context was over before it
// could begin.
var ErrNoPlace = errors.New("as many read all messages as may")

// Replay is Each for those whose fn does not wait for anybody, as that of an
// export does for its reader, so that they need not wait for exports: one
// runs at once, others wait.
func (a *Archive) Replay(ctx context.Context, s Search, fn func(*syslog.Record) error) error {
	leave, err := enter(ctx, a.replays)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoPlace, err)
	}
	defer leave()
	return a.each(ctx, s, fn)
}

func (a *Archive) each(ctx context.Context, s Search, fn func(*syslog.Record) error) error {
	days, err := a.daysOf(&s)
	if err != nil {
		return err
	}
	sizes := make([]int64, len(days))
	p := Progress{Days: len(days)}
	for i, day := range days {
		files, _ := a.filesOf(day) // none to read: the scan says so
		for _, f := range files {
			sizes[i] += sizeOf(f.Path)
		}
		p.Size += sizes[i]
	}
	var all notes
	filter := s.filter()
	for i, day := range days {
		p.Day = day
		lowest, highest, _ := s.bounds(day)
		scan := a.newScan(day, up, filter, lowest, highest)
		before := p.BytesDone
		for !scan.done {
			found, err := scan.window(ctx, exportWindow, exportBytes)
			if err != nil {
				return err
			}
			for i := range found {
				if err := ctx.Err(); err != nil {
					return err // fn may take its time
				}
				if err := fn(&found[i]); err != nil {
					return err
				}
				p.Records++
				if s.Limit > 0 && p.Records == int64(s.Limit) {
					all.merge(&scan.notes)
					return all.err()
				}
			}
			if s.Progress != nil && !scan.done {
				if scan.top > 0 {
					p.BytesDone = before + int64(float64(sizes[i])*min(1, float64(scan.pos)/float64(scan.top)))
				}
				s.Progress(p)
			}
		}
		if scan.missing {
			all.add("%s was deleted before it was read", FileName(day, 0))
		}
		all.merge(&scan.notes)
		p.BytesDone = before + sizes[i]
		p.DaysDone++
		if s.Progress != nil {
			s.Progress(p)
		}
	}
	return all.err()
}

// sizeOf returns the size of a file, with what is in its write-ahead log.
func sizeOf(path string) (size int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(path + suffix); err == nil {
			size += info.Size()
		}
	}
	return size
}

// A DayInfo describes the files of one day.
type DayInfo struct {
	Day      int
	Path     string // of the first of its files
	Files    int    // more than one only after trouble
	Size     int64  // of all of them in bytes, write-ahead logs included
	From, To int64  // begin and end of the day, µs since 1970 UTC
}

// Days returns the days of which there are files, oldest first.
func (a *Archive) Days() ([]DayInfo, error) {
	files, err := a.list()
	if err != nil {
		return nil, err
	}
	var days []DayInfo
	for _, f := range files {
		size := sizeOf(f.Path)
		if n := len(days); n > 0 && days[n-1].Day == f.Day {
			days[n-1].Files++
			days[n-1].Size += size
			if f.Part == 0 {
				days[n-1].Path = f.Path
			}
			continue
		}
		d := DayInfo{Day: f.Day, Path: f.Path, Files: 1, Size: size}
		d.From, d.To = a.timesOf(f.Day)
		days = append(days, d)
	}
	return days, nil
}

// A DayDevice is a device that sent messages on a day.
type DayDevice struct {
	Address     netip.Addr // zero = unknown
	Table       string     // "" while its messages wait to be filed
	First, Last int64      // received, µs since 1970 UTC
	Messages    int64
}

// DayStats sums up a day.
type DayStats struct {
	Messages    int64
	Devices     int
	First, Last int64 // received, µs since 1970 UTC; 0, 0 = no messages
	Notes       []string
}

// Stats returns the sums of a day; all 0 if there is no file of it.
func (a *Archive) Stats(ctx context.Context, day int) (DayStats, error) {
	devices, notes, err := a.devices(ctx, day)
	s := DayStats{Devices: len(devices), Notes: notes}
	for _, d := range devices {
		s.Messages += d.Messages
		s.First, s.Last = earlier(s.First, d.First), max(s.Last, d.Last)
	}
	return s, err
}

// Devices returns the devices that sent messages on a day, by address.
// If a file of the day could not be read, the error is a [*DamageError] beside
// the devices of the others.
func (a *Archive) Devices(ctx context.Context, day int) ([]DayDevice, error) {
	devices, notes, err := a.devices(ctx, day)
	if err == nil && len(notes) > 0 {
		err = &DamageError{notes}
	}
	return devices, err
}

func (a *Archive) devices(ctx context.Context, day int) ([]DayDevice, []string, error) {
	s := a.newScan(day, up, &filter{from: 1}, 0, 0) // from: with fresh times
	files, err := s.take(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		for _, f := range files {
			a.giveBack(f)
		}
	}()
	found := make(map[netip.Addr]*DayDevice)
	for _, f := range files {
		r, err := s.begin(ctx, f, &s.notes)
		if err == nil && r != nil {
			err = r.devices(ctx, found)
			r.close()
			if err != nil {
				err = s.excuse(ctx, f.dayPath, err, &s.notes)
			}
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading the devices of %08d: %w", day, err)
		}
	}
	devices := make([]DayDevice, 0, len(found))
	for _, d := range found {
		devices = append(devices, *d)
	}
	slices.SortFunc(devices, func(x, y DayDevice) int {
		return cmp.Or(x.Address.Compare(y.Address), cmp.Compare(x.Table, y.Table))
	})
	return devices, s.notes.all(), nil
}

// devices adds what one file knows.
func (r *reading) devices(ctx context.Context, found map[netip.Addr]*DayDevice) error {
	add := func(d DayDevice) {
		if d.Messages == 0 {
			return
		}
		have := found[d.Address]
		if have == nil {
			found[d.Address] = &d
			return
		}
		have.Table = cmp.Or(have.Table, d.Table)
		have.First, have.Last = earlier(have.First, d.First), max(have.Last, d.Last)
		have.Messages += d.Messages
	}
	for i := range r.c.tables {
		t := &r.c.tables[i]
		if !t.several {
			add(DayDevice{Address: t.source, Table: unquoted(t.name), First: t.first, Last: t.last, Messages: t.messages})
			continue
		}
		err := r.c.query(ctx, "SELECT address,min(received_at),max(received_at),count(*) FROM "+t.name+" GROUP BY address", nil, 4, func(row []driver.Value) (bool, error) {
			add(DayDevice{Address: addressOf(row[0]), First: integer(row[1], 0), Last: integer(row[2], 0), Messages: integer(row[3], 0)})
			return true, nil
		})
		if err != nil && sqlite.Classify(err) != sqlite.Schema {
			return err
		}
	}
	return nil
}

// earlier returns the earlier of two times, of which 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
