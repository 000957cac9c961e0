package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

// leaves returns the pages of a file that hold messages, and how many each
// holds. See https://sqlite.org/fileformat2.html section 1.6.
func leaves(t testing.TB, path string) (pages []int64, rows map[int64]int) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows = make(map[int64]int)
	for p := int64(2); p*sqlite.PageSize <= int64(len(content)); p++ {
		page := content[(p-1)*sqlite.PageSize : p*sqlite.PageSize]
		if n := int(page[3])<<8 | int(page[4]); page[0] == 0x0d && bytes.Count(page, []byte("GPON")) >= n {
			pages = append(pages, p)
			rows[p] = n
		}
	}
	return pages, rows
}

// fill puts n messages of so many devices into the tables of a day.
func fill(l *library, day, devices, n int) []syslog.Record {
	l.t.Helper()
	text := "<134>Nov 22 12:00:00 olt GPON: ONU 0/%d/%d rx power is low, number %d of many in this day; " + strings.Repeat("padding ", 16)
	records := make([]syslog.Record, n)
	for i := range records {
		records[i] = note(fmt.Sprintf("10.1.%d.%d", i%devices/250, i%devices%250), noon, fmt.Sprintf(text, i%8, i%64, i))
	}
	l.number(day, records)
	tx, err := l.db(day, 0).Begin()
	l.must(err)
	defer tx.Rollback()
	for d := range devices {
		name := TableName(records[d].Source, day)
		for _, s := range []struct {
			query string
			args  []any
		}{
			{createTable(name), nil},
			{`WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i+?2 FROM n WHERE i+?2<?3)
				INSERT INTO ` + name + `(id,received_at,facility,severity,raw,message_at) SELECT i+1,?4,1,5,printf(?5,i%8,i%64,i),0 FROM n`,
				[]any{d, devices, n, noon.UnixMicro(), text}},
			{"INSERT INTO devices SELECT ?,?,min(received_at),max(received_at),count(*) FROM " + name, []any{AddressText(records[d].Source), name}},
		} {
			_, err := tx.Exec(s.query, s.args...)
			l.must(err)
		}
	}
	l.must(tx.Commit())
	return records
}

