package sqlite

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

func newAppender(t testing.TB, o Options) *Appender {
	t.Helper()
	a, err := OpenAppender(filepath.Join(t.TempDir(), "x.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func exec(t testing.TB, a *Appender, query string) {
	t.Helper()
	if err := a.Exec(query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// Every value comes back as it was put, however many rows are inserted by one
// call of C.
func TestValuesComeBack(t *testing.T) {
	a := newAppender(t, Options{})
	exec(t, a, "CREATE TABLE t(id INTEGER PRIMARY KEY, n, s, b, z)")
	table := a.Table("t", "id,n,s,b,z")
	numbers := []int64{0, 1, -1, 255, 256, math.MaxInt64, math.MinInt64, 1749800000000000}
	row := func(i int) (int64, string, []byte) {
		return numbers[i%len(numbers)], strings.Repeat("é", i%7) + fmt.Sprint(i), []byte(strings.Repeat("\x00\xff", i%5))
	}
	for _, n := range []int{0, 1, 2, rowsTogether - 1, rowsTogether, rowsTogether + 1, 2*rowsTogether + 7} {
		exec(t, a, "DELETE FROM t")
		if err := a.Begin(); err != nil {
			t.Fatal(err)
		}
		err := table.Insert(n, func(v *Values, i int) {
			number, text, blob := row(i)
			v.Int(int64(i))
			v.Int(number)
			v.TextOrNull([]byte(text)[:i%3*len(text)/2])
			v.Blob(blob)
			v.Null()
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Commit(); err != nil {
			t.Fatal(err)
		}
		i := 0
		err = a.Query("SELECT id,n,s,b,z FROM t ORDER BY id", nil, func(v []driver.Value) error {
			number, text, blob := row(i)
			text = text[:i%3*len(text)/2]
			s, _ := v[2].(string)
			b, _ := v[3].([]byte)
			if v[0] != int64(i) || v[1] != number || s != text || (v[2] == nil) != (text == "") || string(b) != string(blob) || v[3] == nil || v[4] != nil {
				t.Errorf("%d of %d rows: %#v", i, n, v)
			}
			i++
			return nil
		})
		if err != nil || i != n {
			t.Errorf("%d rows of %d, %v", i, n, err)
		}
	}
}

// The values that are shared by all statements are those that were put last.
func TestValuesQuick(t *testing.T) {
	a := newAppender(t, Options{})
	exec(t, a, "CREATE TABLE t(n, s TEXT, b BLOB)")
	table := a.Table("t", "n,s,b")
	same := func(n int64, s string, b []byte) bool {
		exec(t, a, "DELETE FROM t")
		if err := table.Insert(1, func(v *Values, _ int) { v.Int(n); v.Text([]byte(s)); v.Blob(b) }); err != nil {
			t.Fatal(err)
		}
		equal := false
		err := a.Query("SELECT n,CAST(s AS BLOB),b FROM t", nil, func(v []driver.Value) error {
			text, _ := v[1].([]byte)
			blob, _ := v[2].([]byte)
			equal = v[0] == n && string(text) == s && string(blob) == string(b)
			return nil
		})
		return err == nil && equal
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

func TestInsertAllocatesNothingPerRow(t *testing.T) {
	a := newAppender(t, Options{})
	exec(t, a, "CREATE TABLE t(n, s)")
	table := a.Table("t", "n,s")
	text := []byte("a text that is not short")
	n := int64(1 << 40)
	insert := func() {
		err := table.Insert(500, func(v *Values, _ int) { n++; v.Int(n); v.Text(text) })
		if err != nil {
			t.Fatal(err)
		}
	}
	insert()
	if got := testing.AllocsPerRun(20, insert); got > 5 {
		t.Errorf("%v allocations for 500 rows", got)
	}
}

func TestWrongNumberOfValues(t *testing.T) {
	a := newAppender(t, Options{})
	exec(t, a, "CREATE TABLE t(n, s)")
	if err := a.Table("t", "n,s").Insert(1, func(v *Values, _ int) { v.Null() }); err == nil {
		t.Error("a value is missing and nobody has noticed")
	}
}

func TestUpsert(t *testing.T) {
	a := newAppender(t, Options{})
	exec(t, a, "CREATE TABLE t(x TEXT PRIMARY KEY, n)")
	table := a.Upsert("t", "x,n", "ON CONFLICT(x) DO UPDATE SET n=n+excluded.n")
	for range 2 {
		if err := table.Insert(60, func(v *Values, i int) { v.Text(fmt.Append(nil, i%30)); v.Int(1) }); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := a.Int("SELECT count(*)*1000+min(n)*10+max(n) FROM t"); n != 30_044 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}

// Statements beyond the bound are closed, the oldest first, and prepared again
// when they are needed.
func TestStatementsAreBounded(t *testing.T) {
	a := newAppender(t, Options{})
	a.statements.most = 100
	var tables []*Table
	for i := range 130 {
		exec(t, a, fmt.Sprintf("CREATE TABLE t%d(n)", i))
		tables = append(tables, a.Table(fmt.Sprintf("t%d", i), "n"))
	}
	for range 2 {
		for _, table := range tables {
			if err := table.Insert(50, func(v *Values, i int) { v.Int(int64(i)) }); err != nil {
				t.Fatal(err)
			}
			if a.statements.n > a.statements.most {
				t.Fatalf("%d statements are prepared", a.statements.n)
			}
		}
	}
	for i := range tables {
		if n, err := a.Int(fmt.Sprintf("SELECT count(*) FROM t%d", i)); n != 100 || err != nil {
			t.Errorf("table %d: %d rows, %v", i, n, err)
		}
	}
	a.Forget()
	if a.statements.n != 0 || a.statements.newest != nil || a.statements.oldest != nil {
		t.Errorf("forgotten statements: %+v", a.statements)
	}
}

// The rows of one call of C hold no more than a bounded number of bytes and one
// row, and the buffer of a very large row is given back.
func TestLargeValues(t *testing.T) {
	a := newAppender(t, Options{})
	exec(t, a, "CREATE TABLE t(s)")
	table := a.Table("t", "s")
	large := make([]byte, 40_000)
	if err := table.Insert(120, func(v *Values, _ int) { v.Text(large) }); err != nil {
		t.Fatal(err)
	}
	if n, err := a.Int("SELECT sum(length(CAST(s AS BLOB))) FROM t"); n != 120*40_000 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if got := cap(a.values.bytes); got > 2*(rowsBytes+len(large)) {
		t.Errorf("%d bytes were kept for one call", got)
	}
	if err := table.Insert(1, func(v *Values, _ int) { v.Text(make([]byte, 1<<20)) }); err != nil {
		t.Fatal(err)
	}
	if err := table.Insert(1, func(v *Values, _ int) { v.Text(nil) }); err != nil {
		t.Fatal(err)
	}
	if got := cap(a.values.bytes); got > 2*rowsBytes {
		t.Errorf("%d bytes are kept after a row of a megabyte", got)
	}
}

func TestStatementsSurviveAChangeOfSchema(t *testing.T) {
	a := newAppender(t, Options{})
	exec(t, a, "CREATE TABLE t(n)")
	table := a.Table("t", "n")
	for i := range 10 {
		if err := table.Insert(9, func(v *Values, _ int) { v.Int(1) }); err != nil {
			t.Fatal(err)
		}
		exec(t, a, fmt.Sprintf("CREATE TABLE t%d(n)", i))
	}
	exec(t, a, "DROP TABLE t")
	err := table.Insert(1, func(v *Values, _ int) { v.Int(1) })
	if Classify(err) != Schema {
		t.Errorf("inserting into a dropped table: %v, %v", Classify(err), err)
	}
	exec(t, a, "CREATE TABLE t(n)")
	if err := table.Insert(1, func(v *Values, _ int) { v.Int(1) }); err != nil {
		t.Errorf("after it was made again: %v", err)
	}
}

func TestRowsThatFailSayWhy(t *testing.T) {
	a := newAppender(t, Options{})
	exec(t, a, "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT NOT NULL)")
	table := a.Table("t", "id,s")
	for _, c := range []struct {
		name string
		fill func(v *Values, i int)
		says string
	}{
		{"an id that exists", func(v *Values, i int) { v.Int(int64(i % 7)); v.Text([]byte("x")) }, "UNIQUE constraint failed: t.id"},
		{"nothing where there must be something", func(v *Values, i int) {
			v.Int(int64(i))
			v.TextOrNull([]byte("xxxxxxx")[:7-i])
		}, "NOT NULL constraint failed: t.s"},
		{"an id that is none", func(v *Values, i int) { v.Text([]byte("one")); v.Text([]byte("x")) }, "datatype mismatch"},
	} {
		if err := a.Begin(); err != nil {
			t.Fatal(err)
		}
		if err := table.Insert(8, c.fill); err == nil || Classify(err) != BadRow || err.Error() != c.says {
			t.Errorf("%s: %v, %v", c.name, Classify(err), err)
		}
		if err := a.Rollback(); err != nil {
			t.Fatal(err)
		}
		if n, err := a.Int("SELECT count(*) FROM t"); n != 0 || err != nil {
			t.Errorf("%s: %d rows are left, %v", c.name, n, err)
		}
	}
	if err := table.Insert(1, func(v *Values, _ int) { v.Int(1); v.Text(nil) }); err != nil {
		t.Errorf("a good row afterwards: %v", err)
	}
}

func TestCheckpointTells(t *testing.T) {
	a := newAppender(t, Options{Checkpoint: 16_000})
	exec(t, a, "CREATE TABLE t(s)")
	exec(t, a, "INSERT INTO t VALUES(zeroblob(1000000))")
	c, err := a.Checkpoint(false)
	if err != nil || c.Busy || c.Pages < 100 || c.Moved != c.Pages {
		t.Errorf("checkpoint %+v, %v", c, err)
	}
	reader, err := OpenReader(a.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	tx, err := reader.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil {
		t.Fatal(err)
	}
	exec(t, a, "INSERT INTO t VALUES(zeroblob(1000000))")
	exec(t, a, "PRAGMA busy_timeout=10")
	if c, err := a.Checkpoint(true); err != nil || !c.Busy {
		t.Errorf("checkpoint while somebody reads: %+v, %v", c, err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if c, err := a.Checkpoint(true); err != nil || c.Busy {
		t.Errorf("checkpoint afterwards: %+v, %v", c, err)
	}
	if info, err := os.Stat(a.Path() + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("the log has %d bytes, %v", info.Size(), err)
	}
	if err := a.LeaveWAL(); Classify(err) != Busy && Classify(err) != Locked {
		t.Errorf("leaving the log while a reader has the file open: %v", err)
	}
	reader.Close()
	if err := a.LeaveWAL(); err != nil {
		t.Error(err)
	}
	if err := a.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTransactions(t *testing.T) {
	a := newAppender(t, Options{})
	exec(t, a, "CREATE TABLE t(n)")
	if err := a.Rollback(); err != nil {
		t.Errorf("rolling back nothing: %v", err)
	}
	if err := a.Begin(); err != nil {
		t.Fatal(err)
	}
	exec(t, a, "INSERT INTO t VALUES(1)")
	other, err := OpenAppender(a.Path(), Options{Busy: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Begin(); Classify(err) != Busy {
		t.Errorf("a second writer: %v", err)
	}
	if err := a.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := other.Begin(); err != nil {
		t.Error(err)
	}
	if n, err := a.Int("SELECT count(*) FROM t"); n != 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	sentinel := errors.New("enough")
	if err := a.Query("SELECT 1 UNION SELECT 2", nil, func([]driver.Value) error { return sentinel }); err != sentinel {
		t.Errorf("Query: %v", err)
	}
}

func TestTryTruncateWaitsForNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	a, err := OpenAppender(path, Options{Migrations: []string{"CREATE TABLE t(x)"}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	db, err := OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if err := a.Exec("INSERT INTO t VALUES(1)"); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	c, err := a.TryTruncate()
	if took := time.Since(begun); err != nil || !c.Busy || took > 3*time.Second {
		t.Errorf("with a reader: %+v, %v, after %v", c, err, took)
	}
	if wait, err := a.Int("PRAGMA busy_timeout"); err != nil || wait != 5000 {
		t.Errorf("others are waited for %d ms from now on, %v", wait, err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	c, err = a.TryTruncate()
	info, missing := os.Stat(path + "-wal")
	if err != nil || c.Busy || missing != nil || info.Size() != 0 {
		t.Errorf("without a reader: %+v, %v, the log: %v, %v", c, err, info, missing)
	}
}
