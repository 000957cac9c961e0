package store

import (
	"testing"

	"github.com/logboom/logboom/internal/sqlite"
)

// meddle changes a day file as another program does.
func meddle(t testing.TB, path, query string) {
	t.Helper()
	db, err := sqlite.OpenWriter(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

// An inbox that never becomes empty must not keep the store from starting, from
// ending a day and from stopping.
func TestInboxThatOthersHaveChanged(t *testing.T) {
	for _, tt := range []struct {
		name, query string
		least       int // messages that are filed
	}{
		{"rows deleted", "DELETE FROM inbox WHERE id>3", 3},
		{"all rows deleted", "DELETE FROM inbox", 1},
		{"rows put in", "INSERT INTO inbox(id,address,received_at,raw,message_at) VALUES(100,'192.168.1.1',1,'foreign',0),(101,NULL,1,'foreign',0)", 22},
		{"a row without a number of ours", "INSERT INTO inbox(id,address,received_at,raw,message_at) VALUES(0,'192.168.1.1',1,'foreign',0),(-5,NULL,1,'foreign',0)", 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil).run()
			for i := range 20 {
				b.one(i, 1) // thin: all but the first wait in the inbox
			}
			meddle(t, b.path(today), tt.query)
			b.end()
			want(t, "inbox after the end", b.all(today, "SELECT count(*) FROM inbox"), []string{"0"})
			if got := b.texts(today); len(got) < tt.least {
				t.Errorf("%d messages, want at least %d: %q", len(got), tt.least, got)
			}
		})
	}
}
