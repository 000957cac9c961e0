package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"
)

// BenchmarkInsert inserts rows of 180 bytes in ten columns, with 9,600 rows a
// transaction: the least that storing a message costs.
func BenchmarkInsert(b *testing.B) {
	for _, rows := range []int{1, 8, 50, 800} {
		b.Run(fmt.Sprintf("%d_rows_together", rows), func(b *testing.B) {
			b.ReportAllocs()
			a, err := OpenAppender(filepath.Join(b.TempDir(), "x.db"), Options{Checkpoint: 16_000, Cache: 32 << 10})
			if err != nil {
				b.Fatal(err)
			}
			defer a.Close()
			if err := a.Exec("CREATE TABLE t(id INTEGER PRIMARY KEY,at,sent,facility,severity,host,app,proc,raw TEXT,n)"); err != nil {
				b.Fatal(err)
			}
			table := a.Table("t", "id,at,sent,facility,severity,host,app,proc,raw,n")
			raw := fmt.Appendf(nil, "<188>Jun 13 10:00:00 OLT-1 EPON: %0145d", 1)
			id := int64(0)
			const commit = 9600
			for b.Loop() {
				if err := a.Begin(); err != nil {
					b.Fatal(err)
				}
				for range commit / rows {
					err := table.Insert(rows, func(v *Values, _ int) {
						id++
						v.Int(id)
						v.Int(1749800000000000 + id)
						v.Int(1749800000000000)
						v.Int(23)
						v.Int(4)
						v.Text(raw[21:26])
						v.Text(raw[27:31])
						v.Null()
						v.Text(raw)
						v.Int(21)
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				if err := a.Commit(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(id), "ns/row")
		})
	}
}
