package store

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Retention says which days are deleted, oldest first. Days that are being
// written are never deleted, and so today never is.
type Retention struct {
	Days    int   // days that are kept besides today; 0 keeps all
	MaxSize int64 // bytes that all days together may take; 0: any number
	MinFree int64 // bytes of the disk to be kept free; 0: none
}

const (
	retentionEvery = time.Minute
	// clockJump is a difference between our clock and the time that has really
	// passed after which nothing is deleted for its age for clockDoubt: with a
	// wrong clock every day is old.
	clockJump  = 12 * time.Hour
	clockDoubt = time.Hour
)

// A keeper keeps the retention, in a goroutine of its own.
type keeper struct {
	*Store
	rush  chan struct{} // holds a value when the disk was found full
	freed chan struct{} // holds a value when there is more room
	free  func(directory string) (bytes int64, known bool)

	wall, mono time.Time // our clock and the monotonic one, at the last look
	doubt      time.Time // until when our clock is not trusted, by the monotonic one
}

func newKeeper(s *Store) *keeper {
	return &keeper{Store: s, rush: make(chan struct{}, 1), freed: make(chan struct{}, 1), free: FreeSpace}
}

// hurry says that the disk is full.
func (k *keeper) hurry() {
	select {
	case k.rush <- struct{}{}:
	default:
	}
}

// run keeps the retention until ctx is done.
func (k *keeper) run(ctx context.Context) {
	every := time.NewTicker(retentionEvery)
	defer every.Stop()
	for {
		if err := k.enforce(); err != nil {
			k.options.Log.Warn("deleting old days", "error", err)
		}
		select {
		case <-every.C:
		case <-k.rush:
		case <-ctx.Done():
			return
		}
	}
}

// A keptDay is what a day has on the disk.
type keptDay struct {
	day   int
	files []string // also write-ahead logs and files that were set aside
	size  int64    // bytes
}

// keptDays returns what is there, oldest day first.
func (k *keeper) keptDays() ([]keptDay, error) {
	entries, err := os.ReadDir(k.options.Directory)
	if err != nil {
		return nil, err
	}
	days := make(map[int]*keptDay)
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), "syslog_")
		date, kind, dotted := strings.Cut(rest, ".")
		n, err := strconv.Atoi(date)
		info, gone := e.Info()
		if !ours || !dotted || len(date) != 8 || err != nil || gone != nil || e.IsDir() || !strings.Contains("."+kind, ".db") {
			continue
		}
		d := days[n]
		if d == nil {
			d = &keptDay{day: n}
			days[n] = d
		}
		d.files = append(d.files, filepath.Join(k.options.Directory, e.Name()))
		d.size += info.Size()
	}
	var list []keptDay
	for _, n := range slices.Sorted(maps.Keys(days)) {
		list = append(list, *days[n])
	}
	return list, nil
}

// enforce deletes the days that are too many.
func (k *keeper) enforce() error {
	r := *k.retention.Load()
	if r == (Retention{}) {
		return nil
	}
	days, err := k.keptDays()
	if err != nil {
		return err
	}
	trusted := k.clock(days)
	now := k.options.Now().In(k.options.Location)
	first := dayNumber(now.AddDate(0, 0, -r.Days))
	var total int64
	for _, d := range days {
		total += d.size
	}
	// What is deleted counts as free at once. Asked again the system may not
	// know yet, where it frees later or somebody still has the file open, and
	// one day after the other would go.
	free, known := k.free(k.options.Directory)
	for _, d := range days {
		if k.isWritten(d.day) {
			continue
		}
		var why string
		switch {
		case r.Days > 0 && d.day < first && trusted:
			why = "older than retention.days"
		case r.MaxSize > 0 && total > r.MaxSize:
			why = "all days together are larger than retention.max_size"
		case r.MinFree > 0 && known && free < r.MinFree:
			why = "less of the disk is free than retention.min_free"
			k.options.Event(Event{Kind: EventRetention, Text: fmt.Sprintf(
				"the messages of %s were deleted, %d MB, because only %d MB of the disk were free", dayText(d.day), d.size>>20, free>>20)})
		default:
			continue
		}
		if err := k.remove(d); err != nil {
			return fmt.Errorf("deleting the messages of %s: %w", dayText(d.day), err)
		}
		total -= d.size
		free += d.size
		k.options.Log.Info("day deleted", "day", d.day, "bytes", d.size, "because", why)
		select {
		case k.freed <- struct{}{}:
		default:
		}
	}
	return nil
}

// clock reports whether our clock can be trusted to say how old the days are.
func (k *keeper) clock(days []keptDay) bool {
	wall, mono := k.options.Now().Round(0), time.Now()
	if k.wall.IsZero() {
		k.firstLook(days, wall, mono)
	} else if off := wall.Sub(k.wall) - mono.Sub(k.mono); off.Abs() > clockJump {
		k.doubt = mono.Add(clockDoubt)
		k.options.Event(Event{Kind: EventClock, Text: fmt.Sprintf(
			"the clock of this machine was moved by %v; no day is deleted for its age within the next hour", off.Round(time.Minute))})
	}
	k.wall, k.mono = wall, mono
	return !mono.Before(k.doubt)
}

// firstLook doubts the clock if there is nothing of yesterday: Logboom was
// switched off for long, or the machine was, and does not know the time yet.
// A file of today proves nothing, it may have been made with the same clock.
func (k *keeper) firstLook(days []keptDay, wall, mono time.Time) {
	wall = wall.In(k.options.Location)
	today, yesterday := dayNumber(wall), dayNumber(wall.AddDate(0, 0, -1))
	newest := 0
	for _, d := range days {
		if d.day < today {
			newest = max(newest, d.day)
		}
	}
	if newest == 0 || newest == yesterday {
		return
	}
	k.doubt = mono.Add(clockDoubt)
	k.options.Event(Event{Kind: EventClock, Text: fmt.Sprintf(
		"the clock of this machine says %s, but the newest messages before today are of %s; if the clock is wrong, set it: no day is deleted for its age within the next hour",
		dayText(today), dayText(newest))})
}

// isWritten reports whether a day must not be deleted.
func (k *keeper) isWritten(day int) bool {
	today := DayOf(k.options.Now().UnixMicro(), k.options.Location)
	k.mu.Lock()
	defer k.mu.Unlock()
	return day >= today || k.writing[day]
}

// remove deletes the files of a day. Whoever reads them in this process is
// asked to close them.
func (k *keeper) remove(d keptDay) error {
	k.archive.Release(d.day)
	for _, path := range d.files {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return err // on Windows: somebody has it open; the next look tries again
		}
	}
	return nil
}

// dayText returns a day for people, as 2025-06-13.
func dayText(day int) string {
	return fmt.Sprintf("%04d-%02d-%02d", day/10000, day/100%100, day%100)
}