func TestC05DamagedPagesAreHoppedOver(t *testing.T) {
	tests := []struct {
		pages, devices int
		least          float64 // share of the messages that must be found
	}{{1, 1, 0.998}, {3, 40, 0.998}, {20, 1, 0.987}, {20, 40, 0.987}}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d pages, %d devices", tt.pages, tt.devices), func(t *testing.T) {
			l := newLibrary(t)
			all := fill(l, thisDay, tt.devices, 50_000)
			l.close()
			path := l.path(thisDay, 0)
			pages, rows := leaves(t, path)
			rng := rand.New(rand.NewPCG(uint64(tt.pages), uint64(tt.devices)))
			rng.Shuffle(len(pages), func(i, j int) { pages[i], pages[j] = pages[j], pages[i] })
			overwrite(t, path, pages[:tt.pages]...)
			lost := 0
			for _, p := range pages[:tt.pages] {
				lost += rows[p]
			}
			a := l.archive()

			var got []syslog.Record
			err := a.Each(t.Context(), Search{}, func(r *syslog.Record) error {
				got = append(got, *r)
				return nil
			})
			var damage *DamageError
			if !errors.As(err, &damage) || !strings.Contains(err.Error(), "syslog_20261122.db is damaged: about ") {
				t.Fatalf("Each: %v, want a DamageError", err)
			}
			if share := float64(len(got)) / float64(len(all)); share < tt.least || len(got) != len(all)-lost {
				t.Errorf("%d of %d messages, want %v of them and all but the %d in damaged pages", len(got), len(all), tt.least, lost)
			}
			for i := range got {
				if i > 0 && got[i].ID <= got[i-1].ID {
					t.Fatalf("id %d follows %d", got[i].ID, got[i-1].ID)
				}
				if want := &all[got[i].ID-1]; !bytes.Equal(got[i].Raw, want.Raw) || got[i].Source != want.Source {
					t.Fatalf("got %s, want %s", describe(&got[i]), describe(want))
				}
			}

			// The other direction, and a word that few have, find the same.
			q := ask(t, "ONU 0/3/11 49")
			r, err := a.Search(t.Context(), Search{Query: q, Limit: 1000})
			if err != nil || len(r.Notes) == 0 {
				t.Fatalf("Search: %v, notes %q", err, r.Notes)
			}
			equal(t, r.Records, naive(got, Search{Query: q}))
		})
	}
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, path string)
		note   string
		rows   int // that are found all the same, of 1,000 in the file and 1 in another
	}{
		{"no database", func(t *testing.T, path string) { overwrite(t, path, 1) }, "syslog_20261122.db cannot be read: file is not a database", 1},
		{"cut short", func(t *testing.T, path string) {
			if err := os.Truncate(path, 5*sqlite.PageSize); err != nil {
				t.Fatal(err)
			}
		}, "syslog_20261122.db", 1},
		{"list of devices lost", func(t *testing.T, path string) { overwrite(t, path, 2, 3) }, "", 1001},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLibrary(t)
			fill(l, thisDay, 3, 1000)
			l.direct(dayBefore, note("10.0.0.1", noon.AddDate(0, 0, -1), "safe"))
			l.close()
			tt.damage(t, l.path(thisDay, 0))
			r, err := l.archive().Search(t.Context(), Search{Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(strings.Join(r.Notes, "\n"), tt.note) {
				t.Errorf("notes %q, want %q", r.Notes, tt.note)
			}
			if tt.rows > 1 {
				if len(r.Records) != 1000 {
					t.Errorf("%d records", len(r.Records))
				}
			} else if len(r.Records) < tt.rows || string(r.Records[0].Raw) != "safe" {
				t.Errorf("%d records; those of the other day must be found", len(r.Records))
			}
		})
	}
}

// What the writer has set aside can still be searched.
func TestFilesSetAsideAreSearched(t *testing.T) {
	l := newLibrary(t)
	old := fill(l, thisDay, 2, 5000)
	l.close()
	path := l.path(thisDay, 0)
	pages, rows := leaves(t, path)
	overwrite(t, path, pages[3])
	if err := os.Rename(path, path+".damaged-101500"); err != nil {
		t.Fatal(err)
	}
	fresh := l.direct(thisDay, note("10.1.0.0", noon, "after the damage"))
	a := l.archive()
	r, err := a.Search(t.Context(), Search{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, r.Records, append(old[len(old)-99:], fresh...))
	n := 0
	err = a.Each(t.Context(), Search{}, func(*syslog.Record) error { n++; return nil })
	if err == nil || !strings.Contains(err.Error(), "syslog_20261122.db.damaged-101500 is damaged") || n != 5001-rows[pages[3]] {
		t.Errorf("%d records, %v", n, err)
	}
	days, err := a.Days()
	if err != nil || len(days) != 1 || days[0].Files != 2 || days[0].Path != path {
		t.Errorf("days %+v, %v", days, err)
	}
}

// A follower of a damaged day goes on behind the damage.
func TestFollowerPassesDamage(t *testing.T) {
	l := newLibrary(t)
	all := fill(l, thisDay, 2, 5000)
	l.close()
	path := l.path(thisDay, 0)
	pages, rows := leaves(t, path)
	overwrite(t, path, pages[5])
	s := &Store{options: Options{Log: slog.New(slog.DiscardHandler)}, feed: newFeed(1 << 20), archive: l.archive()}
	s.feed.close()
	f := s.Follow(map[int]int64{})
	n, last := 0, int64(0)
	for {
		records, err := f.Next(t.Context(), time.Hour)
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for i := range records {
			if records[i].ID <= last {
				t.Fatalf("id %d after %d", records[i].ID, last)
			}
			last = records[i].ID
			n++
		}
	}
	if n != len(all)-rows[pages[5]] || last != all[len(all)-1].ID {
		t.Errorf("%d records up to %d", n, last)
	}
}
