package store

import (
	"os"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

// A process that is killed while it seals a day leaves a rollback journal,
// without which nobody can read the file who may not write it. The store takes
// care of it when it opens, however old the day is.
func TestK03RollbackJournalOfAnOldDay(t *testing.T) {
	b := newBench(t, nil).run()
	b.one(0, 20)
	b.end()
	path := b.path(today)
	db, err := sqlite.OpenAppender(path, sqlite.Options{Application: applicationID})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"PRAGMA journal_mode=DELETE", "PRAGMA synchronous=OFF", "BEGIN", "UPDATE devices SET messages=7"} {
		if err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	journal, err := os.ReadFile(path + "-journal")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"-journal", journal, 0o600); err != nil {
		t.Fatal(err)
	}
	for day := 14; day < 20; day++ { // later days
		if err := os.WriteFile(b.path(FileName(20250600+day, 0)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := newBench(t, func(o *Options) {
		o.Directory = b.options.Directory
		o.Now = func() time.Time { return midday.AddDate(0, 0, 10) }
	})
	n := 0
	if err := again.Archive().Each(t.Context(), Search{}, func(*syslog.Record) error { n++; return nil }); err != nil || n != 20 {
		t.Errorf("%d messages can be read, %v", n, err)
	}
	again.run().end()
}
