package store

import (
	"context"
	"errors"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

const (
	defaultLimit  = 100
	maximalLimit  = 1000
	pageBytes     = 16 << 20 // of memory that the records of one result may take
	searchTimeout = 10 * time.Second
)

// A Search says which messages are wanted. The zero Search wants the newest.
type Search struct {
	Query     *query.Query    // nil = all messages
	Directory query.Directory // knows names and sites; may be nil
	From, To  int64           // received at or after From and before To, µs since 1970 UTC; 0 = open
	Device    netip.Addr      // of this device only; the zero Addr = of all

	// Before and After bound the messages on both sides, themselves left out;
	// zero = open. Around, if not zero, stands for them: the messages on both
	// sides of that one and itself.
	Before, After, Around syslog.Position

	// Limit is how many messages are wanted: of a search, 1 to 1,000, where 0
	// means 100 and more means 1,000; of an export all, if 0.
	Limit int

	// Progress, if not nil, is called by Each after every window of messages.
	Progress func(Progress)
}

// A Result holds messages oldest first.
type Result struct {
	Records []syslog.Record

	// More tells that there may be more such messages beyond the records: older
	// ones, or newer ones if only After was given.
	More bool
	// Newer tells, around a position, that there are more newer ones as well.
	Newer bool

	// Reached is how far the search came, if there is More: whoever wants to go
	// on searches Before it, or After it if only After was given.
	Reached syslog.Position

	// Notes tell people what was not searched, and why: damaged files, or the
	// time was up.
	Notes []string
}

// Search returns the newest messages that are wanted; the oldest, if only
// After is given. It takes at most 10 s, or as long as ctx allows if that is
// set: then it returns what it has found and says so in a note. Four searches
// run at once, others wait. The error is [ErrClosed], ctx.Err() after a
// cancellation, or says that the directory cannot be read.
func (a *Archive) Search(ctx context.Context, s Search) (Result, error) {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, searchTimeout)
		defer cancel()
	}
	leave, err := enter(ctx, a.searches)
	if err != nil {
		return Result{}, err
	}
	defer leave()

	switch {
	case s.Limit <= 0:
		s.Limit = defaultLimit
	case s.Limit > maximalLimit:
		s.Limit = maximalLimit
	}
	zero := syslog.Position{}
	switch {
	case s.Around != zero:
		return a.around(ctx, s)
	case s.After != zero && s.Before == zero:
		f, err := a.find(ctx, &s, up)
		return Result{Records: f.records, More: f.more, Reached: f.reached, Notes: f.notes.all()}, err
	default:
		f, err := a.find(ctx, &s, down)
		slices.Reverse(f.records)
		return Result{Records: f.records, More: f.more, Reached: f.reached, Notes: f.notes.all()}, err
	}
}

// around returns the messages on both sides of a position, half of them older
// ones if there are enough on both sides.
func (a *Archive) around(ctx context.Context, s Search) (Result, error) {
	center := s.Around
	s.Before, s.After = center, syslog.Position{}
	older, err := a.find(ctx, &s, down)
	if err != nil {
		return Result{}, err
	}
	s.Before, s.After = syslog.Position{}, syslog.Position{Day: center.Day, ID: center.ID - 1}
	newer, err := a.find(ctx, &s, up)
	if err != nil {
		return Result{}, err
	}
	n := min(len(older.records), max(s.Limit/2, s.Limit-len(newer.records)))
	m := min(len(newer.records), s.Limit-n)
	r := Result{
		More:    older.more || n < len(older.records),
		Newer:   newer.more || m < len(newer.records),
		Reached: older.reached,
	}
	older.notes.merge(&newer.notes)
	r.Notes = older.notes.all()
	r.Records = append(older.records[:n:n], newer.records[:m]...)
	slices.Reverse(r.Records[:n])
	if n > 0 && n < len(older.records) {
		r.Reached = r.Records[0].Position
	}
	return r, nil
}

// A finding is what was found in one direction, in its order.
type finding struct {
	records []syslog.Record
	more    bool
	reached syslog.Position
	notes   notes
}

