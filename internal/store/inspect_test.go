package store

import (
	"net/netip"
	"os"
	"testing"
)

func TestADayFileThatWouldDoSomethingIsSetAside(t *testing.T) {
	const columns = "(" + columnsBeforeAddress + "," + columnsAfterAddress + ")"
	for _, tt := range []struct{ name, sql string }{
		{"a trigger on the table of a device", "CREATE TABLE logs_127_0_0_1_20250613" + columns +
			";INSERT INTO devices VALUES('127.0.0.1','logs_127_0_0_1_20250613',1,1,0)" +
			";CREATE TRIGGER t AFTER INSERT ON logs_127_0_0_1_20250613 BEGIN DELETE FROM logs_127_0_0_1_20250613;END"},
		{"a trigger on the inbox", "CREATE TRIGGER t AFTER INSERT ON inbox BEGIN DELETE FROM inbox;END"},
		{"a view without an end", "CREATE VIEW logs_127_0_0_1_20250613 AS WITH RECURSIVE c(id) AS (SELECT 1 UNION ALL SELECT id+1 FROM c) SELECT id,id received_at FROM c" +
			";INSERT INTO devices VALUES('127.0.0.1','logs_127_0_0_1_20250613',1,1,0)"},
		{"SQL for a name", "INSERT INTO devices VALUES('127.0.0.1','x(a);DROP TABLE inbox;CREATE TABLE y',1,1,0)"},
		{"the table of another", "INSERT INTO devices VALUES('127.0.0.1','devices',1,1,0)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLibrary(t)
			_, err := l.db(20250613, 0).Exec(tt.sql)
			l.must(err)
			l.close()
			b := newBench(t, func(o *Options) { o.Directory = l.dir }).run()
			b.one(0, 5)
			b.end()
			b.numbers(today, 0, 4)
			if aside := b.glob("*.foreign-*"); len(aside) == 0 {
				t.Error("the file was not set aside")
			}
			if _, err := os.Stat(b.path(today)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("read", func(t *testing.T) {
		l := newLibrary(t)
		l.direct(thisDay, note("10.0.0.1", noon, "one"))
		name := TableName(netip.MustParseAddr("10.0.0.2"), thisDay)
		_, err := l.db(thisDay, 0).Exec("CREATE VIEW " + name + " AS WITH RECURSIVE c(id) AS (SELECT 1 UNION ALL SELECT id+1 FROM c) SELECT id,id received_at FROM c" +
			";INSERT INTO devices VALUES('10.0.0.2','" + name + "',1,1,9)")
		l.must(err)
		r, err := l.archive().Search(t.Context(), Search{})
		if err != nil || len(r.Records) != 1 || len(r.Notes) != 0 {
			t.Errorf("found %d, %v, notes %q; want the one that was stored", len(r.Records), err, r.Notes)
		}
	})
	t.Run("what people add for themselves stays", func(t *testing.T) {
		l := newLibrary(t)
		_, err := l.db(20250613, 0).Exec("CREATE VIEW mine AS SELECT * FROM devices; CREATE TABLE notes(x); CREATE INDEX i ON devices(messages)")
		l.must(err)
		l.close()
		b := newBench(t, func(o *Options) { o.Directory = l.dir }).run()
		b.one(0, 5)
		b.end()
		if aside := b.glob("*.foreign-*"); len(aside) != 0 {
			t.Errorf("set aside: %q", aside)
		}
		b.numbers(today, 0, 4)
	})
}
