package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// Buckets are pieces of time, one after the other.
type Buckets struct {
	Edges []int64 // begin of each, and the end of the last, µs since 1970 UTC; ascending
	Unit  int64   // µs; all edges are whole units from the first
}

// Counts are messages by time and severity.
type Counts struct {
	Buckets [][8]int64 // by severity, 0 emerg to 7 debug
	Reached int64      // from when on everything was counted, µs since 1970 UTC
	Notes   []string   // what could not be counted, in words
}

// The buckets of one histogram: what is given if nothing is asked for, and the most.
const (
	defaultBuckets = 120
	mostBuckets    = 500
	// longest is the time that a histogram may span.
	longest = 10 * 366 * 24 * time.Hour
)

// widths are how wide buckets are, up to a day; beyond, they are days of daysWide.
var (
	widths = []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	}
	daysWide = []int{1, 2, 7, 14, 28, 91, 364}
)

// bucketsOf returns buckets of a round width that hold all from from to to, at most
// most or one more where a border is cut. They begin at midnights and at whole
// hours, minutes and seconds of loc.
func bucketsOf(from, to time.Time, most int, loc *time.Location) Buckets {
	for _, w := range widths {
		if to.Sub(from) <= w*time.Duration(most) {
			return wide(from, to, w, loc)
		}
	}
	from = from.In(loc)
	midnight := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, loc)
	days := daysWide[len(daysWide)-1]
	for _, d := range daysWide {
		if to.Sub(from) <= time.Duration(d)*24*time.Hour*time.Duration(most) {
			days = d
			break
		}
	}
	b := Buckets{Edges: []int64{midnight.UnixMicro()}}
	for at := midnight; at.Before(to); {
		at = time.Date(at.Year(), at.Month(), at.Day()+days, 0, 0, 0, 0, loc)
		n := len(b.Edges)
		b.Edges = append(b.Edges, at.UnixMicro())
		b.Unit = divisor(b.Unit, b.Edges[n]-b.Edges[n-1]) // days differ where clocks are changed
	}
	return b
}

// wide returns buckets of a width.
func wide(from, to time.Time, width time.Duration, loc *time.Location) Buckets {
	from = from.In(loc)
	midnight := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, loc)
	at := midnight.Add(from.Sub(midnight).Truncate(width))
	b := Buckets{Edges: []int64{at.UnixMicro()}, Unit: width.Microseconds()}
	for at.Before(to) {
		at = at.Add(width)
		b.Edges = append(b.Edges, at.UnixMicro())
	}
	return b
}

// divisor returns the greatest common divisor of two numbers; of 0 and b, b.
func divisor(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// getHistogram answers GET histogram: how many messages there are over time, by
// class of severity. Rows of a search never wait for it.
func (c *Console) getHistogram(w http.ResponseWriter, r *http.Request) {
	free, err := take(r.Context(), c.counts, c.limits.searchWait)
	if err != nil {
		c.busy(w, "%d histograms are being counted already", cap(c.counts))
		return
	}
	defer free()
	s, params, ok := c.searchOf(w, r)
	if !ok {
		return
	}
	if zero := (syslog.Position{}); s.Before != zero || s.After != zero || s.Around != zero {
		fail(w, http.StatusBadRequest, "before, after, around: a histogram is of a time", "use from and to")
		return
	}
	most := defaultBuckets
	if v := params.Get("buckets"); v != "" {
		if most, err = strconv.Atoi(v); err != nil || most < 1 || most > mostBuckets {
			fail(w, http.StatusBadRequest, fmt.Sprintf("buckets: %q is not a number from 1 to %d", v, mostBuckets), "")
			return
		}
	}
	now := c.now()
	to := now
	if s.To != 0 {
		to = time.UnixMicro(s.To)
	}
	from := to.Add(-24 * time.Hour)
	if s.From != 0 {
		from = time.UnixMicro(s.From)
	}
	if !from.Before(to) || to.Sub(from) > longest {
		fail(w, http.StatusBadRequest, "from, to: from must be before to, by ten years at most", "left out, they are the last 24 hours")
		return
	}
	b := bucketsOf(from, to, most, c.opts.Location)
	if v := params.Get("width"); v != "" {
		width, err := time.ParseDuration(v)
		if err != nil || !slices.Contains(widths, width) || to.Sub(from) > width*mostBuckets {
			fail(w, http.StatusBadRequest, fmt.Sprintf("width: %q is no width of at most %d buckets", v, mostBuckets), "widths are 1s, 2s, 5s, 10s, 15s, 30s, the same of minutes, 1h, 3h, 6h and 12h")
			return
		}
		b = wide(from, to, width, c.opts.Location)
	}
	ctx, cancel := context.WithTimeout(r.Context(), c.limits.searchTime)
	defer cancel()
	began := time.Now()
	counts, err := c.opts.Archive.Count(ctx, s, b)
	if err != nil {
		c.failSearch(w, r, ctx, err)
		return
	}
	answer(w, http.StatusOK, histogram{b.Edges, classed(counts.Buckets), b.Edges[len(b.Edges)-1] > now.UnixMicro(), counts.Reached, list(counts.Notes), time.Since(began).Milliseconds()})
}

// histogram answers GET histogram.
type histogram struct {
	Edges   []int64       `json:"edges"` // begin of each bucket, and the end of the last, µs since 1970 UTC
	Counts  classedCounts `json:"counts"`
	Partial bool          `json:"partial"` // the last bucket is not over yet
	Reached int64         `json:"reached"` // from when on everything was counted; edges[0] unless the time was up
	Notes   []string      `json:"notes"`   // what could not be counted
	TookMS  int64         `json:"took_ms"`
}

// classedCounts are messages by class of severity, a number for each bucket.
type classedCounts struct {
	Critical []int64 `json:"crit"` // emerg, alert, crit
	Error    []int64 `json:"error"`
	Warning  []int64 `json:"warning"`
	Notice   []int64 `json:"notice"`
	Info     []int64 `json:"info"` // info, debug
}

func classed(buckets [][8]int64) classedCounts {
	n := len(buckets)
	c := classedCounts{make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)}
	for i, b := range buckets {
		c.Critical[i] = b[0] + b[1] + b[2]
		c.Error[i], c.Warning[i], c.Notice[i] = b[3], b[4], b[5]
		c.Info[i] = b[6] + b[7]
	}
	return c
}
