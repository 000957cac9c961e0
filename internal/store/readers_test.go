package store

import (
	"testing"
	"time"
)

// Whoever reads a day for long, with whatever program, does not keep the store
// from ending, nor from writing another day.
func TestReaderHoldsNobodyUp(t *testing.T) {
	b := newBench(t, nil).run()
	yesterday := midday.AddDate(0, 0, -1)
	b.one(0, 50)
	b.pipe.send(numbered(yesterday, 50, 50)...)
	b.pipe.waitDone(t, 100)
	for _, day := range []time.Time{midday, yesterday} {
		tx, err := reader(t, b.path(FileName(DayOf(day.UnixMicro(), time.UTC), 0))).Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM devices").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	b.one(100, 50)
	b.pipe.send(numbered(yesterday, 150, 50)...)
	b.pipe.waitDone(t, 200)
	begun := time.Now()
	b.end()
	if took := time.Since(begun); took > 3*time.Second { // SQLite would wait 5 s for each reader
		t.Errorf("ending took %v", took)
	}
	for _, day := range []time.Time{midday, yesterday} {
		want(t, "inbox", b.all(FileName(DayOf(day.UnixMicro(), time.UTC), 0), "SELECT (SELECT count(*) FROM inbox),sum(messages) FROM devices"), []string{"0|100"})
	}
}
