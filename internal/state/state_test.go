package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

// open opens the file at path and closes it after the test.
func open(t *testing.T, path string, change ...func(*Options)) *State {
	t.Helper()
	o := Options{Path: path, Notifiers: []string{"telegram"}}
	for _, f := range change {
		f(&o)
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newFile(t *testing.T) string { return filepath.Join(t.TempDir(), FileName) }

// must fails the test if err is one.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get returns v, or fails the test.
func get[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return v
	}
}

var device = netip.MustParseAddr("10.0.0.1")

func notice(i int) alert.Notice {
	return alert.Notice{
		Kind: alert.KindAlert, Rule: "pon deregister", Device: device, DeviceName: "OLT <North>", Severity: 3,
		Text: fmt.Sprintf("PON deregister %d", i), At: int64(i), Count: 1, Position: syslog.Position{Day: 20261122, ID: int64(i)},
	}
}

func notices(n int) alert.Decisions {
	var d alert.Decisions
	for i := range n {
		d.Notices = append(d.Notices, notice(i+1))
	}
	return d
}

var far = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func TestWhatIsKeptIsThereAfterReopening(t *testing.T) {
	path := newFile(t)
	s := open(t, path)
	ctx := t.Context()
	trouble := alert.State{Key: alert.Key{Rule: "r", Device: device}, FirstAt: 1, LastAt: 5, Count: 3, Window: []int64{1, 5}}
	d := notices(2)
	d.States = []alert.State{trouble, {Key: alert.Key{Rule: "gone", Device: device}, LastAt: 1}}
	must(t, s.Decide(ctx, "alerts", map[int]int64{20261121: 7, 20261122: 2}, d))
	must(t, s.Decide(ctx, "alerts", map[int]int64{20261122: 9}, alert.Decisions{Gone: []alert.Key{{Rule: "gone", Device: device}}}))
	must(t, s.SaveDay(ctx, Day{Day: 20261121, SHA256: "ab", Bytes: 4096, Messages: 7, SealedAt: 3}))
	must(t, s.SaveDay(ctx, Day{Day: 20261121, Part: 1, SHA256: "old"}))
	must(t, s.SaveDay(ctx, Day{Day: 20261121, Part: 1, SHA256: "cd", Bytes: 8192, Messages: 1, SealedAt: 4}))
	must(t, s.Close())

	s = open(t, path)
	if p := get(s.Positions(ctx, "alerts"))(t); !maps.Equal(p, map[int]int64{20261121: 7, 20261122: 9}) {
		t.Errorf("positions %v", p)
	}
	states := get(s.AlertStates(ctx))(t)
	if len(states) != 1 || fmt.Sprint(states[0]) != fmt.Sprint(trouble) {
		t.Errorf("states %+v, want %+v", states, trouble)
	}
	notes := get(s.Due(ctx, "telegram", far, 10))(t)
	if len(notes) != 2 || fmt.Sprint(notes[0].Notice) != fmt.Sprint(notice(1)) || notes[1].Notice.Text != "PON deregister 2" {
		t.Errorf("notes %+v", notes)
	}
	if days := get(s.Days(ctx))(t); len(days) != 2 || days[0] != (Day{20261121, 0, "ab", 4096, 7, 3}) || days[1] != (Day{20261121, 1, "cd", 8192, 1, 4}) {
		t.Errorf("days %+v", days)
	}
	if !get(s.HasDay(ctx, 20261121, 1))(t) || get(s.HasDay(ctx, 20261121, 2))(t) || get(s.HasDay(ctx, 20261122, 0))(t) {
		t.Error("HasDay is wrong about what is recorded")
	}
}

func TestFollowersDoNotSeeEachOther(t *testing.T) {
	s := open(t, newFile(t))
	ctx := t.Context()
	must(t, s.SetPositions(ctx, "a", map[int]int64{1: 1, 2: 2}))
	must(t, s.SetPositions(ctx, "b", map[int]int64{1: 10}))
	must(t, s.SetPositions(ctx, "a", map[int]int64{2: 3}))
	if a, b := get(s.Positions(ctx, "a"))(t), get(s.Positions(ctx, "b"))(t); !maps.Equal(a, map[int]int64{2: 3}) || !maps.Equal(b, map[int]int64{1: 10}) {
		t.Errorf("a %v, b %v", a, b)
	}
	if none := get(s.Positions(ctx, "c"))(t); len(none) != 0 {
		t.Errorf("one that never read is at %v", none)
	}
}

func TestDevices(t *testing.T) {
	s := open(t, newFile(t), func(o *Options) { o.MaxDevices = 3 })
	ctx := t.Context()
	six := netip.MustParseAddr("2001:db8::1")
	must(t, s.SaveDevices(ctx, []Device{{device, "olt", 10, 20, 5}, {six, "six", 1, 2, 1}}))
	must(t, s.SaveDevices(ctx, []Device{{device, "", 15, 30, 9}}))
	want := []Device{{device, "olt", 10, 30, 9}, {six, "six", 1, 2, 1}}
	if got := get(s.Devices(ctx))(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	must(t, s.SaveDevices(ctx, []Device{{netip.MustParseAddr("10.0.0.9"), "", 40, 40, 1}, {netip.MustParseAddr("10.0.0.8"), "", 50, 50, 1}}))
	got := get(s.Devices(ctx))(t)
	if len(got) != 3 || got[0].Address != device || got[2].Address != netip.MustParseAddr("10.0.0.9") {
		t.Errorf("of four devices the bound of 3 keeps %v, want all but the one that was silent longest", got)
	}
}

func TestLedgerAdds(t *testing.T) {
	s := open(t, newFile(t))
	ctx := t.Context()
	hour := HourOf(time.Date(2026, 11, 22, 7, 59, 59, 0, time.UTC))
	row := LedgerRow{hour, "udp :514", 10, 7, map[string]int64{"kernel": 2, "disk": 1}}
	must(t, s.AddLedger(ctx, []LedgerRow{row, {hour, "tcp :514", 1, 1, nil}}))
	must(t, s.AddLedger(ctx, []LedgerRow{row, {hour + 3600e6, "udp :514", 1, 0, nil}}))
	want := []LedgerRow{{hour, "tcp :514", 1, 1, map[string]int64{}}, {hour, "udp :514", 20, 14, map[string]int64{"kernel": 4, "disk": 2}}}
	if got := get(s.Ledger(ctx, hour, hour+1))(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if got := get(s.Ledger(ctx, 0, hour*2))(t); len(got) != 3 {
		t.Errorf("all: %v", got)
	}
}

func TestPruneRemovesWhatIsOlderThanTheLogs(t *testing.T) {
	s := open(t, newFile(t))
	ctx := t.Context()
	zone := time.FixedZone("", 6*3600)
	old, young := time.Date(2026, 11, 1, 12, 0, 0, 0, zone), time.Date(2026, 11, 20, 12, 0, 0, 0, zone)
	var d alert.Decisions
	for i, at := range []time.Time{old, young} {
		n := notice(i)
		n.At = at.UnixMicro()
		d.Notices = append(d.Notices, n)
		d.States = append(d.States, alert.State{Key: alert.Key{Rule: fmt.Sprint(i), Device: device}, LastAt: at.UnixMicro()})
		must(t, s.AddLedger(ctx, []LedgerRow{{HourOf(at), "udp", 1, 1, nil}}))
		must(t, s.SaveDay(ctx, Day{Day: 20261101 + 19*i}))
	}
	must(t, s.Decide(ctx, "alerts", map[int]int64{20261101: 1, 20261120: 1}, d))
	must(t, s.SaveDevices(ctx, []Device{{device, "", 1, 1, 1}}))
	must(t, s.Prune(ctx, time.Date(2026, 11, 20, 0, 0, 0, 0, zone)))
	counts := fmt.Sprint(len(get(s.RecentAlerts(ctx, 10))(t)), len(get(s.AlertStates(ctx))(t)), len(get(s.Ledger(ctx, 0, 1<<62))(t)),
		len(get(s.Days(ctx))(t)), get(s.Positions(ctx, "alerts"))(t), len(get(s.Devices(ctx))(t)), get(s.Pending(ctx))(t))
	if want := "1 2 1 1 map[20261120:1] 1 map[telegram:2]"; counts != want {
		t.Errorf("left are %s, want %s", counts, want)
	}
}

func TestFileOfANewerVersionIsRefusedAndNotTouched(t *testing.T) {
	path := newFile(t)
	must(t, Usable(path)) // none yet
	s := open(t, path)
	must(t, s.SetPositions(t.Context(), "a", map[int]int64{1: 1}))
	must(t, Usable(path))
	_, err := s.db.Exec("PRAGMA user_version=1000")
	must(t, err)
	if err := Usable(path); !errors.Is(err, sqlite.ErrNewer) {
		t.Errorf("%v while it is open, want ErrNewer", err)
	}
	must(t, s.Close())
	before := get(os.ReadFile(path))(t)
	_, err = Open(Options{Path: path})
	if !errors.Is(err, sqlite.ErrNewer) || !strings.Contains(err.Error(), "newer version") {
		t.Fatalf("%v, want ErrNewer with words", err)
	}
	if !bytes.Equal(before, get(os.ReadFile(path))(t)) {
		t.Error("the file was changed")
	}
}

func TestFileOfAnotherProgramIsRefused(t *testing.T) {
	path := newFile(t)
	db := get(sqlite.OpenWriter(path, sqlite.Options{}))(t)
	_, err := db.Exec("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
	must(t, err)
	must(t, db.Close())
	if _, err := Open(Options{Path: path}); !errors.Is(err, sqlite.ErrForeign) {
		t.Errorf("%v, want ErrForeign", err)
	}
}

func TestMigrationsRunFromEveryVersion(t *testing.T) {
	steps := get(readMigrations())(t)
	for from := range steps {
		path := newFile(t)
		db := get(sqlite.OpenWriter(path, sqlite.Options{Migrations: steps[:from], Application: application}))(t)
		must(t, db.Close())
		s := open(t, path)
		must(t, s.Decide(t.Context(), "a", map[int]int64{1: 1}, notices(1)))
	}
}

func TestChecksumsOfTheFirstVersionAreKept(t *testing.T) {
	steps := get(readMigrations())(t)
	path := newFile(t)
	db := get(sqlite.OpenWriter(path, sqlite.Options{Migrations: steps[:1], Application: application}))(t)
	get(db.Exec("INSERT INTO days VALUES (20261121, 'ab', 4096, 7, 3)"))(t)
	must(t, db.Close())
	s := open(t, path)
	if days := get(s.Days(t.Context()))(t); len(days) != 1 || days[0] != (Day{20261121, 0, "ab", 4096, 7, 3}) {
		t.Errorf("days %+v", days)
	}
}

func TestReaderSeesAndCannotWrite(t *testing.T) {
	path := newFile(t)
	if _, err := OpenReader(path); sqlite.Classify(err) != sqlite.CantOpen {
		t.Errorf("without a file: %v", err)
	}
	s := open(t, path)
	must(t, s.Decide(t.Context(), "alerts", nil, notices(3)))
	r := get(OpenReader(path))(t)
	defer r.Close()
	if list := get(r.RecentAlerts(t.Context(), 10))(t); len(list) != 3 {
		t.Errorf("%d alerts, want 3", len(list))
	}
	if err := r.SetPositions(t.Context(), "a", nil); err == nil || !strings.Contains(err.Error(), "reading only") {
		t.Errorf("writing: %v", err)
	}
}

func TestDamagedFileIsSetAsideAtStart(t *testing.T) {
	path := newFile(t)
	s := open(t, path)
	must(t, s.Decide(t.Context(), "alerts", nil, notices(500)))
	must(t, s.Close())
	b := get(os.ReadFile(path))(t)
	for i := 20_000; i < len(b); i++ {
		b[i] = 'x'
	}
	must(t, os.WriteFile(path, b, 0o640))
	now := func(o *Options) { o.Now = func() time.Time { return time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC) } }
	s = open(t, path, now)
	want := path + ".damaged-20261122-070000"
	if got := s.Damaged(); len(got) != 1 || got[0] != want {
		t.Fatalf("set aside %v, want %s", got, want)
	}
	if !bytes.Equal(b, get(os.ReadFile(want))(t)) {
		t.Error("the damaged file was changed")
	}
	must(t, s.Close())
	must(t, os.WriteFile(path, []byte("not a database, but longer than a header of one would be, so that it is read as such"), 0o640))
	if s = open(t, path, now); len(s.Damaged()) != 1 || s.Damaged()[0] != want+".2" {
		t.Errorf("the second in the same second went to %v", s.Damaged())
	}
}

func TestFullOrBusyFileIsAnErrorThatSaysSo(t *testing.T) {
	path := newFile(t)
	s := open(t, path)
	must(t, s.Decide(t.Context(), "alerts", map[int]int64{1: 1}, alert.Decisions{}))
	_, err := s.db.Exec("PRAGMA max_page_count=1")
	must(t, err)
	err = s.Decide(t.Context(), "alerts", map[int]int64{1: 2}, notices(2000))
	if sqlite.Classify(err) != sqlite.Full {
		t.Errorf("%v is %v, want full", err, sqlite.Classify(err))
	}
	if p := get(s.Positions(t.Context(), "alerts"))(t); p[1] != 1 {
		t.Errorf("the checkpoint moved to %v without its notices", p)
	}
	if n := get(s.Pending(t.Context()))(t); n["telegram"] != 0 {
		t.Errorf("%v notes were stored", n)
	}
	_, err = s.db.Exec("PRAGMA max_page_count=1000000")
	must(t, err)
	must(t, s.Decide(t.Context(), "alerts", map[int]int64{1: 2}, notices(2000)))
}

func TestCancelledContextStoresNothing(t *testing.T) {
	s := open(t, newFile(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Decide(ctx, "alerts", map[int]int64{1: 1}, notices(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if n := get(s.Pending(t.Context()))(t); len(n) != 0 {
		t.Errorf("%v notes", n)
	}
}

// TestEveryoneAtOnce lets the alert engine, a dispatcher, the console and the
// ledger use one State, as the server does.
func TestEveryoneAtOnce(t *testing.T) {
	s := open(t, newFile(t))
	ctx := t.Context()
	const rounds, each = 50, 10
	var wg sync.WaitGroup
	errs := make(chan error, 10_000)
	wg.Go(func() {
		for i := range rounds {
			errs <- s.Decide(ctx, "alerts", map[int]int64{1: int64(i)}, notices(each))
		}
	})
	delivered := 0
	wg.Go(func() {
		for delivered < rounds*each {
			notes, err := s.Due(ctx, "telegram", far, 7)
			if err != nil {
				errs <- err
				return
			}
			var ids []int64
			for _, n := range notes {
				ids = append(ids, n.ID)
			}
			if len(ids) > 2 {
				errs <- s.Later(ctx, ids[:2], time.UnixMicro(1), "try again")
			}
			errs <- s.Sent(ctx, ids, time.UnixMicro(1))
			delivered += len(ids)
		}
	})
	for range 2 {
		wg.Go(func() {
			for range rounds {
				_, err := s.RecentAlerts(ctx, 20)
				errs <- errors.Join(err, s.AddLedger(ctx, []LedgerRow{{0, "udp", 1, 1, nil}}))
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		must(t, err)
	}
	total := get(s.Delivered(ctx))(t)["telegram"]
	if total.Notes != rounds*each || len(get(s.Pending(ctx))(t)) != 0 {
		t.Errorf("delivered %+v, want %d and none left", total, rounds*each)
	}
	if rows := get(s.Ledger(ctx, 0, 1))(t); rows[0].Received != 2*rounds {
		t.Errorf("ledger %v, want %d", rows, 2*rounds)
	}
}

var _ interface {
	Due(context.Context, string, time.Time, int) ([]alert.Note, error)
	Sent(context.Context, []int64, time.Time) error
	Later(context.Context, []int64, time.Time, string) error
} = (*State)(nil)
