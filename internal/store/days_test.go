package store

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// numbered returns n messages of both devices, a microsecond apart, whose text
// is a number from first.
func numbered(at time.Time, first, n int) []message {
	list := make([]message, n)
	for i := range list {
		from := deviceA
		if i%3 == 0 {
			from = deviceB
		}
		list[i] = message{from, at.Add(time.Duration(i) * time.Microsecond), fmt.Sprintf("<13>number %d.", first+i)}
	}
	return list
}

// texts returns the bytes of all rows of a day file, in order of id, wherever
// they are.
func (b *bench) texts(file string) []string {
	b.t.Helper()
	type row struct {
		id  int64
		raw string
	}
	var rows []row
	db := reader(b.t, filepath.Join(b.options.Directory, file))
	defer db.Close()
	for _, name := range append(linesOf(b.t, db, "SELECT name FROM sqlite_schema WHERE name LIKE 'logs!_%' ESCAPE '!'"), "inbox") {
		for _, line := range linesOf(b.t, db, "SELECT id,raw FROM "+name) {
			id, raw, _ := strings.Cut(line, "|")
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				b.t.Fatal(err)
			}
			rows = append(rows, row{n, raw})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.id, b.id) })
	var texts []string
	for i, r := range rows {
		if i > 0 && rows[i-1].id == r.id {
			b.t.Errorf("%s: id %d is there twice", file, r.id)
		}
		texts = append(texts, r.raw)
	}
	return texts
}

// numbers fails the test unless the file holds the messages of numbered from
// first to last, in this order, each once.
func (b *bench) numbers(file string, first, last int) {
	b.t.Helper()
	var all []string
	for i := first; i <= last; i++ {
		all = append(all, fmt.Sprintf("<13>number %d.", i))
	}
	got := b.texts(file)
	if len(got) != len(all) {
		b.t.Fatalf("%s holds %d messages, want %d", file, len(got), len(all))
	}
	for i := range got {
		if got[i] != all[i] {
			b.t.Fatalf("%s: message %d is %q, want %q", file, i, got[i], all[i])
		}
	}
}

func TestTM02MidnightUnderLoad(t *testing.T) {
	b := newBench(t, nil).run()
	midnight := time.Date(2025, 6, 14, 0, 0, 0, 0, time.UTC)
	const each = 700
	n := 0
	for i := -20; i < 20; i++ { // batches of 700 µs, the last of the day ends with the day
		at := midnight.Add(time.Duration(i*each) * time.Microsecond)
		b.setNow(at)
		b.pipe.send(numbered(at, n, each)...)
		n += each
	}
	b.pipe.send(append(numbered(midnight.Add(-time.Microsecond), n, 1), numbered(midnight.Add(time.Second), n+1, 2)...)...)
	b.pipe.waitDone(t, n+3)
	b.end()
	if logs, _ := filepath.Glob(filepath.Join(b.options.Directory, "*-wal")); len(logs) > 0 {
		t.Errorf("write-ahead logs after a clean stop: %q", logs)
	}
	first := b.texts("syslog_20250613.db")
	if len(first) != 20*each+1 || first[len(first)-1] != fmt.Sprintf("<13>number %d.", n) {
		t.Errorf("the first day holds %d messages, want %d", len(first), 20*each+1)
	}
	second := b.texts("syslog_20250614.db")
	if len(second) != 20*each+2 {
		t.Errorf("the second day holds %d messages, want %d", len(second), 20*each+2)
	}
	for _, day := range []string{"20250613", "20250614"} {
		file := "syslog_" + day + ".db"
		want(t, "inbox", b.all(file, "SELECT count(*) FROM inbox"), []string{"0"})
		wrong := b.all(file, fmt.Sprintf("SELECT count(*) FROM logs_192_168_1_1_%s WHERE date(received_at/1000000,'unixepoch')<>'%s-%s-%s'", day, day[:4], day[4:6], day[6:]))
		want(t, "rows in the wrong file", wrong, []string{"0"})
	}
}

func TestTM01ClockSetBackAndForward(t *testing.T) {
	b := newBench(t, nil).run()
	n := 0
	send := func(at time.Time) {
		b.setNow(at)
		b.pipe.send(numbered(at, n, 5)...)
		n += 5
		b.pipe.waitDone(t, n)
	}
	send(midday)
	send(midday.Add(-3 * time.Hour))
	send(midday.Add(24 * time.Hour))
	send(midday)
	send(midday.Add(-13 * time.Hour))
	send(midday.Add(time.Second))
	b.end()
	want(t, "days", b.all("syslog_20250614.db", "SELECT 1 FROM devices"), []string{"1", "1"})
	got := b.texts("syslog_20250613.db")
	if len(got) != 20 || got[5] != "<13>number 5." || got[10] != "<13>number 15." || got[19] != "<13>number 29." {
		t.Errorf("today holds %d messages: %q", len(got), got)
	}
	b.numbers("syslog_20250612.db", 20, 24)
}

func TestManyDaysAtOnceAreBounded(t *testing.T) {
	b := newBench(t, nil).run()
	for i := range 20 {
		b.pipe.send(numbered(midday.AddDate(0, 0, -i), i*3, 3)...)
	}
	b.pipe.waitDone(t, 60)
	b.mu.Lock()
	now := b.now
	b.mu.Unlock()
	b.end()
	for i := range 20 {
		b.numbers(FileName(DayOf(now.AddDate(0, 0, -i).UnixMicro(), time.UTC), 0), i*3, i*3+2)
	}
}

// Nobody has to send anything for a day to end.
func TestIdleDayIsClosedAndSealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sealed := make(chan Seal, 10)
		b := newBench(t, func(o *Options) {
			o.Now = time.Now
			o.Sealed = func(s Seal) error { sealed <- s; return nil }
		}).run()
		start := time.Now() // midnight, in a bubble
		b.pipe.send(numbered(start, 0, 30)...)
		time.Sleep(24*time.Hour + 10*time.Second)
		synctest.Wait()
		if b.Stats().Inbox != 0 {
			t.Errorf("%d messages are still in the inbox", b.Stats().Inbox)
		}
		select {
		case s := <-sealed:
			t.Fatalf("sealed at once: %+v", s)
		default:
		}
		time.Sleep(idleDay)
		s := <-sealed
		synctest.Wait()
		path := filepath.Join(b.options.Directory, "syslog_20000101.db")
		sum, size, err := b.writer.sealer.hash(t.Context(), dayPath{20000101, 0, path})
		if err != nil || s.SHA256 != sum || s.Size != size || s.Day != 20000101 || s.Messages != 30 || s.Damage != "" || s.Path != path {
			t.Errorf("seal %+v, file has %s, %d bytes, %v", s, sum, size, err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o440 {
			t.Errorf("the sealed file has mode %v, %v", info.Mode(), err)
		}
		if logs, _ := filepath.Glob(path + "-*"); len(logs) > 0 {
			t.Errorf("a sealed file has %q", logs)
		}
		// A message that comes late all the same.
		b.pipe.send(numbered(start.Add(time.Hour), 30, 1)...)
		b.pipe.waitDone(t, 31)
		time.Sleep(10 * time.Minute)
		late := <-sealed
		if late.SHA256 == s.SHA256 || late.Messages != 31 {
			t.Errorf("sealed again: %+v", late)
		}
		b.end()
		b.numbers("syslog_20000101.db", 0, 30)
	})
}
