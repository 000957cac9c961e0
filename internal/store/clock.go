package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"math"
	"slices"
)

// Ids are given out in order of arrival, so over a day they run with the
// clock, but not strictly: listeners overtake each other by moments, and
// somebody may set the clock. There is no index on received_at, which would
// cost the writer dearly. Instead, when a time range is wanted of a large day,
// some hundred messages spread over it are asked for their times, and those
// stretches are passed over that begin and end well outside of the range.
const (
	// exactBelow is the number of messages up to which a day is looked at
	// whole: that takes 0.1 s.
	exactBelow = 1 << 19
	// clockSamples are taken of a large day.
	clockSamples = 512
	// clockSlack is how far the times within a stretch may lie outside of
	// those at its ends, in µs. More than that, and only of fewer messages
	// than lie between two samples, is a clock that was set wrong for a
	// moment; messages of such a moment may be missed by a time range.
	clockSlack = 10 * 60 * 1e6
)

// A clockIndex knows when some of a file's ids were received. Committed
// messages do not change, so it stays true.
type clockIndex struct {
	top     int64 // the highest id when it was made
	samples []sample
}

type sample struct{ id, at int64 }

// timeRanges returns the ranges of ids, from 1 to top, in which messages
// received from from on and before to may be; 0 stands for no limit.
func (f *openFile) timeRanges(ctx context.Context, r *reading, top, from, to int64) ([]keyRange, error) {
	if top < exactBelow {
		return []keyRange{{1, top}}, nil
	}
	f.mu.Lock()
	index := f.clock
	f.mu.Unlock()
	if top > index.top+index.top/64 {
		samples, err := r.sample(ctx, top)
		if err != nil {
			return nil, err
		}
		index = clockIndex{top, samples}
		f.mu.Lock()
		f.clock = index
		f.mu.Unlock()
	}
	return index.ranges(top, from, to), nil
}

// ranges returns the ranges of ids up to top that may hold such times.
func (x clockIndex) ranges(top, from, to int64) []keyRange {
	if from == 0 {
		from = math.MinInt64
	}
	if to == 0 {
		to = math.MaxInt64
	}
	var ranges []keyRange
	add := func(first, last int64) {
		if n := len(ranges); n > 0 && ranges[n-1].last >= first-1 {
			ranges[n-1].last = max(ranges[n-1].last, last)
		} else if first <= last {
			ranges = append(ranges, keyRange{first, last})
		}
	}
	// Before the first sample and behind the last nothing is known.
	before := sample{id: 1}
	for i, s := range x.samples {
		if i == 0 || min(before.at, s.at)-clockSlack < to && max(before.at, s.at)+clockSlack >= from {
			add(before.id, s.id)
		}
		before = s
	}
	add(before.id, top)
	return ranges
}

// sample asks for the times of messages spread over the ids up to top, of the
// tables with most messages.
func (r *reading) sample(ctx context.Context, top int64) ([]sample, error) {
	tables := slices.Clone(r.c.tables)
	slices.SortStableFunc(tables, func(x, y table) int { return cmp.Compare(y.messages, x.messages) })
	var samples []sample
	for _, t := range tables[:min(2, len(tables))] {
		step := top / (clockSamples / 2)
		for id := int64(1); id <= top; {
			var s sample
			err := r.c.query(ctx, "SELECT id,received_at FROM "+t.name+" WHERE id>=? ORDER BY id LIMIT 1", ordinals(id), 2, func(row []driver.Value) (bool, error) {
				s = sample{integer(row[0], 0), integer(row[1], 0)}
				return false, nil
			})
			if err != nil && !isDamage(err) {
				return nil, err
			}
			if err == nil && s.id == 0 {
				break // the table ends here
			}
			if err == nil {
				samples = append(samples, s)
			}
			id = max(id, s.id) + step
		}
	}
	slices.SortFunc(samples, func(x, y sample) int { return cmp.Compare(x.id, y.id) })
	return slices.Compact(samples), nil
}

// inDirection joins ranges of ids and returns them as keys in that direction.
func inDirection(dir direction, ids []keyRange) []keyRange {
	slices.SortFunc(ids, func(x, y keyRange) int { return cmp.Compare(x.first, y.first) })
	joined := []keyRange{}
	for _, r := range ids {
		if n := len(joined); n > 0 && joined[n-1].last >= r.first-1 {
			joined[n-1].last = max(joined[n-1].last, r.last)
		} else {
			joined = append(joined, r)
		}
	}
	if dir == down {
		slices.Reverse(joined)
		for i, r := range joined {
			joined[i] = keyRange{-r.last, -r.first}
		}
	}
	return joined
}
