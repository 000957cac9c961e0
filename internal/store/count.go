package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sort"
)

// Bounds of [Archive.Count].
const (
	// MaxBuckets is how many buckets there may be.
	MaxBuckets = 1000
	// maxUnits bounds the pieces of time that are counted one by one.
	maxUnits = 100_000
	// countWindow is how many ids a count looks at first.
	countWindow = 1 << 19
)

// Buckets are pieces of time, one after the other.
type Buckets struct {
	Edges []int64 // begin of each, and the end of the last, µs since 1970 UTC; ascending
	Unit  int64   // µs; all edges are whole units from the first
}

func (b *Buckets) check() error {
	n := len(b.Edges) - 1
	switch {
	case n < 1 || n > MaxBuckets:
		return fmt.Errorf("%d buckets: there may be 1 to %d", n, MaxBuckets)
	case b.Unit < 1 || (b.Edges[n]-b.Edges[0])/b.Unit > maxUnits:
		return fmt.Errorf("a unit of %d µs is too small for %d s", b.Unit, (b.Edges[n]-b.Edges[0])/1e6)
	}
	for i := range n {
		if d := b.Edges[i+1] - b.Edges[i]; d <= 0 || d%b.Unit != 0 {
			return fmt.Errorf("bucket %d has %d µs, which is no number of units of %d µs", i, d, b.Unit)
		}
	}
	return nil
}

// Counts are messages by time and severity.
type Counts struct {
	Buckets [][8]int64 // by severity, 0 emerg to 7 debug
	// Reached is from when on everything was counted: the begin of the first
	// bucket, unless the time was up.
	Reached int64
	Notes   []string // what was not counted, and why
}

// Count counts the messages that s wants in each bucket; From, To, Before, After
// and Limit of s are not used. It goes back from the newest, takes at most 10 s
// or as long as ctx allows if that is set, and then returns what it has. Two
// counts run at once, others wait. Errors are as of [Archive.Search], or say
// what is wrong with b.
func (a *Archive) Count(ctx context.Context, s Search, b Buckets) (Counts, error) {
	if err := b.check(); err != nil {
		return Counts{}, err
	}
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, searchTimeout)
		defer cancel()
	}
	leave, err := enter(ctx, a.counts)
	if err != nil {
		return Counts{}, err
	}
	defer leave()
	s = Search{Query: s.Query, Directory: s.Directory, Device: s.Device, From: b.Edges[0], To: b.Edges[len(b.Edges)-1]}
	days, err := a.daysOf(&s)
	if err != nil {
		return Counts{}, err
	}
	slices.Reverse(days)
	t := newTally(&b)
	c := Counts{Reached: s.From}
	var all notes
	for _, day := range days {
		scan := a.newScan(day, down, s.filter(), 0, 0)
		scan.tally, scan.size = t, countWindow
		for !scan.done && err == nil {
			_, err = scan.window(ctx, 1, pageBytes)
		}
		all.merge(&scan.notes)
		if errors.Is(err, context.DeadlineExceeded) {
			c.Reached = max(s.From, a.after(scan))
			all.add("stopped because the time was up: counted %s", a.place(scan.reached(), down))
			break
		} else if err != nil {
			return Counts{}, err
		}
	}
	c.Buckets, c.Notes = t.buckets(&b), all.all()
	return c, nil
}

// after returns from when on a scan has counted everything.
func (a *Archive) after(s *scan) int64 {
	ctx, cancel := context.WithTimeout(context.Background(), searchTimeout/10)
	defer cancel()
	p := s.reached()
	near, err := a.newScan(s.day, up, &filter{}, p.ID, 0).window(ctx, 1, pageBytes)
	if err != nil || len(near) == 0 {
		_, end := a.timesOf(s.day)
		return end
	}
	return near[0].ReceivedAt
}

// A tally counts messages by units of time and severity.
type tally struct {
	from, unit int64
	units      [][8]int64
}

func newTally(b *Buckets) *tally {
	n := (b.Edges[len(b.Edges)-1] - b.Edges[0]) / b.Unit
	return &tally{from: b.Edges[0], unit: b.Unit, units: make([][8]int64, n)}
}

// empty returns another one of the same units, nil of nil.
func (t *tally) empty() *tally {
	if t == nil {
		return nil
	}
	return &tally{from: t.from, unit: t.unit, units: make([][8]int64, len(t.units))}
}

func (t *tally) add(other *tally) {
	if t == nil || other == nil {
		return
	}
	for i := range other.units {
		for s := range other.units[i] {
			t.units[i][s] += other.units[i][s]
		}
	}
}

// count adds n messages of a severity at a time in µs since 1970 UTC.
func (t *tally) count(at, severity, n int64) {
	if at >= t.from {
		t.countUnit((at-t.from)/t.unit, severity, n)
	}
}

func (t *tally) countUnit(unit, severity, n int64) {
	if unit >= 0 && unit < int64(len(t.units)) {
		t.units[unit][severity&7] += n
	}
}

func (t *tally) buckets(b *Buckets) [][8]int64 {
	out := make([][8]int64, len(b.Edges)-1)
	for i := range t.units {
		at := t.from + int64(i)*t.unit
		k := sort.Search(len(out), func(k int) bool { return b.Edges[k+1] > at })
		for s, n := range t.units[i] {
			out[k][s] += n
		}
	}
	return out
}

// countTable counts the wanted messages of a table, whose plan is exact, from
// its head to the key last. It is not done, and has counted nothing, where the
// table is damaged.
func (s *scan) countTable(ctx context.Context, h head, plan *plan, last int64, t *tally) (done bool, err error) {
	lowest, highest := s.dir.ids(h.key, last)
	args := append([]any{t.from, t.unit, lowest, highest}, plan.args...)
	type cell struct{ unit, severity, n int64 }
	var cells []cell
	err = h.reading.c.query(ctx, "SELECT (received_at-?)/?,severity,count(*) FROM "+h.table.name+" WHERE id>=? AND id<=?"+plan.where+" GROUP BY 1,2",
		ordinals(args...), 3, func(row []driver.Value) (bool, error) {
			cells = append(cells, cell{integer(row[0], -1), integer(row[1], 5), integer(row[2], 0)})
			return true, nil
		})
	switch {
	case err == nil:
		for _, c := range cells {
			t.countUnit(c.unit, c.severity, c.n)
		}
		return true, nil
	case isDamage(err):
		return false, nil
	}
	return false, err
}
