package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

// texts searches for everything and returns the messages.
func texts(t *testing.T, a *Archive) []string {
	t.Helper()
	r, err := a.Search(t.Context(), Search{})
	if err != nil || len(r.Notes) > 0 {
		t.Fatalf("searching: %v, notes %q", err, r.Notes)
	}
	var s []string
	for i := range r.Records {
		s = append(s, string(r.Records[i].Raw))
	}
	return s
}

func wantTexts(t *testing.T, a *Archive, want ...string) {
	t.Helper()
	if got := texts(t, a); !slices.Equal(got, want) {
		t.Fatalf("found %q, want %q", got, want)
	}
}

func TestArchiveSeesWhatChanges(t *testing.T) {
	l := newLibrary(t)
	a := l.archive()
	wantTexts(t, a) // an empty directory

	l.direct(thisDay, note("10.0.0.1", noon, "first"))
	wantTexts(t, a, "first")
	l.direct(thisDay, note("10.0.0.1", noon, "second"), note("10.0.0.2", noon, "new table"))
	wantTexts(t, a, "first", "second", "new table")
	l.receive(thisDay, note("10.0.0.3", noon, "waiting"))
	wantTexts(t, a, "first", "second", "new table", "waiting")
	l.file(thisDay)
	wantTexts(t, a, "first", "second", "new table", "waiting")
	l.part(thisDay, 1, note("10.0.0.1", noon, "second part"))
	wantTexts(t, a, "first", "second", "new table", "waiting", "second part")

	// Another file in its place. A write-ahead log goes with its file.
	l.close()
	for _, name := range []string{l.path(thisDay, 1), l.path(thisDay, 0) + "-wal", l.path(thisDay, 0) + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	other := newLibrary(t)
	other.direct(thisDay, note("10.0.0.9", noon, "replaced"))
	other.close()
	if err := os.Rename(other.path(thisDay, 0), l.path(thisDay, 0)); err != nil {
		t.Fatal(err)
	}
	wantTexts(t, a, "replaced")

	if err := os.Remove(l.path(thisDay, 0)); err != nil {
		t.Fatal(err)
	}
	wantTexts(t, a)
	if _, err := os.Stat(l.path(thisDay, 0)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a reader made a file: %v", err)
	}
}

// A closed day has no write-ahead log any more and may not be written; its
// directory may not be, either.
func TestArchiveReadsSealedDays(t *testing.T) {
	l := newLibrary(t)
	l.direct(thisDay, note("10.0.0.1", noon, "sealed"))
	_, err := l.db(thisDay, 0).Exec("PRAGMA journal_mode=DELETE")
	l.must(err)
	l.close()
	l.must(os.Chmod(l.path(thisDay, 0), 0o444))
	l.must(os.Chmod(l.dir, 0o555))
	t.Cleanup(func() { os.Chmod(l.dir, 0o755) })
	wantTexts(t, l.archive(), "sealed")
	entries, err := os.ReadDir(l.dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("files %v, %v", entries, err)
	}
}

func TestArchiveReleasesADay(t *testing.T) {
	l := newLibrary(t)
	l.direct(thisDay, note("10.0.0.1", noon, "here"))
	l.direct(dayBefore, note("10.0.0.1", noon, "there"))
	a := l.archive()
	wantTexts(t, a, "there", "here")

	begun, goOn := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		f, err := a.take(t.Context(), dayPath{dayBefore, 0, l.path(dayBefore, 0)})
		if err != nil {
			t.Error(err)
			close(begun)
			return
		}
		close(begun)
		<-f.gone // Release has begun, and waits for us
		close(goOn)
		a.giveBack(f)
	})
	<-begun
	a.Release(dayBefore)
	select {
	case <-goOn:
	default:
		t.Error("Release did not wait for a reader")
	}
	wait.Wait()
	a.mu.Lock()
	for path := range a.files {
		if filepath.Base(path) == FileName(dayBefore, 0) {
			t.Error("the file is still open")
		}
	}
	a.mu.Unlock()
	l.close()
	l.must(os.Remove(l.path(dayBefore, 0)))
	wantTexts(t, a, "here")
}