// find looks through the days in one direction until it has enough.
func (a *Archive) find(ctx context.Context, s *Search, dir direction) (f finding, err error) {
	days, err := a.daysOf(s)
	if err != nil {
		return f, err
	}
	if dir == down {
		slices.Reverse(days)
	}
	filter := s.filter()
	want, size := s.Limit+1, 0
	for _, day := range days {
		lowest, highest, ok := s.bounds(day)
		if !ok {
			continue
		}
		scan := a.newScan(day, dir, filter, lowest, highest)
		for !scan.done && len(f.records) < want && size < pageBytes {
			var found []syslog.Record
			found, err = scan.window(ctx, want-len(f.records), pageBytes-size)
			if err != nil {
				break
			}
			for i := range found {
				size += memoryOf(&found[i])
			}
			f.records = append(f.records, found...)
		}
		f.notes.merge(&scan.notes)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			f.more = true
			if len(f.records) >= want { // cannot be, but would hide one
				break
			}
			f.reached = scan.reached()
			f.notes.add("stopped because the time was up: searched %s", a.place(f.reached, dir))
			return f, nil
		case err != nil:
			return finding{}, err
		}
		if len(f.records) >= want || size >= pageBytes {
			break
		}
	}
	if len(f.records) >= want {
		f.records = f.records[:want-1]
		f.more = true
	}
	if size >= pageBytes {
		f.more = true
	}
	if f.more {
		f.reached = f.records[len(f.records)-1].Position
	}
	return f, nil
}

// reached returns the position from which on, back or forth, a scan has not
// looked: it is the last one that it has.
func (s *scan) reached() syslog.Position {
	id := s.dir.id(s.pos)
	if s.dir == up {
		return syslog.Position{Day: s.day, ID: id - 1}
	}
	if id < math.MaxInt64 {
		id++
	}
	return syslog.Position{Day: s.day, ID: id}
}

// place says in words how far a search came.
func (a *Archive) place(p syslog.Position, dir direction) string {
	word := "up to"
	if dir == down {
		word = "back to"
	}
	ctx, cancel := context.WithTimeout(context.Background(), searchTimeout/10)
	defer cancel()
	scan := a.newScan(p.Day, down, &filter{}, 0, p.ID)
	if dir == down {
		scan = a.newScan(p.Day, up, &filter{}, p.ID, 0)
	}
	near, err := scan.window(ctx, 1, pageBytes)
	if err != nil || len(near) == 0 {
		return word + " " + p.String()
	}
	return word + " " + time.UnixMicro(near[0].ReceivedAt).In(a.zone).Format("2006-01-02 15:04:05")
}

func (s *Search) filter() *filter {
	f := &filter{query: s.Query, directory: s.Directory, from: s.From, to: s.To, device: s.Device.Unmap()}
	if f.device.IsValid() {
		f.device = f.device.WithZone("")
	}
	return f
}

// bounds returns the ids of a day between After and Before, both included;
// highest 0 = open. ok is false if there are none.
func (s *Search) bounds(day int) (lowest, highest int64, ok bool) {
	zero := syslog.Position{}
	if s.After != zero {
		if day < s.After.Day || day == s.After.Day && s.After.ID == math.MaxInt64 {
			return 0, 0, false
		}
		if day == s.After.Day {
			lowest = s.After.ID + 1
		}
	}
	if s.Before != zero {
		if day > s.Before.Day || day == s.Before.Day && s.Before.ID <= 1 {
			return 0, 0, false
		}
		if day == s.Before.Day {
			highest = s.Before.ID - 1
		}
	}
	return lowest, highest, true
}

// daysOf returns the days that can hold wanted messages, oldest first. The
// zone may have been another when a day was written, so one day more on either
// side is looked at; the times of its devices soon tell if there is nothing.
func (a *Archive) daysOf(s *Search) ([]int, error) {
	days, err := a.days()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(days, func(day int) bool {
		start, end := a.timesOf(day)
		const margin = 24 * 60 * 60 * 1e6
		_, _, ok := s.bounds(day)
		return !ok || s.From != 0 && end+margin <= s.From || s.To != 0 && start-margin >= s.To
	}), nil
}

// timesOf returns the begin and end of a day, µs since 1970 UTC.
func (a *Archive) timesOf(day int) (start, end int64) {
	y, m, d := day/10000, time.Month(day/100%100), day%100
	return time.Date(y, m, d, 0, 0, 0, 0, a.zone).UnixMicro(), time.Date(y, m, d+1, 0, 0, 0, 0, a.zone).UnixMicro()
}
