package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// What Count counts is what a look at every message counts.
func TestCountEqualsNaiveCount(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	l := newLibrary(t)
	all := chronicle(l, rng, 3000)
	a := l.archive()
	for range 60 {
		s := randomSearch(t, rng, all)
		b := Buckets{Unit: []int64{1e6, 7e6, 60e6, 1800e6}[rng.IntN(4)]}
		b.Edges = []int64{all[rng.IntN(len(all))].ReceivedAt - rng.Int64N(60e6)}
		for range 1 + rng.IntN(50) {
			b.Edges = append(b.Edges, b.Edges[len(b.Edges)-1]+b.Unit*(1+rng.Int64N(200)))
		}
		c, err := a.Count(t.Context(), s, b)
		if err != nil || len(c.Notes) > 0 || c.Reached != b.Edges[0] {
			t.Fatalf("%+v: %v, notes %q, reached %d of %d", s, err, c.Notes, c.Reached, b.Edges[0])
		}
		want := make([][8]int64, len(b.Edges)-1)
		for _, r := range naive(all, Search{Query: s.Query, Directory: s.Directory, Device: s.Device}) {
			if i, ok := slices.BinarySearch(b.Edges, r.ReceivedAt); ok && i < len(want) {
				want[i][r.Severity]++
			} else if !ok && i > 0 && i < len(b.Edges) {
				want[i-1][r.Severity]++
			}
		}
		if !slices.Equal(c.Buckets, want) {
			t.Fatalf("%+v in %d buckets of units of %d µs: counted\n%v, want\n%v", s, len(want), b.Unit, c.Buckets, want)
		}
	}
}

func TestBucketsAreChecked(t *testing.T) {
	a := newLibrary(t).archive()
	many := make([]int64, MaxBuckets+2)
	for i := range many {
		many[i] = int64(i) * 1e6
	}
	for name, b := range map[string]Buckets{
		"none":             {Edges: []int64{1}, Unit: 1},
		"too many":         {Edges: many, Unit: 1e6},
		"backwards":        {Edges: []int64{60e6, 0}, Unit: 60e6},
		"no unit":          {Edges: []int64{0, 60e6}},
		"part of a unit":   {Edges: []int64{0, 90e6}, Unit: 60e6},
		"very small units": {Edges: []int64{0, 3600e6}, Unit: 1},
	} {
		if _, err := a.Count(t.Context(), Search{}, b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// When the time is up, Count says from when on it has counted.
func TestCountWithoutTime(t *testing.T) {
	l := newLibrary(t)
	l.direct(thisDay, note("10.0.0.1", noon, "one"))
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	c, err := l.archive().Count(ctx, Search{}, Buckets{Edges: []int64{noon.UnixMicro() - 1e6, noon.UnixMicro() + 1e6}, Unit: 1e6})
	if err == nil && (len(c.Notes) == 0 || c.Reached <= noon.UnixMicro()-1e6) {
		t.Errorf("reached %d with notes %q", c.Reached, c.Notes)
	}
}

// A damaged table is counted as far as it can be read, and said to be damaged.
func TestCountOfADamagedTable(t *testing.T) {
	l := newLibrary(t)
	var records []syslog.Record
	for i := range 2000 {
		records = append(records, note("10.0.0.1", noon.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf("message %d of some length, so that there are many pages of them", i)))
	}
	l.direct(thisDay, records...)
	l.close()
	overwrite(t, l.path(thisDay, 0), 12)
	c, err := l.archive().Count(t.Context(), Search{}, Buckets{Edges: []int64{noon.UnixMicro(), noon.UnixMicro() + 10e6}, Unit: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, n := range c.Buckets[0] {
		sum += n
	}
	if sum == 0 || sum >= 2000 || len(c.Notes) == 0 {
		t.Errorf("counted %d of 2000, notes %q", sum, c.Notes)
	}
}

func BenchmarkCount(b *testing.B) {
	for _, devices := range []int{50, 1000} {
		a := benchmarkDay(b, devices, 1_000_000)
		day := noon.Add(-12 * time.Hour).UnixMicro()
		edges := []int64{day}
		for range 96 {
			edges = append(edges, edges[len(edges)-1]+900e6)
		}
		for _, text := range []string{"", "link", "seldom severity:err+"} {
			s := Search{}
			if text != "" {
				s.Query = ask(b, text)
			}
			b.Run(fmt.Sprintf("%d devices, %q", devices, text), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := a.Count(b.Context(), s, Buckets{Edges: edges, Unit: 900e6}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
