package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

// badRowError returns what SQLite says of a row that it refuses.
func badRowError(t *testing.T) error {
	t.Helper()
	db, err := sqlite.OpenAppender(filepath.Join(t.TempDir(), "x.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Exec("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1),(1)")
	if sqlite.Classify(err) != sqlite.BadRow {
		t.Fatalf("a key that is there twice: %v", err)
	}
	return err
}

// Within a day ids only grow, else followers pass messages over: also where a
// commit is made in pieces and one of them gets new ids.
func TestIDsGrowWhereACommitIsMadeInPieces(t *testing.T) {
	full, refused := fullError(t), badRowError(t)
	for _, tt := range []struct {
		name   string
		errors []error
	}{
		{"a row is refused", []error{refused, refused, refused}},
		{"a row is refused on a full disk", []error{full, full, full, refused}},
		{"several times", []error{refused, refused, refused, refused, refused, nil, refused, refused}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil)
			left := tt.errors
			b.writer.setHook(func(point string) error {
				if point != "write" || len(left) == 0 {
					return nil
				}
				err := left[0]
				left = left[1:]
				return err
			})
			f := b.Follow(nil)
			b.run()
			b.one(0, 101)
			b.end()
			b.numbers(today, 0, 100)
			var last int64
			for seen := 0; seen < 101; {
				records, err := f.Next(t.Context(), time.Second)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range records {
					if r.ID <= last {
						t.Fatalf("id %d comes after %d", r.ID, last)
					}
					last = r.ID
				}
				seen += len(records)
			}
		})
	}
}

// Whether a COMMIT that failed has reached the disk is asked before the rows are
// written again, also if the file does not open at once.
func TestFailedCommitIsLookedUpWhenTheFileOpensAgain(t *testing.T) {
	_, absent := sqlite.OpenReader(filepath.Join(t.TempDir(), "x.db"))
	b := newBench(t, nil).run()
	b.one(0, 5)
	failed, opened := false, 0
	b.writer.setHook(func(point string) error {
		switch {
		case point == "written" && !failed:
			failed = true
			return errors.New("the disk has failed")
		case point == "open" && failed:
			if opened++; opened < 3 {
				return absent
			}
		}
		return nil
	})
	b.one(5, 5)
	b.end()
	b.numbers(today, 0, 9) // once
	if s := b.Stats(); s.Stored != 10 || opened < 3 {
		t.Errorf("stored %d, opened %d times", s.Stored, opened)
	}
}
