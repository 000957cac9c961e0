package store

import (
	"context"
	"io"
	"math"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

// misplace writes a page of a file over another one, as a disk does that lost
// power, or that mistakes one sector for another.
func misplace(t testing.TB, path string, from, to int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, sqlite.PageSize)
	if _, err := f.ReadAt(page, (from-1)*sqlite.PageSize); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(page, (to-1)*sqlite.PageSize); err != nil {
		t.Fatal(err)
	}
}

// A tree whose pages are in each other's places hands out ids that are smaller
// than those that were asked for. A reader that took them for news would go
// round in circles.
func TestMisplacedPagesAreReadOnce(t *testing.T) {
	for _, dir := range []direction{up, down} {
		t.Run(map[direction]string{up: "up", down: "down"}[dir], func(t *testing.T) {
			l := newLibrary(t)
			all := fill(l, thisDay, 1, 5000)
			l.close()
			path := l.path(thisDay, 0)
			pages, rows := leaves(t, path)
			n, gone := len(pages), 0
			for _, at := range []int{n / 4, n / 2} {
				misplace(t, path, pages[at], pages[at+10])
				misplace(t, path, pages[at+30], pages[at+20])
				overwrite(t, path, pages[at+12], pages[at+15])
				for _, i := range []int{10, 12, 15, 20} {
					gone += rows[pages[at+i]]
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			a := l.archive()
			seen := make(map[int64]bool)
			add := func(r *syslog.Record) {
				if seen[r.ID] {
					t.Fatalf("message %d comes twice", r.ID)
				}
				seen[r.ID] = true
			}
			if dir == up {
				err := a.Each(ctx, Search{}, func(r *syslog.Record) error { add(r); return nil })
				if !isDamageError(err) {
					t.Errorf("Each: %v", err)
				}
			} else {
				before := syslog.Position{}
				for {
					result, err := a.Search(ctx, Search{Before: before, Limit: 500})
					if err != nil {
						t.Fatal(err)
					}
					for i := range result.Records {
						add(&result.Records[i])
					}
					if len(result.Records) == 0 {
						break
					}
					before = result.Records[0].Position
				}
			}
			if least := len(all) - gone - gone/2; len(seen) < least {
				t.Errorf("%d of %d messages were found, %d were overwritten", len(seen), len(all), gone)
			}
		})
	}
}

func isDamageError(err error) bool {
	_, ok := err.(*DamageError)
	return ok
}

// Who can write into the directory can plant an id after which there is none.
func TestARowWithTheLastIDOfAllEndsNoSearch(t *testing.T) {
	l := newLibrary(t)
	l.direct(thisDay, note("10.0.0.1", noon, "one"), note("10.0.0.1", noon, "two"))
	_, err := l.db(thisDay, 0).Exec("UPDATE "+TableName(netip.MustParseAddr("10.0.0.1"), thisDay)+" SET id=? WHERE id=2", int64(math.MaxInt64))
	l.must(err)
	a := l.archive()
	n := 0
	if err := a.Each(t.Context(), Search{}, func(*syslog.Record) error {
		if n++; n > 2 {
			t.Fatal("the export does not end")
		}
		return nil
	}); err != nil || n != 1 {
		t.Errorf("exported %d, %v; want the one that is ours", n, err)
	}
	if r, err := a.Search(t.Context(), Search{}); err != nil || len(r.Records) != 1 {
		t.Errorf("found %d, %v; want the one that is ours", len(r.Records), err)
	}
	if last, err := a.lastID(t.Context(), thisDay); err != nil || last != 1 {
		t.Errorf("last id %d, %v; want 1", last, err)
	}
}