func TestArchiveKeepsFewFilesOpen(t *testing.T) {
	l := newLibrary(t)
	for day := 20261101; day <= 20261112; day++ {
		l.direct(day, note("10.0.0.1", noon, fmt.Sprint(day)))
	}
	a := l.archive()
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 3 {
				r, err := a.Search(t.Context(), Search{})
				if err != nil || len(r.Records) != 12 || len(r.Notes) > 0 {
					t.Errorf("%d records, %v, %q", len(r.Records), err, r.Notes)
				}
			}
		})
	}
	wait.Wait()
	a.mu.Lock()
	n := len(a.files)
	a.mu.Unlock()
	if n > maxOpenFiles {
		t.Errorf("%d files are open, want at most %d", n, maxOpenFiles)
	}
	a.closeIdle()
	if len(a.files) != 0 {
		t.Errorf("%d files are open after a while", len(a.files))
	}
	wantTexts(t, a, "20261101", "20261102", "20261103", "20261104", "20261105", "20261106", "20261107", "20261108", "20261109", "20261110", "20261111", "20261112")
}

func TestArchiveAfterClose(t *testing.T) {
	l := newLibrary(t)
	l.direct(thisDay, note("10.0.0.1", noon, "here"))
	a := l.archive()
	wantTexts(t, a, "here")
	l.must(a.Close())
	if _, err := a.Search(t.Context(), Search{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Search: %v", err)
	}
	if err := a.Each(t.Context(), Search{}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Each: %v", err)
	}
	l.must(a.Close())
}

func TestOpenArchiveNeedsADirectory(t *testing.T) {
	if _, err := OpenArchive(filepath.Join(t.TempDir(), "absent"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// Another program that keeps a file for itself is named; the other days are
// found. One that only reads or writes disturbs nobody.
func TestForeignLocks(t *testing.T) {
	l := newLibrary(t)
	l.direct(thisDay, note("10.0.0.1", noon, "here"))
	l.direct(dayBefore, note("10.0.0.1", noon, "there"))
	a := l.archive()

	tx, err := l.db(thisDay, 0).Begin() // a writer in the middle of something
	l.must(err)
	_, err = tx.Exec("INSERT INTO inbox(id,address,raw) VALUES(99,'10.0.0.1','not yet')")
	l.must(err)
	wantTexts(t, a, "there", "here")
	l.must(tx.Rollback())

	// What some viewers do: exclusive locking without a write-ahead log.
	l.close()
	a.closeIdle()
	db, err := sqlite.OpenWriter(l.path(thisDay, 0), sqlite.Options{})
	l.must(err)
	defer db.Close()
	for _, s := range []string{"PRAGMA journal_mode=DELETE", "PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE"} {
		_, err = db.Exec(s)
		l.must(err)
	}
	r, err := a.Search(t.Context(), Search{})
	l.must(err)
	if len(r.Records) != 1 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "syslog_20261122.db cannot be read: database is locked") {
		t.Errorf("%d records, notes %q", len(r.Records), r.Notes)
	}
}

func TestDaysDevicesAndStats(t *testing.T) {
	l := newLibrary(t)
	l.direct(dayBefore, note("10.0.0.1", noon.AddDate(0, 0, -1), "x"))
	l.direct(thisDay, note("10.0.0.2", noon, "a"), note("10.0.0.1", noon.Add(time.Second), "b"), note("10.0.0.2", noon.Add(2*time.Second), "c"))
	l.others(thisDay, note("203.0.113.5", noon.Add(3*time.Second), "d"))
	l.receive(thisDay, note("10.0.0.2", noon.Add(4*time.Second), "e"), note("2001:db8::1", noon.Add(5*time.Second), "f"))
	l.part(thisDay, 1, note("10.0.0.1", noon.Add(6*time.Second), "g"))
	a := l.archive()

	days, err := a.Days()
	l.must(err)
	if len(days) != 2 || days[0].Day != dayBefore || days[1].Day != thisDay || days[1].Files != 2 || days[1].Size <= 0 ||
		days[1].From != time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).UnixMicro() || days[1].To-days[1].From != 24*60*60*1e6 {
		t.Errorf("days %+v", days)
	}

	devices, err := a.Devices(t.Context(), thisDay)
	l.must(err)
	at := func(s int) int64 { return noon.Add(time.Duration(s) * time.Second).UnixMicro() }
	want := []DayDevice{
		{netip.MustParseAddr("10.0.0.1"), "logs_10_0_0_1_20261122", at(1), at(6), 2},
		{netip.MustParseAddr("10.0.0.2"), "logs_10_0_0_2_20261122", at(0), at(4), 3},
		{netip.MustParseAddr("203.0.113.5"), "", at(3), at(3), 1},
		{netip.MustParseAddr("2001:db8::1"), "", at(5), at(5), 1},
	}
	if !slices.Equal(devices, want) {
		t.Errorf("devices\n%v, want\n%v", devices, want)
	}
	s, err := a.Stats(t.Context(), thisDay)
	l.must(err)
	if s.Messages != 7 || s.Devices != 4 || s.First != at(0) || s.Last != at(6) {
		t.Errorf("stats %+v", s)
	}
	if s, err := a.Stats(t.Context(), 20200101); err != nil || s.Messages != 0 {
		t.Errorf("a day that is not there: %+v, %v", s, err)
	}
}

func TestEachStreamsEverythingInOrder(t *testing.T) {
	l := newLibrary(t)
	var all []syslog.Record
	for day := dayBefore; day <= thisDay; day++ {
		for i := range 30 {
			var batch []syslog.Record
			for k := range 600 {
				batch = append(batch, note(fmt.Sprintf("10.0.0.%d", (i*k)%17), noon, fmt.Sprint("message ", i, k)))
			}
			if i%2 == 0 {
				batch = l.direct(day, batch...)
			} else {
				batch = l.receive(day, batch...)
			}
			all = append(all, batch...)
		}
	}
	a := l.archive()
	var got []syslog.Record
	var last Progress
	calls := 0
	err := a.Each(t.Context(), Search{Progress: func(p Progress) {
		if p.BytesDone < last.BytesDone || p.Records < last.Records || p.BytesDone > p.Size {
			t.Errorf("progress %+v after %+v", p, last)
		}
		last = p
		calls++
	}}, func(r *syslog.Record) error {
		got = append(got, *r)
		return nil
	})
	l.must(err)
	equal(t, got, all)
	if last.DaysDone != 2 || last.Days != 2 || last.BytesDone != last.Size || last.Records != int64(len(all)) || calls < 4 {
		t.Errorf("%d calls, the last %+v", calls, last)
	}

	// A limit, a filter and an error of the caller.
	n := 0
	l.must(a.Each(t.Context(), Search{Limit: 10}, func(*syslog.Record) error { n++; return nil }))
	if n != 10 {
		t.Errorf("%d records, want 10", n)
	}
	s := Search{Query: ask(t, "29"), Device: netip.MustParseAddr("10.0.0.3"), After: all[900].Position}
	got = nil
	l.must(a.Each(t.Context(), s, func(r *syslog.Record) error { got = append(got, *r); return nil }))
	equal(t, got, naive(all, s))
	enough := errors.New("enough")
	ctx, cancel := context.WithCancel(t.Context())
	n = 0
	if err := a.Each(ctx, Search{}, func(*syslog.Record) error { n++; cancel(); return nil }); !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("who has gone at the first message was given %d: %v", n, err)
	}
	if err := a.Each(t.Context(), Search{}, func(*syslog.Record) error { return enough }); err != enough {
		t.Errorf("error %v", err)
	}
}

func TestDayFileWithoutTablesIsEmpty(t *testing.T) {
	dir := t.TempDir()
	db, err := sqlite.OpenWriter(filepath.Join(dir, FileName(20261122, 0)), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := OpenArchive(dir, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	r, err := a.Search(t.Context(), Search{})
	if err != nil || len(r.Records) != 0 || len(r.Notes) != 0 {
		t.Errorf("Search = %d records, notes %q, %v; want nothing", len(r.Records), r.Notes, err)
	}
	if last, err := a.lastID(t.Context(), 20261122); err != nil || last != 0 {
		t.Errorf("lastID = %d, %v; want 0", last, err)
	}
}
