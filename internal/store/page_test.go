package store

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/logboom/logboom/internal/syslog"
)

// Whatever the order in which tables offer their records, a page keeps those
// nearest to its begin, and never more than it may.
func TestPageKeepsTheNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		p := page{dir: []direction{up, down}[rng.IntN(2)], limit: 1 + rng.IntN(20), bytes: 1 << 20}
		bySize := rng.IntN(3) == 0
		if bySize {
			p.bytes = 2000 + rng.IntN(4000)
		}
		n := rng.IntN(120)
		tables := make([][]int64, 1+rng.IntN(6))
		var all []int64
		for id := int64(1); id <= int64(n); id++ {
			i := rng.IntN(len(tables))
			tables[i] = append(tables[i], p.dir.key(id))
			all = append(all, p.dir.key(id))
		}
		slices.Sort(all)
		for _, keys := range tables {
			slices.Sort(keys)
			for _, k := range keys {
				if !p.wants(k) {
					break
				}
				r := syslog.Record{Position: syslog.Position{ID: p.dir.id(k)}}
				r.Raw = make([]byte, 100)
				p.add(r)
				if len(p.records) > p.limit+p.limit/4+8 {
					t.Fatalf("%d records, the limit is %d", len(p.records), p.limit)
				}
			}
		}
		p.trim()
		want := min(n, p.limit)
		if bySize {
			want = min(want, max(1, p.bytes/260))
		}
		var got []int64
		for i := range p.records {
			got = append(got, p.dir.key(p.records[i].ID))
		}
		if !slices.Equal(got, all[:want]) || p.cut != (want < n) {
			t.Fatalf("limit %d, bytes %d: keys %v, cut %v; want %v of %d", p.limit, p.bytes, got, p.cut, all[:want], n)
		}
	}
}
